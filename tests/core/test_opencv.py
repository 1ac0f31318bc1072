"""OpenCV on a system without a desktop's libraries: what is missing is told, and nothing is fetched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livebg.core.opencv import has_windows, load_opencv

MISSING = "libGL.so.1: cannot open shared object file: No such file or directory"


def _demo(tmp_path: Path, says: str) -> subprocess.CompletedProcess[str]:
    """`livebg demo` where `import cv2` fails with these words."""
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(f"raise ImportError({says!r})\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    command = [sys.executable, "-m", "livebg", "demo"]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, cwd=tmp_path)


@pytest.mark.slow
def test_a_missing_library_is_one_line_with_what_to_install(tmp_path: Path) -> None:
    finished = _demo(tmp_path, MISSING)
    assert finished.returncode == 1
    assert finished.stderr == (
        "livebg: OpenCV needs libGL.so.1, which this system lacks; on Debian and Ubuntu: sudo apt install libgl1 "
        "libglib2.0-0 libxcb1; or do without the preview window: pip uninstall opencv-python && "
        "pip install opencv-python-headless\n"
    )


@pytest.mark.slow
def test_another_failure_is_not_taken_for_this_one(tmp_path: Path) -> None:
    finished = _demo(tmp_path, "numpy is too old")
    assert finished.returncode == 1
    assert finished.stderr == "livebg: OpenCV cannot be loaded: numpy is too old; install livebg again\n"


def test_it_loads_here() -> None:
    load_opencv()
    assert isinstance(has_windows(), bool)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "threads"), [("", 1), ("import cv2; cv2.setNumThreads(2); ", 2)])
def test_opencv_keeps_to_one_thread_but_in_a_program_that_had_loaded_it(before: str, threads: int) -> None:
    load = "from livebg.core.opencv import load_opencv; load_opencv()"
    code = f"{before}{load}; import cv2; print(cv2.getNumThreads())"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == f"{threads}\n"
