"""A program that reads a camera as a call does, and keeps small copies: python -m livebg.pipeline.setup.reader.

A process of its own, so that it sees what others see. Its file has uint8 (n, HEIGHT, WIDTH, 3), BGR.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from livebg.core.errors import LivebgError, SourceError
from livebg.core.settings import Settings, change
from livebg.core.types import FrameSource, Image

OWN = "pipewire:livebg"
WIDTH, HEIGHT = 64, 36
COUNT, APART_S = 6, 0.1
OPENING_S, LONGEST_S, AGAIN_S = 5.0, 15.0, 0.1


def small(image: Image) -> Image:
    """BGR uint8 (H, W, 3) → (HEIGHT, WIDTH, 3)."""
    return np.asarray(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def read(camera: str, open_camera: Callable[[Settings], FrameSource]) -> Image:
    """COUNT pictures, APART_S apart, of what `--camera` calls so; uint8 (n, HEIGHT, WIDTH, 3). Raises SourceError."""
    pictures, due_s, ends_s = list[Image](), 0.0, time.monotonic() + LONGEST_S
    with closing(_opened(camera, open_camera)) as source:
        while len(pictures) < COUNT and time.monotonic() < ends_s:
            frame = source.read(AGAIN_S)
            if frame is not None and frame.captured_at_s >= due_s:
                pictures.append(small(frame.image))
                due_s = frame.captured_at_s + APART_S
    return np.array(pictures, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def _opened(camera: str, open_camera: Callable[[Settings], FrameSource]) -> FrameSource:
    """A camera may appear a moment after its writer."""
    settings, ends_s = change(Settings(), {"camera": camera}), time.monotonic() + OPENING_S
    while True:
        try:
            return open_camera(settings)
        except SourceError:
            if time.monotonic() > ends_s:
                raise
            time.sleep(AGAIN_S)


def open_written(settings: Settings) -> FrameSource:
    """What settings.camera names; OWN: livebg's own camera in PipeWire, which no other part of livebg reads.

    Raises SourceError.
    """
    from livebg.capture import open_source

    if settings.camera != OWN:
        return open_source(settings)
    from livebg.capture.camera.pipewire import open_node
    from livebg.media.pipewire.input import list_nodes
    from livebg.media.pipewire.library import NoPipeWire

    try:
        nodes = [each for each in list_nodes(own=True) if not each.api]
    except NoPipeWire as cause:
        raise SourceError(f"PipeWire: {cause}") from cause
    if not nodes:
        raise SourceError("PipeWire lists no camera of livebg's")
    return open_node(nodes[0], settings)


def load(camera: str) -> None:
    """The libraries that reading it needs: so it begins at once when livebg's pictures come."""
    import livebg.capture.camera.source

    if camera == OWN:
        import livebg.capture.camera.pipewire  # noqa: F401


def main(camera: str, file: str) -> int:
    """Reads once stdin has a line; the exit code. Without that line nobody wants to know any more."""
    try:
        load(camera)
        if not sys.stdin.readline():
            return 0
        np.save(Path(file), read(camera, open_written))
    except LivebgError as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
