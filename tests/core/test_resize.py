"""Small copies of a frame: made once, shared, right."""

import cv2
import numpy as np
import pytest

from livebg.core.resize import area_average, is_fine_width, shrink, shrink_usual, small_size, work_size
from livebg.core.types import Frame


def test_a_small_copy_is_area_averaged_and_made_once() -> None:
    image = np.random.default_rng(0).integers(0, 256, (72, 128, 3), np.uint8)
    frame = Frame(image, 0, 0.0, 0.0)
    small = shrink(frame, 32, 18)
    assert small.shape == (18, 32, 3)
    exact = image.reshape(18, 4, 32, 4, 3).mean((1, 3))
    assert np.abs(small - exact).max() <= 0.5
    assert shrink(frame, 32, 18) is small
    assert shrink(frame, 16, 9) is not small


@pytest.mark.parametrize("shape", [(720, 1280), (360, 640), (1080, 1920), (250, 333), (9, 16)], ids=str)
def test_the_usual_pictures_in_one_reading_are_those_of_two(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    together, apart = Frame(image, 0, 0.0, 0.0), Frame(image, 0, 0.0, 0.0)
    shrink_usual(together)
    made = dict(together.shrunk)
    shrink_usual(together)
    for size in (small_size(*shape), work_size(*shape)):
        assert np.array_equal(shrink(together, *size), shrink(apart, *size))
    assert all(together.shrunk[size] is each for size, each in made.items())


def test_the_frames_own_size_is_the_frames_own_image() -> None:
    frame = Frame(np.zeros((18, 32, 3), np.uint8), 0, 0.0, 0.0)
    assert shrink(frame, 32, 18) is frame.image


def test_a_larger_size_is_bilinear() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 16, 3), np.uint8)
    large = shrink(Frame(image, 0, 0.0, 0.0), 32, 18)
    assert np.array_equal(large, cv2.resize(image, (32, 18), interpolation=cv2.INTER_LINEAR))


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (720, 1280, (320, 180)),
        (1280, 720, (180, 320)),
        (1080, 1080, (240, 240)),
        (480, 640, (277, 208)),
        (32, 32, (32, 32)),
        (1, 1, (1, 1)),
        (4, 4000, (320, 1)),
    ],
)
def test_the_work_size_has_the_frames_shape(height: int, width: int, size: tuple[int, int]) -> None:
    assert work_size(height, width) == size


@pytest.mark.parametrize("large", [(72, 128), (73, 101), (1, 1), (40, 300)], ids=str)
@pytest.mark.parametrize("small", [(18, 32), (1, 1), (17, 31), (40, 90)], ids=str)
def test_it_is_the_mean_of_what_each_pixel_covers(large: tuple[int, int], small: tuple[int, int]) -> None:
    height, width = min(large[0], small[0]), min(large[1], small[1])
    image = np.random.default_rng(0).integers(0, 256, (*large, 3), np.uint8)
    expected = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(area_average(image, width, height) - expected).max() <= 1


@pytest.mark.parametrize(("down", "across"), [(5, 5), (4, 4), (1, 3), (15, 17), (6, 6)])
def test_blocks_of_whole_pixels_give_their_exact_mean(down: int, across: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (7 * down, 9 * across + 2, 3), np.uint8)[:, 1:-1]
    exact = image.reshape(7, down, 9, across, 3).sum((1, 3), dtype=np.int64) / (down * across)
    assert np.array_equal(area_average(image, 9, 7), np.floor(exact + 0.5))


def test_a_flat_picture_stays_what_it_is() -> None:
    image = np.full((73, 101, 3), (0, 128, 255), np.uint8)
    assert (area_average(image, 31, 17) == (0, 128, 255)).all()


def test_a_view_of_a_larger_picture_will_do() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    assert np.array_equal(area_average(image[4:36, 8:56], 12, 8), area_average(image[4:36, 8:56].copy(), 12, 8))


def test_a_matte_of_twice_the_work_size_or_of_the_frames_own_is_fine() -> None:
    assert is_fine_width(640, 720, 1280)
    assert not is_fine_width(639, 720, 1280)
    assert is_fine_width(200, 120, 200)


@pytest.mark.parametrize("high", [5 * 257, 5 * 258, 5 * 400 + 1, 100_000])
def test_so_many_rows_in_one_pixel_do_not_overflow(high: int) -> None:
    white = np.full((high, 4, 3), 255, np.uint8)
    assert area_average(white, 3, 5).min() == 255
