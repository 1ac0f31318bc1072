"""A piece that a network loses or finds in a picture that did not change is held for a moment; who moves is not."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.matting.item import Item
from livebg.matting.steps import DetectMotion, Hold
from livebg.matting.temporal.holding import LONGEST_S, Holding
from livebg.matting.temporal.motion import MotionDetector

HEIGHT, WIDTH = 360, 640
PIECE = slice(200, 250), slice(300, 360)  # inside the person
BESIDE = slice(200, 250), slice(20, 80)  # of the room


def _room() -> Image:
    grains = np.random.default_rng(5).normal(128, 30, (45, 80, 3)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(grains, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def _scene(right: int = 0, noise: float = 2.0, light: float = 1.0, seed: int = 0) -> tuple[Image, Matte]:
    """A picture and its true alpha, with somebody so many px to the right of the middle."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (WIDTH // 2 + right, HEIGHT), (120, 240), 0, 0, 360, 255, -1)
    image = np.where(mask[..., None] > 0, np.array((60, 90, 190), np.uint8), _room())
    grain = np.random.default_rng(seed).normal(0, noise, image.shape)
    return (light * image + grain).clip(0, 255).astype(np.uint8), (mask / np.float32(255)).astype(np.float32)


def _without(alpha: Matte, place: tuple[slice, slice] = PIECE, value: float = 0.0) -> Matte:
    result = alpha.copy()
    result[place] = value
    return result


def _held(scenes: Iterable[tuple[Image, Matte]], fps: float = 30.0) -> list[Matte]:
    holding, motion, found = Holding(), MotionDetector(), []
    for number, (image, alpha) in enumerate(scenes):
        frame = Frame(image, number, number / fps, number / fps)
        found.append(holding.apply(Alpha(alpha, number), frame, motion.see(frame)).values)
    return found


@pytest.mark.parametrize(("noise", "lights"), [(0.0, (1.0, 1.0)), (8.0, (1.0, 1.0)), (2.0, (1.0, 0.9))])
def test_a_piece_lost_for_a_frame_hardly_fades(noise: float, lights: tuple[float, float]) -> None:
    (before, alpha), (now, _) = (_scene(0, noise, light, seed) for seed, light in enumerate(lights))
    _, lost, back = _held([(before, alpha), (now, _without(alpha)), (now, alpha)])
    assert lost[PIECE].mean() > 0.75
    assert back[PIECE].mean() > 0.9


def test_a_piece_found_for_a_frame_hardly_shows() -> None:
    (before, alpha), (now, _) = (_scene(seed=seed) for seed in range(2))
    _, found, gone = _held([(before, alpha), (now, _without(alpha, BESIDE, 1.0)), (now, alpha)])
    assert found[BESIDE].mean() < 0.25
    assert gone[BESIDE].mean() < 0.1


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_what_stays_lost_is_gone_soon(fps: float) -> None:
    scenes = [_scene(seed=seed) for seed in range(round(2 * LONGEST_S * fps))]
    held = _held([(image, alpha if n == 0 else _without(alpha)) for n, (image, alpha) in enumerate(scenes)], fps)
    levels = [each[PIECE].mean() for each in held]
    assert levels[1] > 0.4
    assert levels == sorted(levels, reverse=True)
    assert levels[round(LONGEST_S * fps) + 1] == 0.0


def test_who_moves_is_followed_at_once() -> None:
    scenes = [_scene(right, seed=right) for right in range(0, 120, 20)]
    for held, (_, alpha) in zip(_held(scenes), scenes, strict=True):
        assert np.array_equal(held, alpha)


def test_an_edge_that_trembles_is_left_to_others() -> None:
    image, alpha = _scene()
    _, moved = _held([(image, alpha), (image, _scene(2)[1])])
    assert np.array_equal(moved, _scene(2)[1])


def test_nothing_is_held_over_a_cut_or_a_reset() -> None:
    image, alpha = _scene()
    _, cut = _held([(image, alpha), (255 - image, _without(alpha))])
    assert cut[PIECE].max() == 0
    holding, motion = Holding(), MotionDetector()
    for number, values in enumerate((alpha, _without(alpha))):
        frame = Frame(image, number, number / 30, number / 30)
        result = holding.apply(Alpha(values, number), frame, motion.see(frame))
        assert result.values is values
        holding.reset()


@pytest.mark.parametrize(("width", "smoothing", "is_held"), [(640, 0.9, True), (256, 0.9, False), (640, 0.0, False)])
def test_only_a_fine_alpha_is_held_and_only_with_smoothing(width: int, smoothing: float, is_held: bool) -> None:
    settings, motion, hold = Settings(smoothing=smoothing), DetectMotion(), Hold()
    image, alpha = _scene()
    size = (width, width * HEIGHT // WIDTH)
    for number, values in enumerate((alpha, _without(alpha))):
        small = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
        frame = Frame(image, number, number / 30, number / 30)
        item = hold.apply(motion.apply(Item(frame, Alpha(small, number)), settings), settings)
    assert (item.alpha.values is not small) == is_held
