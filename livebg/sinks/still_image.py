"""A still image: keeps the newest composite of a source frame and writes it when closed.

The file appears whole or not at all. Caller's thread.
"""

from __future__ import annotations

import logging
from pathlib import Path

import cv2

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Image, Reads
from livebg.media.video.layers import Layer
from livebg.media.whole_file import put_whole

log = logging.getLogger(__name__)

_JPEG_QUALITY = 95


class StillImageSink:
    """A FrameSink for one .png or .jpg; `layer` chooses the part of the composite that the file gets."""

    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, path: Path, layer: Layer, force: bool = False) -> None:
        self.name = f"picture {path}"
        self._path, self._layer, self._force = path, layer, force
        self._newest: Composite | None = None
        self._is_closed = False

    def write(self, composite: Composite) -> None:
        """Keeps the composite if it belongs to a source frame."""
        assert not self._is_closed, "written to after close"
        if composite.frame is not None:
            self._newest = composite

    def close(self) -> None:
        """Writes the file. Raises SinkError if that fails."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._newest is None:
            log.warning("%s: not made, since no frame arrived", self.name)
            return
        data = _encoded(self._path, self._layer(self._newest))
        self._newest = None
        put_whole(data, self._path, self._force)


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
