"""What a video file is, from its reading to its writing: its picture, its ticks, its colour. Values only.

A tick is a frame's time in units of the file's own time base, so that nothing is rounded on the way.
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
    """One moment of a clip: seconds from its first picture, what makes the BGR uint8 (H, W, 3) image, and how long it
    stands, 0 where only the next one tells."""

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
    height of one pixel of the upright picture. colour: of FilmFrame.planes, and what a copy of it is tagged with.
    notes: what becomes of what cannot be kept, for the user."""

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
    """ticks: of every frame that is shown, int64 (n,), strictly rising; keys: those at which decoding can begin."""

    ticks: Ticks
    keys: Ticks


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrame:
    """image: BGR uint8 (H, W, 3), upright. planes: the same picture as I420 uint8 (H * 3/2, W) in the film's colour, as
    it was decoded but for its depth, where it is 4:2:0 and both sides are even; else None."""

    tick: int
    image: Image
    planes: Image | None = None


class Clip(Protocol):
    """What can be played. `fps` is 0 when unknown."""

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
        """None where only the end tells."""
        ...

    def read(self) -> Picture | None:
        """The next picture; None after the last. Raises LivebgError where the file cannot be read on."""
        ...

    def seek(self, time_s: float) -> None:
        """Read on from this time, or from an earlier one if that is where a decoder can begin."""
        ...

    def close(self) -> None: ...
