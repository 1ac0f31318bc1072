"""Parts of pictures enlarged: against the formula, and exact where there is nothing to mix."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.scene.framing.crop_numba import crop, prepare


def _bilinear(plane: np.ndarray, left: float, top: float, size: float) -> np.ndarray:
    height, width = plane.shape[:2]
    down = np.clip((np.arange(height) + 0.5) * size + top * height - 0.5, 0, height - 1)
    across = np.clip((np.arange(width) + 0.5) * size + left * width - 0.5, 0, width - 1)
    y, x = np.minimum(down.astype(int), height - 2), np.minimum(across.astype(int), width - 2)
    v, u = (down - y)[:, None, None], (across - x)[None, :, None]
    plane = plane.reshape(height, width, -1).astype(np.float64)
    upper = plane[y][:, x] * (1 - u) + plane[y][:, x + 1] * u
    lower = plane[y + 1][:, x] * (1 - u) + plane[y + 1][:, x + 1] * u
    return upper * (1 - v) + lower * v


@pytest.mark.parametrize("part", [(0.0, 0.0, 1.0), (0.1234, 0.31, 0.613), (0.5, 0.5, 0.5), (0.0, 0.75, 0.25)])
@pytest.mark.parametrize("shape", [(37, 53), (2, 2), (9, 130)])
def test_a_part_is_what_the_formula_says(part: tuple[float, float, float], shape: tuple[int, int]) -> None:
    random = np.random.default_rng(2)
    image, alpha = random.integers(0, 256, (*shape, 3), np.uint8), random.random(shape, np.float32)
    image.flags.writeable = alpha.flags.writeable = False
    prepare()
    picture, matte = crop(image, alpha, *part)
    assert (picture.dtype, picture.shape, matte.dtype, matte.shape) == (np.uint8, image.shape, np.float32, shape)
    assert np.abs(picture - _bilinear(image, *part)).max() < 1.9  # a share is rounded to 128ths
    assert np.abs(matte - _bilinear(alpha, *part)[..., 0]).max() < 1e-4
    assert matte.min() >= 0
    assert matte.max() <= 1


def test_the_whole_picture_is_itself() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    alpha = image[..., 0].astype(np.float32) / 255
    picture, matte = crop(image, alpha, 0.0, 0.0, 1.0)
    assert np.array_equal(picture, image)
    assert np.abs(matte - alpha).max() < 1e-4


@pytest.mark.parametrize("level", [0, 255])
def test_flat_stays_flat(level: int) -> None:
    image, alpha = np.full((40, 60, 3), level, np.uint8), np.full((40, 60), level / 255, np.float32)
    picture, matte = crop(image, alpha, 0.123, 0.234, 0.5678)
    assert (picture == level).all()
    assert (matte == level / 255).all()


def test_it_moves_by_parts_of_a_pixel() -> None:
    ramp = np.tile(np.linspace(0, 1, 100, dtype=np.float32), (40, 1))
    image = np.zeros((40, 100, 3), np.uint8)
    mattes = [crop(image, ramp, 0.2 + each / 1000, 0.2, 0.5)[1][20, 50] for each in range(5)]  # by a tenth of a pixel
    assert np.allclose(np.diff(mattes), 0.1 / 99, atol=1e-5)


def test_a_picture_of_one_row_is_left_alone() -> None:
    image, alpha = np.zeros((1, 9, 3), np.uint8), np.zeros((1, 9), np.float32)
    assert crop(image, alpha, 0.2, 0.2, 0.5) == (image, alpha)
