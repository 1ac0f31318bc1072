"""The common types: frame, alpha, composite, and Protocols that the other packages implement (engines: engines.py).

Images on the host are BGR uint8 (H, W, 3); an alpha is float32 in 0..1, 0 = background, 1 = foreground. capture checks
the shapes of frames and fault_of those of an alpha; all other code trusts them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Matte = NDArray[np.float32]
LOWEST_ALPHA = np.nextafter(np.float32(0.5 / 255), np.float32(1))  # the lowest that does not round to 0 of 255
HIGHEST_ALPHA = np.float32(1 - 0.5 / 255)  # above it, it rounds to 255
USUAL_FPS = 30.0  # of a source that does not tell its rate; a film without one has its own (media/video/span.py)
FLAT = 1e-4  # greatest minus least alpha: no picture of a room or a person gives less
NOBODY = 0.02  # a flat alpha below this is an empty room
SMALLEST_PX = 64  # a smaller alpha can be flat by chance
Reads = Literal["i420", "image", "image and alpha"]


class EndOfSource(Exception):
    """The source has no more frames. Not a failure."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a source.

    image: BGR uint8 (H, W, 3); nobody writes to it after this value exists.
    sequence: counts the source's frames from 0, dropped ones included, never backwards.
    captured_at_s: monotonic clock (time.monotonic) when the picture became available.
    media_time_s: its place on the source's own time line, seconds from the first frame.
    shrunk: smaller copies of the image that steps share, by (width, height); core.resize.shrink fills it.
    planes: the same picture as decoded, I420 uint8 (H * 3/2, W), from a film that has such samples.
    """

    image: Image
    sequence: int
    captured_at_s: float
    media_time_s: float
    shrunk: dict[tuple[int, int], Image] = field(default_factory=dict)
    planes: Image | None = None

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    def __repr__(self) -> str:
        return f"Frame(#{self.sequence} {self.width}x{self.height} at {self.media_time_s:.3f} s)"


def read_only(frame: Frame) -> Frame:
    """The same frame for code that must not write to it; the pixels are shared."""
    image = frame.image.view()
    image.flags.writeable = False
    return replace(frame, image=image, shrunk={}, planes=None)


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """A finer alpha of an earlier frame, for a part of this one: `values` float32 (h, w) in 0..1.

    All others float32 at one small size: flow: (h', w', 2), px of it, from this frame to the earlier one; share: (h',
    w') in 0..1, how far each place takes the finer alpha; coarse: the same, that one, small and moved along the flow.
    """

    values: Matte
    flow: Matte
    share: Matte
    coarse: Matte


@dataclass(frozen=True, slots=True, eq=False)
class Alpha:
    """The matte of one frame at any size: `values` float32 (h, w) in 0..1, `sequence` of the frame it belongs to.

    detail: a finer alpha that lies over it, where there is one.
    """

    values: Matte
    sequence: int
    detail: Detail | None = None

    def __repr__(self) -> str:
        return f"Alpha(#{self.sequence} {self.values.shape[1]}x{self.values.shape[0]})"


def fault_of(alpha: Alpha, frame: Frame) -> str:
    """Why this alpha is not valid for this frame; '' if it is.

    A valid one belongs to this very frame and is two-dimensional float32, not empty, finite, in 0..1.
    """
    values = alpha.values
    if alpha.sequence != frame.sequence:
        return f"the matte is of frame {alpha.sequence}, not {frame.sequence}"
    if values.ndim != 2 or values.size == 0 or values.dtype != np.float32:
        return f"the matte is {values.dtype} of shape {values.shape}, not float32 (h, w)"
    return fault_of_range(float(values.min()), float(values.max()))


def fault_of_range(low: float, high: float) -> str:
    """Why an alpha with these extremes is not valid; '' if it may be."""
    if low >= 0.0 and high <= 1.0:  # false for NaN too
        return ""
    return f"the matte's values reach from {low:g} to {high:g}, not 0 to 1"


def fault_of_network(values: Matte) -> str:
    """Why this answer of a network, float32 (h, w) in 0..1, cannot be one; '' if it can.

    It is the same everywhere, and not that of an empty room.
    """
    return fault_of_flat(float(values.min()), float(values.max()), values.size)


def fault_of_flat(low: float, high: float, size: int) -> str:
    """The same for an answer of `size` values with these extremes."""
    if size >= SMALLEST_PX and high - low < FLAT and high > NOBODY:
        return f"the network answers {high:.2f} everywhere, as if dead; livebg opens it again if this goes on"
    return ""


def usable(alpha: Matte) -> Matte:
    """float32 (H, W) in 0..1 from any float32 (H, W): 0 for values below 0 and those not finite, 1 for values above 1.
    Returns the same array if it needs no change; -0 stays."""
    if alpha.size == 0 or (alpha.min() >= 0 and alpha.max() <= 1):  # false for NaN too
        return alpha
    return np.where(np.isfinite(alpha), np.clip(alpha, 0, 1), np.float32(0)).astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """What may leave the program for one frame.

    image: BGR uint8 (H, W, 3), safe to show: it contains nothing of the room. When `is_transparent`, it is the
        foreground's straight (not premultiplied) colour, black wherever alpha is 0. If all that read it take that,
        from a GPU or in a film: I420 uint8 (H * 3/2, W), sides rounded up to even ones.
    frame: the source's frame of this composite, so that a recording keeps its time line; only the preview, on the
        user's own screen, may show its picture. None for a standby image between frames, for live sinks only.
    alpha: float32 (H, W) in 0..1 at the image's size. None for a standby image (no valid matte), or where unread.
    coverage: share of the picture that is foreground, 0..1.
    fault: why its frame has no valid matte; '' if it has one. The image is then an earlier composite or the standby
        image, and no alpha belongs to the frame.
    is_standby: the image is the standby image: there is no valid matte, or the user hides.
    """

    image: Image
    frame: Frame | None = None
    alpha: Matte | None = None
    is_transparent: bool = False
    coverage: float = 1.0
    fault: str = ""
    is_standby: bool = False

    def __repr__(self) -> str:
        alpha = "no alpha" if self.alpha is None else f"{self.coverage:.0%} of it the person"
        shown = "the standby image" if self.is_standby else f"image {self.image.shape}"
        return f"Composite({shown}, {alpha}, of {self.frame}{f', {self.fault}' if self.fault else ''})"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """An open source. fps: 0 when unknown; is_live: it drops frames when livebg is slow.

    can_rest: it is a device that rest() releases while nobody watches. is_photo: single pictures, which may take a
    second each.
    """

    name: str
    width: int
    height: int
    fps: float
    is_live: bool
    can_rest: bool = False
    is_photo: bool = False


class FrameSource(Protocol):
    """Where frames come from."""

    @property
    def info(self) -> SourceInfo: ...

    @property
    def dropped(self) -> int:
        """Number of frames that a newer one replaced before anybody read them."""
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """The newest frame not read before; None if none came within timeout_s.

        Raises EndOfSource after the last frame, SourceError on a failure.
        """
        ...

    def rest(self, is_resting: bool) -> None:
        """True: nobody watches, so the source releases the device (a camera's light goes off) and read() returns None;
        False: it opens the device again. Never waits for the device; does nothing where info.can_rest is False."""
        ...

    def close(self) -> None:
        """Releases everything; may be called twice; ends a read() in another thread."""
        ...


class Background(Protocol):
    """What stands behind the person."""

    @property
    def is_transparent(self) -> bool:
        """True for `none`: the outputs carry the alpha instead of a background."""
        ...

    @property
    def needs_matte(self) -> bool:
        """True where picture() uses the frame's pixels or the matte; else a GPU may call it before they exist."""
        ...

    def picture(self, frame: Frame, alpha: Matte) -> Image:
        """BGR uint8 (H, W, 3) for this frame, read-only; alpha: full-size float32 (H, W) in 0..1."""
        ...

    def standby(self, height: int, width: int) -> Image:
        """BGR uint8 (height, width, 3) without anything of a camera frame, to show while there is no valid matte."""
        ...

    def close(self) -> None:
        """Releases everything; may be called twice."""
        ...


class FrameSink(Protocol):
    """Where composites go."""

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> Reads:
        """The parts of a composite that it uses, so that a GPU need not transfer the rest."""
        ...

    @property
    def is_live(self) -> bool:
        """True where somebody may watch now (virtual camera, window): gets standby images and never waits."""
        ...

    @property
    def is_watched(self) -> bool:
        """False only where certainly nobody sees the output now (a virtual camera that no program reads)."""
        ...

    def write(self, composite: Composite) -> None:
        """Takes one composite. Raises SinkError."""
        ...

    def close(self) -> None:
        """Finishes the output (a file plays afterwards); may be called twice. Raises SinkError."""
        ...


@runtime_checkable
class KnowsWatchers(Protocol):
    """A FrameSink that knows which applications read it."""

    @property
    def watchers(self) -> tuple[str, ...]:
        """Their names."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The result of processing one frame.

    composite: None where the frame has no valid matte; `fault` then says why. standby: the background's own picture at
    the frame's size, BGR uint8 (H, W, 3). busy_s: the processing time.
    """

    frame: Frame
    composite: Composite | None
    fault: str
    standby: Image
    busy_s: float
