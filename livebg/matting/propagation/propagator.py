"""A matte for every frame from an engine that looks only at key frames: motion propagates its mattes to the others.

It decides which frames are key frames and which alpha a frame gets; warp.py propagates alphas, inference.py runs the
engine. Fails closed: it propagates no matte over a cut, from a key frame that is too old, or where most of the picture
is unknown. The caller's thread.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.frame_difference import measure_change
from livebg.core.types import Alpha, Frame
from livebg.matting import exposure
from livebg.matting.propagation import occlusion
from livebg.matting.propagation.inference import InlineKeys, KeyFrames, WorkerKeys, again
from livebg.matting.propagation.warp import Key, Warper
from livebg.matting.small_picture import Small, small_of
from livebg.matting.still_gate import REFRESH_S, Counts, is_still

MAX_AGE_S = 1.0  # an older key frame does not count, unless nothing has moved since
FIRST_WAIT_S = 2.0  # the only wait: for the very first alpha
LOST_SHARE = 0.5  # with more of the picture unknown, it propagates nothing
HURRY_SHARE = 0.01  # with more of the picture unknown, a key frame comes before its turn
LONGEST_DELAY = 8  # at most so many frames does `matched` hold the picture back


def delay_frames(key_frame_s: float, fps: float, stride: int) -> int:
    """How many frames `matched` holds the picture back, so that it has key frames on both sides in time.

    key_frame_s: the engine's time per frame in its own thread; 0 where it runs in the caller's. At most LONGEST_DELAY.
    """
    under_way = math.ceil(key_frame_s * fps - 1e-6) if key_frame_s > 0 else 0
    return max(0, min(LONGEST_DELAY, max(stride, under_way) - 1 + under_way))


class PropagatingEngine:
    """A MattingEngine over another one, which it owns.

    in_worker: the engine runs in a thread of its own, on the newest frame whenever it is idle, and matte() waits only
    for the very first alpha; else it runs in the caller's thread. stride: at least so many frames from key frame to
    key frame; hurries: except where too much of the picture is unknown. still_gate: while nothing moves, a key frame
    only every REFRESH_S. keys: runs the engine instead of these two ways. counts: where counting goes on from.
    """

    def __init__(
        self,
        engine: MattingEngine,
        in_worker: bool,
        stride: int = 1,
        still_gate: bool = True,
        hurries: bool = True,
        keys: KeyFrames | None = None,
        counts: Counts | None = None,
    ) -> None:
        occlusion.prepare()
        exposure.prepare()
        measure_change.prepare()
        self._engine = engine
        self._keys = keys or (WorkerKeys(engine) if in_worker else InlineKeys(engine))
        self._failure: ModelError | None = None
        self._newest = self._asked = -1
        self._is_first, self._is_hurried = True, False
        self._warper = Warper()
        self._stride, self._still_gate, self._hurries = stride, still_gate, hurries
        self._counts = counts or Counts()
        self._compared: tuple[Small, Small, bool] | None = None

    @property
    def description(self) -> str:
        return self._engine.description + (
            "" if self._keys.is_inline else "; beside the loop, its mattes propagated by motion"
        )

    @property
    def counts(self) -> Counts:
        return self._counts

    def set_stride(self, stride: int) -> None:
        """From the next key frame on."""
        self._stride = stride

    def set_still_gate(self, is_on: bool) -> None:
        self._still_gate = is_on

    def foresee(self, frame: Frame) -> None:
        """Takes a frame before its matte() call: it may become a key frame now. Never waits for a thread."""
        small = small_of(frame)
        if not self._warper.add(small):
            self._forget()
        self._newest = frame.sequence
        self._collect(0.0)
        if not self._keys.is_busy and self._is_due(small):
            self._ask(frame)

    def matte(self, frame: Frame) -> Alpha:
        """This frame's own alpha, float32 (h, w) in 0..1 at the engine's size. Raises ModelError without one."""
        is_newest = frame.sequence > self._newest or self._warper.small(frame.sequence) is None
        if is_newest:
            self.foresee(frame)
        small = self._warper.small(frame.sequence)
        assert small is not None
        self._collect(0.0)
        if self._is_first:
            self._is_first = False
            self._await_first(frame)
        if self._failure is not None:
            raise again(self._failure) from self._failure
        alpha = self._answer(frame, small, may_hurry=frame.sequence == self._newest)
        self._warper.tidy(frame.sequence, self._asked if self._keys.is_busy else frame.sequence)
        return alpha

    def reset(self) -> None:
        """Forgets every frame (a new source or size)."""
        self._warper.forget()
        self._forget()

    def close(self) -> None:
        """Raises TimeoutError where the engine hangs in its thread."""
        self._keys.close()

    def _forget(self) -> None:
        self._keys.reset()
        self._failure = None
        self._newest = self._asked = -1
        self._is_first, self._is_hurried = True, False

    def _await_first(self, frame: Frame) -> None:
        """Waits until the engine has answered for the first time, or FIRST_WAIT_S have passed."""
        ends_at_s = time.monotonic() + FIRST_WAIT_S
        while not self._warper.has_keys and self._failure is None and time.monotonic() < ends_at_s:
            if not self._keys.is_busy:
                self._ask(frame)
            self._collect(max(0.0, ends_at_s - time.monotonic()))

    def _answer(self, frame: Frame, small: Small, may_hurry: bool) -> Alpha:
        before, after = self._warper.around(small)
        if before is not None and (before.small is small or self._is_still(small, before)):
            before.confirmed_at_s = max(before.confirmed_at_s, small.at_s)
            if before.small is not small:
                self._counts = replace(self._counts, still=self._counts.still + 1)
            return Alpha(before.values, frame.sequence)
        before = before if before is not None and small.at_s - before.confirmed_at_s <= MAX_AGE_S else None
        after = after if after is not None and after.small.at_s - small.at_s <= MAX_AGE_S else None
        if before is None and after is None:
            raise ModelError(
                f"no matte for {frame}: the picture changed or the engine has not answered for {MAX_AGE_S:g} s; "
                "if it goes on, this machine is too slow or too busy; 'livebg bench' says what it can do"
            )
        values, unknown = self._warper.warp(small, before, after)
        if unknown > LOST_SHARE or (unknown > HURRY_SHARE and after is None and self._hurries and may_hurry):
            self._is_hurried = True
            if self._keys.is_inline:
                return self._looked_at(frame, small)
        if unknown > LOST_SHARE:
            raise ModelError(f"no matte for {frame}: {unknown:.0%} of the picture is not that of its key frames")
        self._counts = replace(self._counts, propagated=self._counts.propagated + 1)
        return Alpha(values, frame.sequence)

    def _looked_at(self, frame: Frame, small: Small) -> Alpha:
        """Runs the engine on this frame before its turn, for the frame's own alpha."""
        self._ask(frame)
        self._collect(0.0)
        if self._failure is not None:
            raise again(self._failure) from self._failure
        key, _ = self._warper.around(small)
        assert key is not None
        return Alpha(key.values, frame.sequence)

    def _is_due(self, small: Small) -> bool:
        """Whether this newest frame should be a key frame."""
        key, _ = self._warper.around(small)
        if key is None or self._is_hurried:
            return True
        if small.at_s - key.small.at_s < REFRESH_S and self._is_still(small, key):
            return False
        return small.sequence - self._asked >= self._stride or small.at_s - key.small.at_s > MAX_AGE_S

    def _is_still(self, small: Small, key: Key) -> bool:
        """Keeps its last result: most frames need it twice."""
        if not self._still_gate:
            return False
        if self._compared is None or self._compared[0] is not small or self._compared[1] is not key.small:
            self._compared = (small, key.small, is_still(small, key.small))
        return self._compared[2]

    def _ask(self, frame: Frame) -> None:
        self._is_hurried = False
        self._asked = max(self._asked, frame.sequence)
        self._keys.ask(frame)
        self._collect(0.0)

    def _collect(self, wait_s: float) -> None:
        """Takes the answer that is ready, or comes in time."""
        answer = self._keys.answer(wait_s)
        if answer is None:
            return
        self._failure = answer.failure
        self._counts = replace(self._counts, key_frames=self._counts.key_frames + 1, key_frame_s=answer.duration_s)
        if answer.alpha is not None:
            self._warper.add_key(answer.sequence, answer.alpha.values)
