"""Propagates alphas from key frames to other frames, with small pictures, flows and the known background.

The caller's thread.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import cv2
import numpy as np

from livebg.core.types import Matte
from livebg.matting.propagation import occlusion
from livebg.matting.propagation.occlusion import Plate, Side
from livebg.matting.propagation.optical_flow import Flow, Motion, compose, no_motion, warp
from livebg.matting.small_picture import Small, is_cut

HISTORY = 64  # pictures at most: about a second at 60 fps, 30 MB with their flows
LEARN_S = 0.06  # from one update of the background to the next; key frames nearer to each other show the same


@dataclass(slots=True, eq=False)
class Key:
    """A key frame. values: its alpha at the engine's size; alpha: the same at the small size; and the flows so far.

    flow: to this frame from the newest one so far, whose sequence is `reached`. earlier: flows from frames before it.
    confirmed_at_s: the time of the last picture that was the same as this one.
    """

    small: Small
    scene: int
    values: Matte
    alpha: Matte
    flow: Flow
    reached: int
    confirmed_at_s: float
    earlier: dict[int, Flow] = field(default_factory=dict)


class Warper:
    """Keeps the newest small pictures in order of time, and the key frames among them that later frames need."""

    def __init__(self) -> None:
        self._motion = Motion()
        self.forget()

    def forget(self) -> None:
        self._smalls: dict[int, Small] = {}
        self._scenes: dict[int, int] = {}
        self._steps: dict[int, Flow] = {}  # from a picture to the one before it
        self._keys: list[Key] = []
        self._plate: Plate | None = None
        self._learned_at_s = 0.0
        self._scene = 0

    def add(self, small: Small) -> bool:
        """Adds the next picture; returns False, and forgets all others, where it is not the next of the same source."""
        last = next(reversed(self._smalls.values()), None)
        is_next = last is None or (
            small.sequence > last.sequence and small.at_s >= last.at_s and small.luma.shape == last.luma.shape
        )
        if not is_next:
            self.forget()
        elif last is not None and is_cut(small, last):
            self._scene += 1
            self._plate = None
        while len(self._smalls) >= HISTORY:
            self._drop(next(iter(self._smalls)))
        self._smalls[small.sequence] = small
        self._scenes[small.sequence] = self._scene
        return is_next

    def add_key(self, sequence: int, values: Matte) -> None:
        """Adds the alpha of an earlier picture, float32 at any size, in 0..1; ignores it if that picture is gone."""
        small = self._smalls.get(sequence)
        if small is None:
            return
        size = (small.luma.shape[1], small.luma.shape[0])
        alpha = values
        if values.shape != small.luma.shape:
            how = cv2.INTER_AREA if values.shape[1] > size[0] else cv2.INTER_LINEAR
            alpha = np.asarray(cv2.resize(values, size, interpolation=how), np.float32)
        scene = self._scenes[sequence]
        self._keys.append(Key(small, scene, values, alpha, no_motion(small), sequence, small.at_s))
        self._keys.sort(key=lambda each: each.small.sequence)
        if scene == self._scene and (self._plate is None or small.at_s - self._learned_at_s >= LEARN_S):
            self._plate = self._plate or Plate(small)
            self._plate.learn(small, alpha)
            self._learned_at_s = small.at_s

    def around(self, small: Small) -> tuple[Key | None, Key | None]:
        """The nearest key frames of the same scene: at or before this picture, and after it."""
        scene = self._scenes.get(small.sequence)
        keys = [each for each in self._keys if each.scene == scene]
        before = [each for each in keys if each.small.sequence <= small.sequence]
        after = [each for each in keys if each.small.sequence > small.sequence]
        return (before[-1] if before else None), (after[0] if after else None)

    def warp(self, small: Small, before: Key | None, after: Key | None) -> tuple[Matte, float]:
        """The alpha of this picture, float32 at the key frame's own size, and the share of it that is unknown; 0..1."""
        plate = self._plate or Plate(small)
        sides = [
            (key, flow, occlusion.judge(small, key.small, key.alpha, flow, plate))
            for key, flow in self._flows(small, before, after)
        ]
        key, flow, side = sides[0]
        base = warp(key.values, flow) if key.values is not key.alpha else None
        if len(sides) > 1:
            other, other_flow, other_side = sides[1]
            place = (small.sequence - key.small.sequence) / (other.small.sequence - key.small.sequence)
            share = occlusion.share_of_before(side, other_side, place)
            side = occlusion.both(side, other_side, share)
            if base is not None:
                base = _mixed(base, warp(other.values, other_flow), share)
        return _at_own_size(base, side, occlusion.fill_unknown(small, side)), side.unknown / small.luma.size

    def tidy(self, answered: int, oldest_needed: int) -> None:
        """Drops what no frame after `answered` needs, nor an alpha under way for a frame from `oldest_needed` on."""
        past = [each.small.sequence for each in self._keys if each.small.sequence <= answered]
        if past:
            self._keys = [each for each in self._keys if each.small.sequence >= past[-1]]
        first = min(past[-1] if past else answered, oldest_needed)
        for sequence in [each for each in self._smalls if each < first]:
            self._drop(sequence)

    @property
    def has_keys(self) -> bool:
        return bool(self._keys)

    def small(self, sequence: int) -> Small | None:
        return self._smalls.get(sequence)

    def _drop(self, sequence: int) -> None:
        del self._smalls[sequence], self._scenes[sequence]
        self._steps.pop(sequence, None)

    def _flows(self, small: Small, before: Key | None, after: Key | None) -> list[tuple[Key, Flow]]:
        found = []
        if before is not None:
            found.append((before, self.flow_back(small, before)))
        if after is not None:
            found.append((after, self._flow_ahead(small, after)))
        return found

    def flow_back(self, small: Small, key: Key) -> Flow:
        """From this picture to a key frame before it, float32 (h, w, 2), px.

        Continues from the last flow, since pictures come in order.
        """
        for last, each in itertools.pairwise(self._smalls.values()):
            if key.reached < each.sequence <= small.sequence:
                if each.sequence not in self._steps:
                    self._steps[each.sequence] = self._motion.step(each, last)
                key.flow = compose(self._steps[each.sequence], key.flow)
        if key.reached < small.sequence:
            key.flow, key.reached = self._motion.refine(small, key.small, key.flow), small.sequence
        return key.flow

    def _flow_ahead(self, small: Small, key: Key) -> Flow:
        """From this picture to a key frame after it; goes backwards from there, for all pictures in between."""
        if small.sequence not in key.earlier:
            later, flow = key.small, no_motion(key.small)
            for each in reversed(self._smalls.values()):
                if small.sequence <= each.sequence < key.small.sequence:
                    flow = self._motion.refine(each, key.small, compose(self._motion.step(each, later), flow))
                    key.earlier[each.sequence], later = flow, each
        return key.earlier[small.sequence]


def _mixed(before: Matte, after: Matte, share: Matte) -> Matte:
    """Blends both at the first one's size; share: of the first, float32 (h, w) in 0..1."""
    size = (before.shape[1], before.shape[0])
    if after.shape != before.shape:
        after = np.asarray(cv2.resize(after, size, interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(after + cv2.resize(share, size, interpolation=cv2.INTER_LINEAR) * (before - after), np.float32)


def _at_own_size(base: Matte | None, side: Side, filled: Matte) -> Matte:
    """Adds to `base`, the alpha warped at its own size, what occlusion handling changed at the small size.

    float32 (h, w) in 0..1: blends may come out a trace outside, which the judge would refuse.
    """
    if base is None:
        return np.clip(filled, 0, 1)
    size = (base.shape[1], base.shape[0])
    change = cv2.resize(cv2.subtract(filled, side.propagated), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(base + change, 0, 1), np.float32)
