"""A change of light is found whatever somebody does meanwhile, and nobody who comes or goes is taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.exposure import block_means, find_lights, lights_between, prepare

ROOM = cv2.resize(
    np.random.default_rng(2).integers(40, 180, (9, 16, 3), dtype=np.uint8), (160, 90), interpolation=cv2.INTER_CUBIC
)
NONE = (1.0, 0.0)


def _means(image: np.ndarray) -> np.ndarray:
    return block_means(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb), np.uint8))


def _lit(image: np.ndarray, gain: float, offset: float) -> np.ndarray:
    return np.clip(image * gain + offset + 0.5, 0, 255).astype(np.uint8)


def _with_somebody(share: float, colour: tuple[int, int, int]) -> np.ndarray:
    image = ROOM.copy()
    image[:, : round(share * 160)] = colour
    return image


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (1.15, 0.0), (0.9, 3.0), (1.0, -8.0)])
def test_exposure_is_found_also_while_somebody_leaves(gain: float, offset: float) -> None:
    prepare()
    luma, *colours = lights_between(_means(_lit(ROOM, gain, offset)), _means(_with_somebody(0.2, (200, 60, 30))))
    assert luma[0] == pytest.approx(gain, abs=0.02)
    assert luma[0] * 110 + luma[1] == pytest.approx(gain * 110 + offset, abs=1)
    assert all(each[0] * 128 + each[1] == pytest.approx(128, abs=1) for each in colours)


def test_white_balance_moves_the_colour_differences() -> None:
    _, red, blue = lights_between(_means(_lit(ROOM, 1.0, np.array((12, 0, 0)))), _means(ROOM))  # type: ignore[arg-type]
    assert blue[0] * 128 + blue[1] == pytest.approx(128 + 12 * 0.564 * 0.886, abs=1)
    assert red[0] * 128 + red[1] == pytest.approx(128 - 12 * 0.713 * 0.114, abs=1)


@pytest.mark.parametrize("colour", [(255, 255, 255), (20, 20, 20), (40, 140, 160)])
def test_somebody_close_who_leaves_is_no_change_of_light(colour: tuple[int, int, int]) -> None:
    assert lights_between(_means(ROOM), _means(_with_somebody(0.6, colour)))[0] == NONE


def test_another_picture_is_no_change_of_light() -> None:
    assert lights_between(_means(_lit(ROOM, 0.3, 0)), _means(ROOM))[0] == NONE


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 40, 3), (300, 5, 3)])
def test_any_size_has_its_means(shape: tuple[int, int, int]) -> None:
    means = block_means(np.full(shape, 90, np.uint8))
    assert means.dtype == np.float32
    assert lights_between(means, means) == (NONE, NONE, NONE)
    find_lights(means, means, np.array((0.3, 24, 0.7, 1.5), np.float32), np.empty(6, np.float32))
