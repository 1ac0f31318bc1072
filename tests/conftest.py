"""What tests get: the test material's place, a small disk, no leftover threads, no unasked error logs."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clips import make_clip  # noqa: F401 - a fixture
from patience import SLACK
from requirements import lacking

from livebg.core.opencv import load_opencv

load_opencv()  # before any test imports cv2

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test material; skips where it is absent."""
    folder = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))
    if not (folder / "cases").is_dir():
        lacking("shared", f"test material not found in {folder} (set LIVEBG_SHARED)")
    return folder


@pytest.fixture(scope="session")
def light_engine() -> None:
    """The selfie engine's networks are here and whole."""
    from livebg.core.errors import ModelError
    from livebg.models.selfie import model_file

    try:
        model_file.model_file("landscape")
    except ModelError as cause:
        lacking("selfie", str(cause))


@pytest.fixture(autouse=True)
def no_leftover_threads() -> Iterator[None]:
    """Every thread a test started has ended soon after it."""
    before = set(threading.enumerate())
    yield
    deadline_s = time.monotonic() + 3 * SLACK
    while True:
        left = [each for each in threading.enumerate() if each not in before and each.is_alive()]
        left = [each for each in left if not each.name.startswith(("tqdm", "pydevd"))]
        if not left or time.monotonic() > deadline_s:
            break
        time.sleep(0.02)
    assert not left, f"threads left behind: {left}"


@pytest.fixture(autouse=True)
def no_unasked_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A test during which livebg logs an ERROR fails, unless it says @pytest.mark.expects_error_log."""
    yield
    if request.node.get_closest_marker("expects_error_log"):
        return
    records = [each for each in caplog.get_records("call") if each.name.startswith("livebg")]
    errors = [each for each in records if each.levelno >= logging.ERROR]
    assert not errors, f"logged unasked: {[each.getMessage() for each in errors]}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 66 MiB, mounted for this test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
