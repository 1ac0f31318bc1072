"""The plain form of each kernel that has one answers as the kernel does, and its loops are never waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from livebg.core.errors import ModelError
from livebg.core.frame_difference import measure_change
from livebg.core.jit import Kernel
from livebg.core.resize import area_average, average, average_blocks, average_both, shrink_usual
from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, Matte
from livebg.matting import support
from livebg.matting.subject import components, components_numba
from livebg.models import crop
from livebg.scene.compositing import over_numba
from livebg.scene.compositing.compositor import over

RANDOM = np.random.default_rng(7)
FRAMES = ((720, 1280), (480, 854), (37, 53))
HOSTILE = np.array([-1, -0.0, 1e-30, 0.4 / 255, 0.5 / 255, 0.6 / 255, 254.4 / 255, 254.6 / 255, 2, np.nan, np.inf])


@contextmanager
def plainly(*kernels: Kernel) -> Iterator[None]:
    """Meanwhile these have no machine code, and somebody compiles them."""
    codes = [each._machine_code for each in kernels]
    for each in kernels:
        each._machine_code, each.is_coming = None, True
    try:
        yield
        assert not any(each._machine_code for each in kernels), "nobody had to wait"
    finally:
        for each, code in zip(kernels, codes, strict=True):
            each._machine_code, each.is_coming = code, False


def some_image(height: int, width: int) -> Image:
    return RANDOM.integers(0, 256, (height, width, 3), np.uint8)


def some_alpha(height: int, width: int) -> Matte:
    """Blobs with soft edges."""
    noise = RANDOM.normal(size=(9, 16)).astype(np.float32)
    return np.clip(2 * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)


@pytest.mark.parametrize("shape", FRAMES)
@pytest.mark.parametrize("size", [(32, 18), (37, 21)])
def test_reduced_pictures_differ_by_one_level(shape: tuple[int, int], size: tuple[int, int]) -> None:
    image = some_image(*shape)[1:, 2:-1]  # a part of a larger one
    with plainly(average, average_blocks):
        plain = area_average(image, *size)
    assert np.abs(plain.astype(int) - area_average(image, *size)).max() <= 1


def test_whole_blocks_differ_by_one_level() -> None:
    image = some_image(720, 1280)
    with plainly(average_blocks):
        plain = area_average(image, 256, 144)
    assert np.abs(plain.astype(int) - area_average(image, 256, 144)).max() <= 1


def test_two_pictures_at_once_differ_by_one_level() -> None:
    image = some_image(360, 640)
    plain, compiled = Frame(image, 0, 0.0, 0.0), Frame(image, 0, 0.0, 0.0)
    with plainly(average_both):
        shrink_usual(plain)
    shrink_usual(compiled)
    for size, small in plain.shrunk.items():
        assert np.abs(small.astype(int) - compiled.shrunk[size]).max() <= 1


def test_a_change_of_luma_is_the_same() -> None:
    first, second = (RANDOM.integers(0, 256, 999, np.uint8) for _ in range(2))
    for other in (first, second, first // 2 + 20):
        with plainly(measure_change):
            plain = measure_change(first, other)
        np.testing.assert_allclose(plain, measure_change(first, other), atol=1e-3)


def test_a_pasted_crop_is_the_same() -> None:
    alpha = some_alpha(144, 256)
    for left, top, right, bottom in ((0, 0, 1280, 720), (320, 32, 960, 672), (0, 300, 640, 720)):
        place = crop.Crop(left, top, right, bottom, 1280, 720)
        with plainly(crop.paste):
            plain = crop.pasted(alpha, place, (256, 144))
        np.testing.assert_allclose(plain, crop.pasted(alpha, place, (256, 144)), atol=1e-6)


def test_regions_are_described_the_same() -> None:
    alpha, before = some_alpha(144, 256), some_alpha(144, 256)
    labels, count = components.find_labels(components.inside(alpha))
    last, owned = components.find_labels(components.inside(before))
    levels = RANDOM.integers(0, 256, owned, np.uint8)
    previous = components.PreviousFrame(last, np.arange(owned, dtype=np.uint8) % 9, levels)
    with plainly(components_numba.describe):
        plain = components.describe(labels, count, alpha, previous)
    assert plain == components.describe(labels, count, alpha, previous)


@pytest.mark.parametrize("shape", [(144, 256), (45, 80), (30, 53), (20, 20)])
def test_support_is_the_same(shape: tuple[int, int]) -> None:
    small, settings = some_alpha(*shape) * (RANDOM.random(shape) > 0.7), Settings()
    with plainly(support.find_peaks):
        plain = support.unsupported(small.astype(np.float32), 720, 1280, settings)
    np.testing.assert_array_equal(plain, support.unsupported(small.astype(np.float32), 720, 1280, settings))


@pytest.mark.parametrize("astray", [0.0, 0.5, 1.5, -0.25])
def test_what_no_small_alpha_supports_is_refused_the_same(astray: float) -> None:
    small, full, said = np.zeros((144, 256), np.float32), np.zeros((720, 1280), np.float32), []
    small[60:80, 20:40] = 1
    full[300:400, 100:200], full[700, 1270] = 1, astray
    for kernels in ((), (support.find_peaks, support.extremes)):
        with plainly(*kernels):
            try:
                support.check(full, small, 720, 1280, Settings())
                said.append("")
            except ModelError as failure:
                said.append(str(failure))
    assert said[0] == said[1]
    assert bool(said[0]) == bool(astray)


@pytest.mark.parametrize("shape", FRAMES)
def test_composites_differ_by_one_level_and_only_where_alpha_is_soft(shape: tuple[int, int]) -> None:
    image, background, alpha = some_image(*shape), some_image(*shape), some_alpha(*shape)
    alpha.reshape(-1)[: HOSTILE.size] = HOSTILE
    with plainly(over_numba.compose):
        plain = over(image, alpha, background)
    kernels = over(image, alpha, background)
    assert np.abs(plain.astype(int) - kernels).max() <= 1
    is_hard = ~((alpha > 0.5 / 255) & (alpha < 254.5 / 255))
    np.testing.assert_array_equal(plain[is_hard], kernels[is_hard])


def test_a_cut_out_waits_for_the_persons_own_colours() -> None:
    nothing = np.empty(0, np.float32)
    plain = over_numba.compose.plain
    assert plain is not None
    rest = (*[nothing] * 10, nothing, nothing, nothing, nothing)
    pictures = (np.zeros(3, np.uint8), np.zeros(1, np.int32), np.zeros(3, np.uint8), np.zeros(3, np.uint8))
    assert plain(*pictures, True, *rest) is NotImplemented
    assert plain(*pictures, False, *rest) is None
    for place in (-4, -2, -1):  # colours, tones, light
        some = list(rest)
        some[place] = np.ones(1, np.float32)
        assert plain(*pictures, False, *some) is NotImplemented
