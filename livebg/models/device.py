"""Chooses where the network runs and in which precision, once, and gives the reason as text.

torch is imported only where an accelerator's driver is present: the import takes seconds, and the CPU's fast runtime is
not torch.
"""

from __future__ import annotations

import ctypes
import importlib
import platform
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livebg.core.errors import ModelError
from livebg.core.libraries import missing

DTYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}  # torch's names
NO_TORCH = "torch is not installed (livebg models tells how)"
INTEL = {"intel-gpu": "GPU", "intel-npu": "NPU"}  # OpenVINO's names


@dataclass(frozen=True, slots=True)
class Device:
    """kind: 'cuda', 'mps', 'intel-gpu', 'intel-npu' or 'cpu'; dtype: torch's name of the precision where torch runs;
    reason: why this one, as text; plugin: OpenVINO's name of one that only OpenVINO runs, e.g. 'GPU.1'."""

    kind: str
    dtype: str
    reason: str
    plugin: str = ""


def choose_device(choice: str, precision: str = "auto") -> Device:
    """The device that `choice` names: auto, cuda, mps, intel-gpu, intel-npu or cpu.

    Auto takes what torch can use, else the CPU.
    precision: as in the settings; it becomes the dtype of a GPU where torch runs. Raises ModelError, with the devices
    found, when the device is absent or has no such precision.
    """
    if choice == "cpu":
        return Device("cpu", "float32", "asked for")
    if choice in INTEL:
        return _intel(choice)
    reasons = []
    for kind, probe in (("cuda", _cuda), ("mps", _mps)):
        if choice in ("auto", kind):
            found = probe()
            if isinstance(found, Device):
                return _in_precision(found, precision)
            reasons.append(found)
    if choice == "auto":
        return Device("cpu", "float32", reasons[0])
    raise ModelError(f"--device {choice}: {reasons[0]}; found: cpu; use --device auto or --device cpu")


def _in_precision(device: Device, precision: str) -> Device:
    if precision == "auto":
        return device
    if precision not in DTYPES:
        raise ModelError(
            f"--precision {precision}: torch on {device.kind} computes in {', '.join(DTYPES)}; use one of these, or "
            "--device cpu"
        )
    return replace(device, dtype=DTYPES[precision])


def _intel(choice: str) -> Device:
    """An Intel GPU or NPU through OpenVINO. Raises ModelError."""
    from livebg.models.openvino import find_plugin

    try:
        plugin, name = find_plugin(INTEL[choice])
    except (LookupError, ImportError, RuntimeError) as cause:
        reason = str(cause).strip().splitlines()[0]
        raise ModelError(f"--device {choice}: {reason}; use --device auto or --device cpu") from cause
    return Device(choice, "float32", name, plugin)


def _cuda() -> Device | str:
    """The CUDA device, or why there is none. Half precision, as the result is rounded to 8 bits in the end."""
    if not has_cuda_driver():
        return "no CUDA driver found"
    if (torch := _torch()) is None:
        return f"a GPU driver is present, but {NO_TORCH}"
    if not torch.cuda.is_available():
        return f"a GPU driver is present, but torch {torch.__version__} cannot use it"
    return Device("cuda", "float16", str(torch.cuda.get_device_name(0)))


def _mps() -> Device | str:
    """Apple's GPU, or why there is none. Full precision: nobody has tried half precision on one."""
    if not (sys.platform == "darwin" and platform.machine() == "arm64"):
        return f"Apple's GPU needs macOS on arm64, this is {sys.platform} on {platform.machine()}"
    if (torch := _torch()) is None:
        return f"Apple's GPU needs torch: {NO_TORCH}"
    if not torch.backends.mps.is_available():
        return f"torch {torch.__version__} cannot use Apple's GPU"
    return Device("mps", "float32", "Apple GPU")


def has_cuda_driver() -> bool:
    """True where NVIDIA's driver library loads, or AMD's compute device exists (torch calls both cuda)."""
    if Path("/dev/kfd").exists():
        return True
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _torch() -> Any:
    """The module; None where it is not installed."""
    return None if "torch" in missing() else importlib.import_module("torch")
