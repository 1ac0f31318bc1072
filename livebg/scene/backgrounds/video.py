"""A moving background: a clip that loops at its own pace, whatever the camera's rate.

The frame's media time, counted from the first frame and taken modulo the clip's length, chooses the picture. Decodes in
the caller's thread, no more than the time requires.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from livebg.core.errors import BackgroundError, SourceError
from livebg.core.types import Frame, Image, Matte
from livebg.media.video.types import MovingPicture
from livebg.scene.backgrounds.still import fit

LIVE_BUDGET_S = 0.02  # decoding time in one call, of the 33 ms between two frames at 30 fps; 4K clips can need more
FAR_S = 2.0  # a step in time from which seeking beats decoding on

log = logging.getLogger(__name__)


class VideoBackground:
    """`standby` returns the current picture, too: a clip contains nothing of the camera."""

    is_transparent = False
    needs_matte = False

    def __init__(self, clip: MovingPicture, how: str, budget_s: float | None) -> None:
        """Owns the clip from now on. Decodes its first picture, so that a bad clip fails here. Raises BackgroundError.

        how: cover, contain, stretch or tile. budget_s: decoding time that one call may take; a clip that needs more
        plays slower, and the camera does not wait for it. None: every picture exactly at its time.
        """
        self._clip, self._how, self._budget_s = clip, how, budget_s
        self._length_s = clip.length_s
        self._origin_s: float | None = None
        self._begin_s = self._end_s = 0.0
        self._is_at_end = self._has_warned = False
        self._fitted: Image | None = None
        try:
            with as_background():
                first = clip.read()
                if first is None:
                    raise BackgroundError(f"{clip.name} holds no picture; is the file complete?")
                self._end_s, self._picture = first.media_time_s + first.lasts_s, first.render()
        except BackgroundError:
            clip.close()
            raise

    def picture(self, frame: Frame, alpha: Matte) -> Image:  # noqa: ARG002 - the Protocol's shape
        """BGR uint8 (H, W, 3) at this frame's time and size; alpha: float32 (H, W) in 0..1, not used."""
        self._go_to(frame.media_time_s)
        return self.standby(frame.height, frame.width)

    def standby(self, height: int, width: int) -> Image:
        """The current picture: BGR uint8 (height, width, 3)."""
        if self._fitted is None or self._fitted.shape[:2] != (height, width):
            self._fitted = fit(self._picture, height, width, self._how)
            self._fitted.flags.writeable = False
        return self._fitted

    def close(self) -> None:
        self._clip.close()

    def _go_to(self, media_time_s: float) -> None:
        """Makes the picture of this time the current one."""
        if self._origin_s is None or (self._length_s is None and media_time_s < self._origin_s):
            self._origin_s = media_time_s
        position_s = media_time_s - self._origin_s
        if self._length_s is not None:
            position_s %= self._length_s
        is_far = position_s > self._end_s + FAR_S and self._length_s is not None and not self._is_at_end
        if position_s < self._begin_s or is_far:
            position_s = self._seek(position_s)
        deadline_s = math.inf if self._budget_s is None else time.perf_counter() + self._budget_s
        newest: Callable[[], Image] | None = None
        while self._end_s <= position_s and not self._is_at_end:
            if time.perf_counter() > deadline_s:
                self._origin_s += position_s - self._end_s
                break
            newest, position_s = self._step(newest, position_s)
        if newest is not None:
            with as_background():
                self._picture, self._fitted = newest(), None

    def _step(self, newest: Callable[[], Image] | None, position_s: float) -> tuple[Callable[[], Image] | None, float]:
        """Reads the next picture: (how to get its pixels, the position). At the end it goes back to the beginning."""
        try:
            with as_background():
                following = self._clip.read()
        except BackgroundError as failure:
            self._is_at_end = True
            self._length_s = self._length_s or self._end_s or math.inf
            if not self._has_warned:
                log.warning("%s; its last good picture stays until it begins again", failure)
                self._has_warned = True
            return None, position_s
        if following is not None:
            ends_s = following.media_time_s + following.lasts_s
            self._begin_s, self._end_s = self._end_s, max(ends_s, self._end_s)
            return following.render, position_s
        self._is_at_end = True
        if self._length_s is None:
            self._length_s = self._end_s if self._begin_s else math.inf  # a single picture stays for ever
            if position_s >= self._length_s:
                position_s = self._seek(position_s % self._length_s)
        return newest, position_s

    def _seek(self, position_s: float) -> float:
        self._clip.seek(position_s)
        self._begin_s = self._end_s = position_s
        self._is_at_end = False
        return position_s


@contextmanager
def as_background() -> Iterator[None]:
    """A clip that cannot be read is a background that cannot."""
    try:
        yield
    except SourceError as failure:
        raise BackgroundError(str(failure)) from failure
