"""Loads OpenCV, also where the system lacks the libraries that its window needs (a Debian without any desktop).

opencv-python cannot be loaded at all without them, and no pip package brings them. Its twin without windows can do all
the rest, so that is fetched once, kept beside the cached models, and used instead. Main thread, before anything else
imports cv2.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import logging
import os
import sys
import tempfile
import threading
from pathlib import Path

from livebg.core.errors import LivebgError
from livebg.core.package_index import ask_pip
from livebg.core.user_folders import cache_folder

log = logging.getLogger(__name__)

REMEDY = "for the window, on Debian and Ubuntu: sudo apt install libgl1 libglib2.0-0 libxcb1"
TWIN = "opencv-python-headless"
_LOADING = threading.Lock()


def load_opencv() -> Path | None:
    """Makes `import cv2` work; the folder of the twin where that had to be taken. Raises LivebgError.

    Keeps OpenCV to the calling thread, unless the program that uses livebg had loaded it before: then it is theirs.
    """
    with _LOADING:
        return None if "cv2" in sys.modules else _load()


def _load() -> Path | None:
    path, twin = list(sys.path), None
    try:
        opencv = importlib.import_module("cv2")
    except ImportError as cause:
        _forget_the_attempt(path)
        if "cannot open shared object file" not in str(cause):
            raise LivebgError(f"OpenCV cannot be loaded: {cause}; install livebg again") from cause
        twin = _load_twin(str(cause).partition(":")[0])
        opencv = importlib.import_module("cv2")
    # Its threads spin while they wait for the next piece: most operations on a 720p frame gain nothing by them, and
    # those that do (the network, dense flow) pay 40 to 60 % more CPU time for it, in every frame of a live loop
    # (tests/bench/threads.py).
    opencv.setNumThreads(1)
    return twin


def has_windows() -> bool:
    """False where the twin had to be taken."""
    return TWIN not in str(importlib.import_module("cv2").__file__)


def _forget_the_attempt(path: list[str]) -> None:
    """What a failed import of cv2 leaves behind would make the next one fail too: a mark, a path, parts of itself."""
    sys.path[:] = path
    for name in [each for each in sys.modules if each.partition(".")[0] == "cv2"]:
        del sys.modules[name]
    if hasattr(sys, "OpenCV_LOADER"):
        del sys.OpenCV_LOADER


def _load_twin(lacking: str) -> Path:
    """lacking: the system library that was not found."""
    version = importlib.metadata.version("opencv-python")
    folder = cache_folder() / f"{TWIN}-{version}-{sys.implementation.cache_tag}"
    if not folder.is_dir():
        log.warning("%s is missing: fetching OpenCV without windows (60 MB, once); %s", lacking, REMEDY)
        _fetch(f"{TWIN}=={version}", folder, lacking)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    importlib.import_module("cv2")
    return folder


def _fetch(package: str, folder: Path, lacking: str) -> None:
    """The package's files in this folder, all of them or none."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as part:
            problem = ask_pip("install", package, f"--target={part}/files")
            if problem:
                raise LivebgError(f"OpenCV lacks {lacking}, and {package} cannot be fetched ({problem}); {REMEDY}")
            with contextlib.suppress(FileExistsError):  # another livebg was quicker
                os.rename(f"{part}/files", folder)
    except OSError as cause:
        raise LivebgError(f"{folder} cannot be written: {cause.strerror}; {REMEDY}") from cause
