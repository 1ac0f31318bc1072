"""What a test needs of the machine: absent, the test skips with the reason, or fails where LIVEBG_REQUIRE names it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str, reason: str) -> NoReturn:
    """what: shared, window, virtual_camera, pipewire, browser, sound, ffmpeg, trained or gpu; LIVEBG_REQUIRE names them
    with commas."""
    if what in os.environ.get("LIVEBG_REQUIRE", "").split(","):
        pytest.fail(f"LIVEBG_REQUIRE names {what}, but {reason}")
    pytest.skip(reason)


def needs_opencv_windows() -> None:
    """Skips where OpenCV is here without windows."""
    from livebg.core.opencv import has_windows

    if not has_windows():
        lacking("window", "opencv-python-headless has no windows")
