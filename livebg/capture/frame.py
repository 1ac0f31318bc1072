"""Where frames enter the program: this file checks their shape and type, once; later code trusts them.

Runs in the thread that makes the frame.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from livebg.core.errors import SourceError
from livebg.core.resize import shrink_usual
from livebg.core.threads import Closed, Latest
from livebg.core.types import EndOfSource, Frame, SourceInfo


def new_frame(picture: Any, sequence: int, media_time_s: float, info: SourceInfo) -> Frame:
    """A Frame captured now. Raises SourceError unless `picture` is BGR uint8 (H, W, 3) of the source's size."""
    shape = getattr(picture, "shape", None)
    if shape != (info.height, info.width, 3) or picture.dtype != np.uint8:
        seen = f"{type(picture).__name__} {shape} {getattr(picture, 'dtype', '')}".strip()
        raise SourceError(
            f"{info.name} delivered something else than a {info.width}x{info.height} picture of 8-bit colour ({seen}); "
            "start livebg again"
        )
    frame = Frame(picture, sequence, time.monotonic(), media_time_s)
    # The capture thread makes the small pictures, so that they cost the loop nothing: 0.4 ms at 720p.
    shrink_usual(frame)
    return frame


def next_frame(slot: Latest[Frame], timeout_s: float) -> Frame | None:
    """The newest frame in the slot of a source; None if none came in time. Raises EndOfSource after the last one, and
    what ended the slot."""
    try:
        return slot.get(timeout_s)
    except Closed:
        raise EndOfSource from None
