"""Loads OpenCV, or says which of the system's libraries it lacks (a Debian without any desktop).

opencv-python cannot load without them, and no Python package has them: the machine's administrator installs
them, or uses the same OpenCV without windows. Main thread, before anything else imports cv2.
"""

from __future__ import annotations

import importlib
import sys
import threading

from livebg.core.errors import LivebgError

LIBRARIES = "on Debian and Ubuntu: sudo apt install libgl1 libglib2.0-0 libxcb1"
WITHOUT_WINDOWS = "pip uninstall opencv-python && pip install opencv-python-headless"
_LOADING = threading.Lock()


def load_opencv() -> None:
    """Makes `import cv2` work. Raises LivebgError.

    Limits OpenCV to the calling thread, unless the program that uses livebg loaded it before: then the program decides.
    """
    with _LOADING:
        if "cv2" not in sys.modules:
            _load()


def _load() -> None:
    try:
        opencv = importlib.import_module("cv2")
    except ImportError as cause:
        if "cannot open shared object file" not in str(cause):
            raise LivebgError(f"OpenCV cannot be loaded: {cause}; install livebg again") from cause
        raise LivebgError(
            f"OpenCV needs {str(cause).partition(':')[0]}, which this system lacks; {LIBRARIES}; or do without the "
            f"preview window: {WITHOUT_WINDOWS}"
        ) from cause
    # Its threads spin while they wait for the next piece: most operations on a 720p frame gain nothing by them, and
    # those that do (the network, dense flow) pay 40 to 60 % more CPU time for it, in every frame of a live loop
    # (tests/bench/threads.py).
    opencv.setNumThreads(1)


def has_windows() -> bool:
    """False for opencv-python-headless."""
    return bool(importlib.import_module("cv2").currentUIFramework())
