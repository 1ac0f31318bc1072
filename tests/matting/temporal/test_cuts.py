"""A cut is seen in bright and in dim scenes; what moves fast, a fade to black and a change of light are none."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Frame
from livebg.matting.temporal.cuts import Scenes

HEIGHT, WIDTH = 90, 160


def _room(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(20, 200, (9, 16, 3), dtype=np.uint8)
    return coarse.repeat(10, axis=0).repeat(10, axis=1)


def _cuts(*images: np.ndarray) -> list[bool]:
    scenes = Scenes()
    return [scenes.see(Frame(each, index, index / 30, index / 30)).is_cut for index, each in enumerate(images)]


@pytest.mark.parametrize("light", [1.0, 0.1])
def test_another_room_is_a_cut(light: float) -> None:
    one, other = ((_room(seed) * light).astype(np.uint8) for seed in (1, 2))
    assert _cuts(one, one, other, other, one) == [True, False, True, False, True]


def test_where_it_cuts_all_counts_as_moved() -> None:
    scenes = Scenes()
    dim = [(_room(seed) // 10).astype(np.uint8) for seed in (1, 2)]
    motions = [scenes.see(Frame(each, index, 0.0, index / 30)) for index, each in enumerate(dim)]
    assert motions[1].values.min() == 1


def test_somebody_who_runs_through_is_none() -> None:
    images = []
    for left in range(0, 120, 30):
        images.append(_room(1))
        images[-1][20:, left : left + 40] = (230, 40, 90)
    assert _cuts(*images) == [True, False, False, False]


def test_darkness_and_another_light_are_none() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert _cuts(black, black, black) == [True, False, False]
    assert _cuts(_room(1), (_room(1) * 0.7).astype(np.uint8)) == [True, False]


def test_reset_makes_the_next_frame_the_first() -> None:
    scenes = Scenes()
    scenes.see(Frame(_room(1), 0, 0.0, 0.0))
    scenes.reset()
    assert scenes.see(Frame(_room(1), 1, 0.0, 1 / 30)).is_cut


def test_another_room_of_the_same_brightness_is_a_cut() -> None:
    def coloured(seed: int) -> np.ndarray:
        tint = np.random.default_rng(seed).integers(-40, 41, (9, 16, 1)).repeat(10, axis=0).repeat(10, axis=1)
        return (120 + tint * np.array((1.77, -0.34, 0.0))).round().astype(np.uint8)

    assert _cuts(coloured(1), coloured(1), coloured(2)) == [True, False, True]
    green, magenta = (np.full((HEIGHT, WIDTH, 3), each, np.uint8) for each in ((30, 170, 30), (200, 34, 200)))
    assert _cuts(green, green, magenta) == [True, False, True]
