"""Graphics cards, NVIDIA's driver, and what torch is built for; without torch, whose import takes seconds."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path

from livebg.pipeline.doctor.probing import answer, text
from livebg.pipeline.doctor.state import Gpu

_MAKERS = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel"}
_DISPLAY = "0x03"  # the PCI class of display and 3D controllers begins so
_COMPUTE = "/dev/kfd"  # AMD's
_QUERY = ("--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader")


def gpu(pci: Path = Path("/sys/bus/pci/devices")) -> Gpu:
    """pci: where Linux lists its devices."""
    from livebg.models.device import has_cuda_driver

    status, said, error = answer("nvidia-smi", *_QUERY)
    rows = [[cell.strip() for cell in line.split(",")] for line in said.splitlines()] if status == 0 else []
    rows = [each for each in rows if len(each) == 3]
    failure = "" if rows or status == -1 else (said or error).strip().partition("\n")[0]
    cuda, hip = torch_build()
    return Gpu(
        cards=_cards(pci) or (("nvidia",) if rows else ()),
        names=tuple(each[0] for each in rows),
        driver=rows[0][1] if rows else "",
        driver_error=failure,
        has_library=has_cuda_driver(),
        has_node=sys.platform != "linux" or Path("/dev/nvidiactl").exists(),
        capabilities=tuple(each[2] for each in rows if re.fullmatch(r"\d+\.\d+", each[2])),
        torch=_version("torch"),
        torch_cuda=cuda,
        torch_hip=hip,
        is_compute_device_closed=os.path.exists(_COMPUTE) and not os.access(_COMPUTE, os.R_OK | os.W_OK),
    )


def _cards(pci: Path) -> tuple[str, ...]:
    if sys.platform == "darwin":
        return ("apple",) if platform.machine() == "arm64" else ()
    devices = sorted(pci.glob("*")) if pci.is_dir() else []
    makers = [text(each / "vendor") for each in devices if text(each / "class").startswith(_DISPLAY)]
    return tuple(dict.fromkeys(_MAKERS[each] for each in makers if each in _MAKERS))


def torch_build() -> tuple[str, str]:
    """What the installed torch is built for: the versions of CUDA and of ROCm, '' for without."""
    place = importlib.util.find_spec("torch")
    if place is None or place.origin is None:
        return "", ""
    lines = text(Path(place.origin).with_name("version.py"))
    found = dict(re.findall(r"^(cuda|hip)\b[^=]*= '([^']*)'", lines, re.MULTILINE))
    return found.get("cuda", ""), found.get("hip", "")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
