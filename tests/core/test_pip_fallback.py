"""OpenCV on a system without a desktop's libraries: its twin without windows is fetched once and used."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

VERSION = importlib.metadata.version("opencv-python")

# Stands in sys.path before the real package and fails to load as that does where libGL is missing.
BROKEN = (
    "import sys; sys.OpenCV_LOADER = True\n"
    'raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")\n'
)
TWIN = (
    "import sys\n"
    "assert not hasattr(sys, 'OpenCV_LOADER')\n"
    "twin = True\n"
    "def setNumThreads(count):\n"
    "    assert count == 1\n"
)
CODE = (
    "import logging; logging.basicConfig(format='%(message)s')\n"
    "from livebg.core.errors import LivebgError\n"
    "from livebg.core import pip_fallback as opencv\n"
    "try:\n"
    "    folder = opencv.load_opencv()\n"
    "    import cv2\n"
    "    print(cv2.twin, opencv.has_windows(), folder.name)\n"
    "except LivebgError as failure:\n"
    "    print('failure:', failure)\n"
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder that stands in for the package index, with a twin that only says that it is the twin."""
    folder = tmp_path / "index"
    folder.mkdir()
    name = f"opencv_python_headless-{VERSION}"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as archive:
        archive.writestr("cv2/__init__.py", TWIN)
        archive.writestr(
            f"{name}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: opencv-python-headless\nVersion: {VERSION}\n"
        )
        archive.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}.dist-info/RECORD", "")
    return folder


def _load(tmp_path: Path, broken: str = BROKEN) -> subprocess.CompletedProcess[str]:
    (tmp_path / "broken" / "cv2").mkdir(parents=True, exist_ok=True)
    (tmp_path / "broken" / "cv2" / "__init__.py").write_text(broken)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "broken"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "index"),
    }
    return subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)


@pytest.mark.slow
def test_the_twin_is_fetched_once_and_said_once(index: Path, tmp_path: Path) -> None:
    first = _load(tmp_path)
    assert first.stdout == f"True False opencv-python-headless-{VERSION}-{sys.implementation.cache_tag}\n"
    assert "libGL.so.1 is missing: fetching OpenCV without windows" in first.stderr
    assert "sudo apt install libgl1" in first.stderr
    for wheel in index.iterdir():
        wheel.unlink()
    second = _load(tmp_path)
    assert second.stdout == first.stdout
    assert second.stderr == ""


@pytest.mark.slow
def test_a_twin_that_cannot_be_had_is_one_line_with_the_remedy(index: Path, tmp_path: Path) -> None:
    for wheel in index.iterdir():
        wheel.unlink()
    said = _load(tmp_path).stdout
    assert said.startswith("failure: OpenCV lacks libGL.so.1, and opencv-python-headless")
    assert "sudo apt install libgl1" in said
    assert not list((tmp_path / "cache" / "livebg").iterdir())


@pytest.mark.usefixtures("index")
def test_another_failure_is_not_taken_for_this_one(tmp_path: Path) -> None:
    assert "numpy is too old; install livebg again" in _load(tmp_path, 'raise ImportError("numpy is too old")\n').stdout


def test_where_opencv_loads_nothing_is_fetched() -> None:
    from livebg.core.pip_fallback import has_windows, load_opencv

    assert load_opencv() is None
    assert isinstance(has_windows(), bool)


@pytest.mark.slow
@pytest.mark.parametrize(("before", "threads"), [("", 1), ("import cv2; cv2.setNumThreads(2); ", 2)])
def test_opencv_keeps_to_one_thread_but_in_a_program_that_had_loaded_it(before: str, threads: int) -> None:
    load = "from livebg.core.pip_fallback import load_opencv; load_opencv()"
    code = f"{before}{load}; import cv2; print(cv2.getNumThreads())"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == f"{threads}\n"
