"""Two alphas in one where the fine one is slower than the camera: every frame's own, and a key frame's detail over it.

A guided engine (core.engines.Guided) judges every frame quickly; its slow half looks at key frames in a thread of its
own. Detail moves along with the motion in the picture and counts, pixel by pixel, only where nothing has moved far, and
picture and quick alpha are what they were in the key frame; elsewhere the quick alpha stands alone. It gives way at
once and comes back slowly, as an edge that changes between the two would flicker. So a person at rest has the fine
edge, and a waving hand is never late. The caller's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from livebg.core.engines import Guided, MattingEngine
from livebg.core.errors import ModelError
from livebg.core.threads import FAR_STEP
from livebg.core.types import Alpha, Detail, Frame, Matte
from livebg.matting.exposure import lights_between
from livebg.matting.propagation.inference import KeyFrames, WorkerKeys
from livebg.matting.propagation.optical_flow import Flow, past_rim, places, taken, warp
from livebg.matting.propagation.warp import Key, Warper
from livebg.matting.refine import detail
from livebg.matting.small_picture import Small, small_of
from livebg.matting.still_gate import REFRESH_S, Counts, is_still
from livebg.matting.validity import ValidityCheck

log = logging.getLogger(__name__)

SAME_LEVELS, OTHER_LEVELS = 6.0, 14.0  # a channel's difference from the key frame: the same, another
AGREE, DISAGREE = 0.1, 0.3  # the same of the quick alpha's
HARDLY_PX, FAR_PX = 0.7, 2.0  # of the small picture, moved since: detail of what has moved lies a little beside it
NEAR_PX = 3  # of the small picture: what changed so near counts too
LOOK_PX = 5  # it averages differences over this window
OLDEST_S = 4.0  # no detail is older, however still the picture
BACK_S = 0.6  # so long detail takes from not counting to counting fully


class DetailOverlay:
    """A MattingEngine over a guided one, which it owns and judges.

    is_live: see validity.ValidityCheck. keys: runs the slow half on key frames; else a thread of its own does.
    """

    def __init__(
        self,
        engine: Guided,
        is_live: bool,
        stride: int = 1,
        still_gate: bool = True,
        keys: Callable[[MattingEngine], KeyFrames] = lambda details: WorkerKeys(details, FAR_STEP),
    ) -> None:
        self._engine, self._check = engine, ValidityCheck(is_live)
        self._details = _Details(engine, is_live)
        self._keys = keys(self._details)
        self._warper = Warper()
        self._stride, self._still_gate = stride, still_gate
        self._counts = Counts()
        self._has_failed = False
        detail.prepare()
        self._forget()

    @property
    def description(self) -> str:
        return f"{self._engine.description}; its detail beside the loop, over the finder's alpha of every frame"

    @property
    def counts(self) -> Counts:
        return self._counts

    def set_stride(self, stride: int) -> None:
        """At least so many frames from key frame to key frame, from the next one on; 0: no key frames, no detail."""
        if stride == 0:
            self._warper.forget()
            self._forget()
        self._stride = stride

    def set_still_gate(self, is_on: bool) -> None:
        self._still_gate = is_on

    def matte(self, frame: Frame) -> Alpha:
        """This frame's own alpha by the finder, float32 (h, w) in 0..1, with detail over it once there is some.

        Raises ModelError where the finder fails; where the detail fails, the finder's alpha stands alone.
        """
        if self._stride == 0:
            return self._check.judged(self._engine.find(frame), frame)
        small = small_of(frame)
        if not self._warper.add(small):
            self._forget()
        belief = self._check.judged(self._engine.find(frame), frame)
        self._collect()
        key, _ = self._warper.around(small)
        if not self._keys.is_busy and self._is_due(small, key):
            self._ask(frame, belief, key)
        self._warper.tidy(frame.sequence, self._asked if self._keys.is_busy else frame.sequence)
        if key is None or small.at_s - key.small.at_s > OLDEST_S:
            self._share = Share()
            return belief
        self._counts = replace(self._counts, propagated=self._counts.propagated + 1)
        flow = self._warper.flow_back(small, key)
        share = share_of_key(belief.values, small, key, self._beliefs[key.small.sequence], flow)
        share = self._share.calm(share, small.at_s)
        return Alpha(belief.values, frame.sequence, Detail(key.values, flow, share, warp(key.alpha, flow)))

    def reset(self) -> None:
        """Forgets every frame (a new source or size)."""
        self._warper.forget()
        self._forget()
        self._engine.reset()

    def close(self) -> None:
        """Raises TimeoutError where the engine hangs in its thread."""
        self._keys.close()

    def _forget(self) -> None:
        self._keys.reset()
        self._beliefs: dict[int, Matte] = {}
        self._asked = -1
        self._share = Share()

    def _is_due(self, small: Small, key: Key | None) -> bool:
        """Whether this newest frame should be a key frame. key: the one before it."""
        if key is None:
            return True
        is_resting = self._still_gate and small.at_s - key.small.at_s < REFRESH_S and is_still(small, key.small)
        return not is_resting and small.sequence - self._asked >= self._stride

    def _ask(self, frame: Frame, belief: Alpha, key: Key | None) -> None:
        kept = {} if key is None else {key.small.sequence: self._beliefs[key.small.sequence]}
        self._beliefs, self._asked = kept | {frame.sequence: belief.values}, frame.sequence
        self._details.belief = belief
        self._keys.ask(frame)

    def _collect(self) -> None:
        """Takes the detail that is ready."""
        answer = self._keys.answer(0.0)
        if answer is None:
            return
        self._counts = replace(self._counts, key_frames=self._counts.key_frames + 1, key_frame_s=answer.duration_s)
        self._say(answer.failure)
        if answer.alpha is not None and answer.sequence in self._beliefs:
            self._warper.add_key(answer.sequence, answer.alpha.values)

    def _say(self, failure: ModelError | None) -> None:
        """Once when the detail begins to fail, and once when it is back."""
        if failure is not None and not self._has_failed:
            log.warning("no detail from the network: %s; meanwhile the finder's matte stands alone", failure)
        if failure is None and self._has_failed:
            log.info("the network's detail is back")
        self._has_failed = failure is not None


class _Details:
    """The slow half as the MattingEngine of a thread. belief: of the frame that it is asked for next."""

    belief: Alpha

    def __init__(self, engine: Guided, is_live: bool) -> None:
        self._engine, self._check = engine, ValidityCheck(is_live)

    @property
    def description(self) -> str:
        return self._engine.description

    def matte(self, frame: Frame) -> Alpha:
        return self._check.judged(self._engine.detail(frame, self.belief), frame)

    def reset(self) -> None:
        """Its region follows by itself."""

    def close(self) -> None:
        self._engine.close()


class Share:
    """How far detail counts, from frame to frame: it falls at once and grows slowly, from nothing.

    Somebody who moves would else have the fine edge with each new key frame, and lose it until the next.
    """

    def __init__(self) -> None:
        self._last: Matte | None = None
        self._at_s = 0.0

    def calm(self, share: Matte, at_s: float) -> Matte:
        """The share at this time, float32 (h, w) in 0..1, but no more than the last one and what has come back since.

        A new array; it stays in use as the last one: do not write to it.
        """
        if self._last is None:
            self._last = np.zeros_like(share)
        else:
            back = np.float32((at_s - self._at_s) / BACK_S)
            self._last = np.asarray(cv2.min(share, self._last + back), np.float32)
        self._at_s = at_s
        return self._last


def share_of_key(belief: Matte, small: Small, key: Key, key_belief: Matte, flow: Flow) -> Matte:
    """How far the key frame's detail holds in this picture, float32 (h, w) in 0..1 at the small size.

    belief, key_belief: the quick alphas of this picture and of the key frame, float32 (h', w') in 0..1. flow: float32
    (h, w, 2), px, from this small picture to the key frame's.
    """
    height, width = small.luma.shape
    where = places(flow)
    moved = taken(key.small.channels, where)
    change = np.zeros((height, width), np.float32)
    for each, (gain, offset) in enumerate(lights_between(small.means, key.small.means)):
        here, there = small.channels[..., each], moved[..., each]
        difference = cv2.addWeighted(here, 1.0, there, -gain, -offset, dtype=cv2.CV_32F)
        cv2.max(change, np.abs(cv2.blur(difference, (LOOK_PX, LOOK_PX))), change)
    now, then = (cv2.resize(each, (width, height), interpolation=cv2.INTER_LINEAR) for each in (belief, key_belief))
    doubt = np.abs(cv2.blur(now - taken(then, where), (LOOK_PX, LOOK_PX)))
    moved_px = cv2.magnitude(flow[..., 0], flow[..., 1])
    lost = np.maximum.reduce(
        [
            (change - SAME_LEVELS) / (OTHER_LEVELS - SAME_LEVELS),
            (doubt - AGREE) / (DISAGREE - AGREE),
            (moved_px - HARDLY_PX) / (FAR_PX - HARDLY_PX),
        ]
    ).astype(np.float32)
    lost[past_rim(where, 0.0) > 0] = 1  # the key frame did not show it
    lost = cv2.dilate(lost, np.ones((2 * NEAR_PX + 1, 2 * NEAR_PX + 1), np.uint8))
    return np.asarray(cv2.blur(np.clip(1 - lost, 0, 1), (LOOK_PX, LOOK_PX)), np.float32)
