"""The values that describe a video file, from reading to writing: its picture, its ticks, its colour.

A tick is a frame's time in units of the file's own time base, so nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Image

Ticks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment of a clip: seconds from its first picture, a function that makes the BGR uint8 (H, W, 3) image, and
    how long it lasts; 0 if only the next one shows that."""

    media_time_s: float
    render: Callable[[], Image]
    lasts_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Colour:
    """How samples mean colours: matrix, primaries, transfer in FFmpeg's numbers (those of ITU-T H.273)."""

    matrix: int
    primaries: int
    transfer: int
    is_full_range: bool


SDR = Colour(1, 1, 1, is_full_range=False)  # BT.709


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """width, height: upright, px. fps: on average, 0 unknown. time_base: of every tick, s. pixel_aspect: width over
    height of one pixel of the upright picture. colour: of FilmFrame.planes, and the tags of a copy.
    notes: for the user, about content that livebg cannot keep."""

    name: str
    width: int
    height: int
    fps: float
    time_base: Fraction
    pixel_aspect: Fraction
    colour: Colour
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FilmIndex:
    """ticks: of every frame that the film shows, int64 (n,), strictly rising; keys: those where decoding can begin."""

    ticks: Ticks
    keys: Ticks


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """image: BGR uint8 (H, W, 3), upright. planes: the same picture as I420 uint8 (H * 3/2, W) in the film's colour, as
    decoded except for its bit depth, if it is 4:2:0 and both sides are even; else None."""

    tick: int
    image: Image
    planes: Image | None = None


class Clip(Protocol):
    """A playable clip. `fps` is 0 when unknown."""

    @property
    def name(self) -> str: ...

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def fps(self) -> float: ...

    def pictures(self) -> Iterator[Picture]:
        """In order of time, from the beginning; may be called once. Raises SourceError on a failure."""
        ...

    def close(self) -> None: ...


class MovingPicture(Protocol):
    """A moving picture that can be read forward and begun again."""

    @property
    def name(self) -> str: ...

    @property
    def length_s(self) -> float | None:
        """None if only its end shows it."""
        ...

    def read(self) -> Picture | None:
        """The next picture; None after the last. Raises LivebgError if the file becomes unreadable."""
        ...

    def seek(self, time_s: float) -> None:
        """Continues at this time, or at an earlier one if decoding can only begin there."""
        ...

    def close(self) -> None: ...
