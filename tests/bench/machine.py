"""The machine card that every bench prints first, and percentiles."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil

PACKAGES = ("torch", "openvino", "opencv-python", "numpy", "av")


def card() -> dict[str, str]:
    """What was measured on: processor, cores, memory, load now, versions."""
    processor = platform.processor() or platform.machine()
    flags = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
        known = next((line for line in lines if line.startswith("flags")), "").split()
        flags = " ".join(each for each in ("avx2", "avx512_vnni", "avx512_bf16", "amx_bf16") if each in known)
    versions = ", ".join(f"{each} {importlib.metadata.version(each)}" for each in PACKAGES)
    return {
        "processor": f"{processor} ({flags})",
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load": " ".join(f"{each:.1f}" for each in psutil.getloadavg()),
        "system": platform.platform(terse=True),
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def percentiles(durations_ms: Sequence[float]) -> dict[str, float]:
    return {f"p{each}": round(float(np.percentile(durations_ms, each)), 2) for each in (50, 95, 99)}
