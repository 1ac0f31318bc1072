"""A still picture: keeps the newest composite of a source frame and writes it when it is closed.

The file appears whole or not at all. Runs on the caller's thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

import cv2

from livebg.errors import SinkError
from livebg.sinks.layers import Layer
from livebg.sinks.output_file import taken, unwritable
from livebg.stages import Composite, Image, Reads

log = logging.getLogger(__name__)

_JPEG_QUALITY = 95


class Picture:
    """A FrameSink for one .png or .jpg; `layer` says what of the composite it holds."""

    def __init__(self, path: Path, layer: Layer, force: bool = False) -> None:
        self._path, self._layer, self._force = path, layer, force
        self._newest: Composite | None = None
        self._is_closed = False

    @property
    def name(self) -> str:
        return f"picture {self._path}"

    @property
    def reads(self) -> Reads:
        return "image and alpha"

    @property
    def is_live(self) -> bool:
        return False

    @property
    def is_watched(self) -> bool:
        return True

    def write(self, composite: Composite) -> None:
        """Keep it if it stands for a source frame."""
        assert not self._is_closed, "written to after close"
        if composite.frame is not None:
            self._newest = composite

    def close(self) -> None:
        """Write the file. Raises SinkError if it cannot be written."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._newest is None:
            log.warning("%s: not made, since no frame arrived", self.name)
            return
        data = _encoded(self._path, self._layer(self._newest))
        self._newest = None
        try:
            self._put(data)
        except FileExistsError as cause:
            raise taken(self._path) from cause
        except OSError as cause:
            raise unwritable(self._path, cause) from cause

    def _put(self, data: bytes) -> None:
        """Write beside the path, then move there; refuses to replace a file that appeared meanwhile, unless `force`."""
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        try:
            beside.write_bytes(data)
            if self._force:
                beside.replace(self._path)
            else:
                _move_where_free(beside, self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise


def _move_where_free(beside: Path, path: Path) -> None:
    """A link is made whole and only where nothing is, whatever other programs do at this moment; a move would replace.

    Raises FileExistsError.
    """
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError from None
        beside.replace(path)
    else:
        beside.unlink()


def _encoded(path: Path, picture: Image) -> bytes:
    suffix = path.suffix.lower()
    parameters = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    try:
        is_done, data = cv2.imencode(suffix, picture, parameters)
    except cv2.error as cause:
        raise SinkError(f"output {path}: cannot be encoded: {cause.err}") from cause
    if not is_done:
        height, width = picture.shape[:2]
        raise SinkError(f"output {path}: {width}x{height} cannot be encoded as {suffix}; use .png")
    return bytes(data)
