"""The small picture: the frame's colours and luma; another scene begins where most of it differs, or after a gap."""

from __future__ import annotations

import numpy as np

from livebg.core.types import Frame
from livebg.matting.params import MAX_GAP_S
from livebg.matting.small_picture import Small, is_cut, small_of


def _small(seed: int, at_s: float) -> Small:
    patches = np.random.default_rng(seed).integers(0, 256, (18, 32, 3), np.uint8)
    return small_of(Frame(patches.repeat(20, 0).repeat(20, 1), 3, at_s, at_s))


def test_it_keeps_the_frames_number_time_and_brightness() -> None:
    small = small_of(Frame(np.full((360, 640, 3), (0, 0, 255), np.uint8), 7, 0.0, 0.25))
    assert (small.sequence, small.at_s) == (7, 0.25)
    assert small.luma.shape == small.colour.shape[:2] == small.channels.shape[:2]
    assert small.luma.size < 360 * 640
    assert (small.colour == (0, 0, 255)).all()
    assert (small.luma == 76).all(), "BT.601's share of red: 0.299 · 255"


def test_another_scene_is_another_picture_or_one_after_a_gap() -> None:
    assert not is_cut(_small(1, 0.1), _small(1, 0.0))
    assert is_cut(_small(2, 0.1), _small(1, 0.0))
    assert is_cut(_small(1, MAX_GAP_S + 0.1), _small(1, 0.0))
