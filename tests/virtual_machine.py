"""Runs a script of the tests where a real v4l2loopback is loaded: the small virtual machine of the test material."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patience import HANGS_S, go_first
from requirements import lacking

from livebg.core.kernel_store import LEVEL, has_level

TOOLS = ("busybox", "cpio", "modprobe", "v4l2-ctl", "ffmpeg")


def run_inside(script: Path, shared: Path, *arguments: str) -> dict[str, Any]:
    """One boot of about a second, then the script; its last line of output is JSON and comes back."""
    machine = shared / "v4l2" / "v4l2-vm"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing or not machine.exists():
        lacking("virtual_camera", f"needs {', '.join(missing) or machine} for v4l2loopback in a virtual machine")
    environment = {"V4L2_VM_CACHE": str(shared / "v4l2" / "prebuilt"), **_same_loops(), **os.environ}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).with_name("inside")), os.environ["PYTHONPATH"]])
    command = [str(machine), "--timeout", str(HANGS_S * 2), "--", sys.executable, str(script.resolve()), *arguments]
    with _alone():
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            timeout=HANGS_S * 2 + 30,
            check=False,
            preexec_fn=go_first,
        )
    if done.returncode == 125:
        lacking("virtual_camera", f"the virtual machine does not start here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@contextmanager
def _alone() -> Iterator[None]:
    """One machine at a time, whichever worker asks: it takes the processor before others."""
    import fcntl  # not on Windows

    with (Path(tempfile.gettempdir()) / "livebg-tests-virtual-machine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _same_loops() -> dict[str, str]:
    """Makes the guest take the loops that are compiled here: its processor is this one with fewer features, for which
    livebg may compile all of them anew, two minutes in there."""
    import llvmlite.binding as llvm

    if has_level(platform.machine(), llvm.get_host_cpu_features()):
        return {"NUMBA_CPU_NAME": LEVEL, "NUMBA_CPU_FEATURES": ""}
    return {"NUMBA_CPU_NAME": llvm.get_host_cpu_name(), "NUMBA_CPU_FEATURES": llvm.get_host_cpu_features().flatten()}
