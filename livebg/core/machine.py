"""The machine card, with which every measurement begins: the machine it ran on. And the memory of this process.

Loads neither torch nor OpenCV.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped] # it has no types of its own

PACKAGES = ("torch", "openvino", "opencv-python", "numpy", "av")
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16", "i8mm")


def card() -> dict[str, str]:
    """Processor, cores, memory, load of the last 1, 5 and 15 minutes, graphics card, system, versions; as text."""
    load = psutil.getloadavg()
    return {
        "processor": processor(),
        "cores": str(cores()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load": " ".join(f"{each:.1f}" for each in load),
        "gpu": _gpu(),
        "system": platform.platform(terse=True),
        "versions": ", ".join((f"Python {platform.python_version()}", *_versions(PACKAGES))),
    }


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> tuple[int, int]:
    """(resident memory of this process now, its highest so far), bytes; the highest is 0 where no system keeps it.

    Not getrusage's highest: on Linux that begins with the parent's.
    """
    seen = psutil.Process().memory_info()
    if sys.platform == "linux":
        with open("/proc/self/status") as lines:
            return seen.rss, next((1024 * int(each.split()[1]) for each in lines if each.startswith("VmHWM")), 0)
    return seen.rss, int(getattr(seen, "peak_wset", 0))


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Its name, and which of the instructions that decide a network's speed it has."""
    name = platform.processor() or platform.machine()
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    pairs = [(key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines)]
    name = next((value for key, value in pairs if key == "model name"), name)
    known = next((value for key, value in pairs if key in ("flags", "Features")), "").split()
    flags = " ".join(each for each in FLAGS if each in known)
    return f"{name} ({flags})" if flags else name


def _gpu() -> str:
    """Name and memory of NVIDIA's cards; without torch, since its import takes seconds."""
    program = shutil.which("nvidia-smi")
    if program is None:
        is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
        return "Apple" if is_apple else "AMD" if Path("/dev/kfd").exists() else "none found"
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "NVIDIA's driver does not answer"
    return "; ".join(answer.stdout.strip().splitlines()) or "NVIDIA's driver does not answer"


def _versions(packages: Sequence[str]) -> list[str]:
    found = []
    for each in packages:
        try:
            found.append(f"{each} {importlib.metadata.version(each)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{each} absent")
    return found
