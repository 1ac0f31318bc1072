"""Reads and writes the picture of the empty room; only its owner may read the file. Any thread."""

from __future__ import annotations

import os
from pathlib import Path

import cv2

from livebg.core.errors import SettingsError, SinkError
from livebg.core.types import Image
from livebg.media.image.read import load_named
from livebg.media.whole_file import put_whole


def load_plate(name: str) -> Image:
    """BGR uint8 (H, W, 3) of a picture file; `~` is the home folder. Raises SettingsError."""
    return load_named(name, "plate", SettingsError, f"make it with 'livebg plate -o {name}', or use --plate auto")


def check_target(path: Path, is_forced: bool) -> None:
    """Raises SinkError if save_plate would refuse; called before somebody leaves the picture for it."""
    if path.suffix.lower() != ".png":
        raise SinkError(f"a plate is a lossless picture: {path.name} should end in .png")
    if path.is_dir():
        raise SinkError(f"{path} is a folder; name a file in it")
    if path.exists() and not is_forced:
        raise SinkError(f"{path} exists; give another name, or --force to overwrite it")
    if not os.access(path.absolute().parent, os.W_OK):
        raise SinkError(f"livebg cannot write into {path.absolute().parent}; choose another folder with -o")


def save_plate(path: Path, image: Image, is_forced: bool) -> None:
    """BGR uint8 (H, W, 3) as PNG, whole or not at all, with permissions 0600. Raises SinkError."""
    check_target(path, is_forced)
    _, data = cv2.imencode(".png", image)
    put_whole(data.tobytes(), path.absolute(), is_forced, is_private=True)
