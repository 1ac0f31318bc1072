"""Fixed-lag smoothing of a small alpha for films, which can look ahead: it uses the frames before and after.

The filter of smoothing.py runs forwards and backwards, and each pixel gets the mean of all that both saw since it last
changed and until it changes next (fixed-interval smoothing by a forward and a backward filter: Fraser and Potter 1969).
Dropouts of a few frames are repaired before (mending.py). One thread at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import cv2
import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Matte
from livebg.matting.item import Item
from livebg.matting.temporal.mending import LONGEST_LOSS, mended
from livebg.matting.temporal.smoothing import Smoother
from livebg.matting.temporal.window import Window

LEAST_S = np.float32(1e-3)  # of evidence


@dataclass(slots=True, eq=False)
class _Held:
    """A frame that waits. alpha: float32 (h, w) in 0..1, as it came, then the result."""

    item: Item
    alpha: Alpha


class SmoothLookahead:
    """A Step: holds a window of frames; when it is full, half of them come out, in order. Nothing passes a cut."""

    name = "ahead"

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self.reset()

    def reset(self) -> None:
        """The next frame is the first; those that wait are dropped."""
        self._settings = Settings()
        self._window = Window(self._frames, self._look_back)
        self._forward = Smoother()
        self._before: deque[tuple[Matte, Matte]] = deque(maxlen=LONGEST_LOSS)  # alphas as they came, motions

    def feed(self, item: Item, settings: Settings) -> Iterator[Item]:
        """The frames that are done; settings.smoothing 0 keeps none."""
        if settings.smoothing == 0:
            return chain(self.flush(), (item,))
        self._settings = settings
        alpha = Alpha(np.ascontiguousarray(item.alpha.values, np.float32), item.alpha.sequence)
        return _opened(self._window.add(_Held(item, alpha), item.motion.is_cut))

    def flush(self) -> Iterator[Item]:
        """All that are left; the next frame is the first."""
        done = self._window.flush()
        self._forward.reset()
        self._before.clear()
        return _opened(done)

    def _look_back(self, held: Sequence[_Held], count: int) -> None:
        """Repair all frames, then give the oldest `count` the mean of forwards and backwards."""
        if held[0].item.motion.is_cut or (self._before and self._before[-1][0].shape != held[0].alpha.values.shape):
            self._before.clear()
        known = len(self._before)
        around = [*self._before, *((each.alpha.values, each.item.motion.values) for each in held)]
        alphas, motions = zip(*around, strict=True)
        stack = np.stack(alphas)
        whole = [Alpha(mended(stack, motions, known + index), each.alpha.sequence) for index, each in enumerate(held)]
        later = self._from_the_end(held, whole)
        for each, new, (after, after_s) in zip(held[:count], whole, later, strict=False):
            before = self._forward.apply(new, each.item.motion, self._settings).values
            share = after_s / np.maximum(self._forward.evidence_s + after_s, LEAST_S)
            each.alpha = Alpha(_mean(before, after, share, each.item.motion.values), new.sequence)
        self._before.extend(around[known : known + count])

    def _from_the_end(self, held: Sequence[_Held], whole: Sequence[Alpha]) -> list[tuple[Matte, Matte]]:
        """For each frame its alpha smoothed by those after it, and its pixels' evidence in s."""
        smoother, found = Smoother(), list[tuple[Matte, Matte]]()
        motion = held[-1].item.motion
        for each, alpha in zip(reversed(held), reversed(whole), strict=True):
            values = smoother.apply(alpha, motion, self._settings).values
            found.append((values, smoother.evidence_s.copy()))
            motion = each.item.motion  # from it back to the one before it
        found.reverse()
        return found


def _opened(done: list[_Held]) -> Iterator[Item]:
    return (replace(each.item, alpha=each.alpha) for each in done)


def _mean(before: Matte, after: Matte, share: Matte, moving: Matte) -> Matte:
    """The mean of all that forwards and backwards saw, float32 (h, w); share: how much of it backwards saw.

    The new alpha is in both and counts twice: to take it out once, as theory has it, would make an overshoot where only
    one of the two took it for a change. moving: up to this frame, float32 in 0..1 of any size; where nothing has moved,
    nobody has come: what later frames believe in more comes later, or is furniture that the network takes for somebody
    from then on.
    """
    if moving.shape != before.shape:
        moving = np.asarray(cv2.resize(moving, before.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    rise = (after - before) * share
    return np.asarray(before + np.where(rise > 0, rise * moving, rise), np.float32)
