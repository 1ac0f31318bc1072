"""Runs the network: one protocol, two implementations.

torch, here, is the reference on every device; openvino_runtime.py is the fast one on the CPU. One thread at a time, any
thread; torch has threads of its own.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.machine import cores
from livebg.core.types import Matte
from livebg.models.device import Device
from livebg.models.rmbg.source import NetworkSource

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

AT_ONCE = 8  # pictures on an accelerator: one alone does not fill its cores


class Runtime(Protocol):
    """Runs pictures through the network. One thread at a time calls it, any thread."""

    @property
    def at_once(self) -> int:
        """How many pictures to give it together: 1 where more are no quicker."""
        ...

    @property
    def description(self) -> str:
        """Names the runtime, its precision and why, e.g. 'openvino bf16, alpha within 0.0021 of f32 on average'."""
        ...

    def warm_up(self, height: int, width: int) -> None:
        """Do what the first picture of this size would otherwise wait for (compile, allocate). Raises ModelError."""
        ...

    def run(self, pixels: Matte) -> Matte:
        """float32 (1, 3, H, W) in -0.5..0.5 → alpha float32 (H, W) in 0..1, the caller's own. Raises ModelError."""
        ...

    def run_all(self, pixels: Matte) -> Matte:
        """float32 (N, 3, H, W) → alphas float32 (N, H, W) in 0..1, those of run() but for rounding.

        Raises ModelError.
        """
        ...

    def close(self) -> None: ...


def open_runtime(
    source: NetworkSource,
    device: Device,
    choice: str = "auto",
    cache: Path | None = None,
    precision: str = "auto",
    threads: int | None = None,
) -> Runtime:
    """The runtime for this device.

    choice: auto, openvino or torch; for the CPU only: Intel's GPU and NPU always run through OpenVINO.
    cache: where OpenVINO's forms of a network with an identity are stored (default: the user's cache folder); a later
    start then needs neither torch nor the weights.
    precision: see OpenVinoRuntime; where torch runs, the device's dtype has it already.
    threads: how many of the CPU's (OpenVINO's; None: openvino_runtime.usual_threads).
    Raises ModelError. On the CPU with choice auto, a failing OpenVINO is logged in one line and torch runs instead.
    """
    if device.kind in ("cuda", "mps") or choice == "torch":
        _check_torch(device, precision)
        return TorchRuntime(source.load(), device)
    from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime

    try:
        return OpenVinoRuntime(source, cache, precision, device.plugin or "CPU", threads)
    except ModelError:
        raise
    except Exception as cause:  # however the fast path fails, the reference can still run
        reason = str(cause).strip().splitlines() or [type(cause).__name__]
        if choice == "openvino" or device.kind != "cpu":
            raise ModelError(
                f"OpenVINO cannot run the network: {reason[0]}; try --runtime torch --device cpu"
            ) from cause
        _check_torch(device, precision)
        log.warning("OpenVINO cannot run the network (%s); torch runs it instead, several times slower", reason[0])
        return TorchRuntime(source.load(), device)


def _check_torch(device: Device, precision: str) -> None:
    if device.plugin:
        raise ModelError(f"torch does not run the network on {device.kind}; leave --runtime torch out")
    if device.kind == "cpu" and precision not in ("auto", "f32"):
        raise ModelError(f"--precision {precision}: torch runs the network in f32 on the CPU; try --runtime openvino")


class TorchRuntime:
    """The reference: the module itself, on any device. Works at every size without preparation."""

    def __init__(self, network: nn.Module, device: Device) -> None:
        import torch

        self._torch = torch
        if device.kind == "cpu":
            # torch's threads wait for each other by spinning: beside one busy program, on 2 cores, one picture of
            # 288x512 took 1.3 to 8.5 s with two threads, 0.7 s with one.
            torch.set_num_threads(max(1, cores() - 1))
        self._dtype = getattr(torch, device.dtype)
        self._network = network.eval().to(device=device.kind, dtype=self._dtype)
        self._kind = device.kind
        self.at_once = 1 if device.kind == "cpu" else AT_ONCE
        self.description = f"torch {device.dtype}"

    def warm_up(self, height: int, width: int) -> None:
        self.run(np.zeros((1, 3, height, width), np.float32))

    def run(self, pixels: Matte) -> Matte:
        """float32 (1, 3, H, W) in -0.5..0.5 → alpha float32 (H, W) in 0..1, the caller's own. Raises ModelError."""
        alpha: Matte = self.run_all(pixels)[0]
        return alpha

    def run_all(self, pixels: Matte) -> Matte:
        """float32 (N, 3, H, W) in -0.5..0.5 → alphas float32 (N, H, W) in 0..1. Raises ModelError."""
        torch = self._torch
        try:
            with torch.inference_mode():
                uploaded = torch.from_numpy(pixels).to(device=self._kind, dtype=self._dtype)
                alpha = self._network(uploaded)[:, 0]
                downloaded: Matte = alpha.to(device="cpu", dtype=torch.float32).numpy()
        except RuntimeError as cause:  # out of memory, a lost GPU
            raise ModelError(
                f"torch cannot run the network at {pixels.shape[3]}x{pixels.shape[2]} on {self._kind}: "
                f"{str(cause).splitlines()[0]}; try a smaller --matte-size"
            ) from cause
        return downloaded

    def close(self) -> None:
        self._network = self._torch.nn.Identity()  # frees the weights' memory
