"""A composite straight in 4:2:0, against the one in BGR that is converted afterwards: the same to the last bit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import HIGHEST_ALPHA, LOWEST_ALPHA, Frame, Image, Matte
from livebg.media.video import yuv_numba
from livebg.media.video.types import Colour
from livebg.scene.compositing.compositor import Compositor
from livebg.scene.compositing.planes import NARROWEST, Planes, i420_of, prepare
from livebg.scene.compositing.planes_numba import BLOCK, WIDEST, compose_planes, own_scratch

RNG = np.random.default_rng(6)
COLOUR = Colour(6, 6, 6, is_full_range=False)
FACTORS = yuv_numba.writing(6, is_full_range=False)
WAYS = {
    "own colours": Settings(),
    "plain": Settings(foreground="plain"),
    "light": Settings(light_wrap=1, colour_match=1, low_light=1),
}


def frame_of(height: int, width: int) -> Frame:
    image = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Frame(image, 0, 0.0, 0.0, planes=RNG.integers(0, 256, (height * 3 // 2, width), dtype=np.uint8))


def matte(height: int, width: int) -> Matte:
    """Large areas of 0 and of 1, soft ones between, and what only rounds to 0 or 1."""
    alpha = cv2.resize(RNG.normal(0.5, 4, (6, 7)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    alpha = alpha.clip(0, 1)
    places = RNG.random((height, width)) < 0.001
    alpha[places] = RNG.choice(np.float32([LOWEST_ALPHA, HIGHEST_ALPHA, 1e-9, 1 - 1e-6, -0.0]), int(places.sum()))
    return np.asarray(alpha, np.float32)


def converted(frame: Frame, alpha: Matte, picture: Image) -> Image:
    """What media.video.frames makes of a BGR composite."""
    assert frame.planes is not None
    height, width = alpha.shape
    made = np.empty(height * width * 3 // 2, np.uint8)
    luma, first, second = np.split(made, (height * width, height * width * 5 // 4))
    sizes, lines = np.array((height, width, width, width // 2), np.uintp), np.empty(6 * (width + 1), np.float32)
    kept = frame.image.reshape(-1), alpha.view(np.int32).reshape(-1), frame.planes.reshape(-1)
    yuv_numba.from_bgr(picture.reshape(-1), sizes, FACTORS, lines, luma, first, second, *kept)
    return made.reshape(-1, width)


@pytest.mark.parametrize("has_plate", [False, True])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [(90, 128), (66, 130), (180, 1000), (8, 3840)])
def test_the_samples_are_those_of_the_picture(size: tuple[int, int], way: str, has_plate: bool) -> None:
    prepare()
    frame, alpha, settings = frame_of(*size), matte(*size), WAYS[way]
    background = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
    plate = RNG.integers(0, 256, (*size, 3), dtype=np.uint8) if has_plate else None
    picture = Compositor().over(frame, alpha, background, settings, plate)
    planes = Planes(COLOUR)
    for _ in range(3):  # the background's samples are kept from the second frame on
        made = Compositor().over_planes(frame, alpha, background, settings, planes, plate)
        assert np.array_equal(made, converted(frame, alpha, picture))


def test_another_background_shows_at_once() -> None:
    frame, nobody, planes = frame_of(8, 128), np.zeros((8, 128), np.float32), Planes(COLOUR)
    for level in (10, 200):
        background = np.full((8, 128, 3), level, np.uint8)
        for _ in range(3):
            made = Compositor().over_planes(frame, nobody, background, Settings(), planes, None)
            assert np.array_equal(made.reshape(-1), i420_of(background, FACTORS))


def test_a_frame_of_another_size_follows() -> None:
    planes = Planes(COLOUR)
    for size in ((8, 128), (20, 256), (6, 130)):
        frame, alpha, background = frame_of(*size), matte(*size), np.full((*size, 3), 60, np.uint8)
        made = Compositor().over_planes(frame, alpha, background, Settings(), planes, None)
        assert np.array_equal(made, converted(frame, alpha, Compositor().over(frame, alpha, background, Settings())))


def test_it_takes_frames_with_samples_and_wide_enough() -> None:
    assert Planes.takes(frame_of(4, NARROWEST))
    assert Planes.takes(frame_of(2, WIDEST))
    assert not Planes.takes(frame_of(4, NARROWEST - 2))
    assert not Planes.takes(frame_of(2, WIDEST + 2))
    assert not Planes.takes(Frame(np.zeros((4, 640, 3), np.uint8), 0, 0.0, 0.0))


def test_the_loop_is_compiled_once_for_all_sizes() -> None:
    assert compose_planes.name.endswith("planes_numba.compose_planes")
    picture, lines = own_scratch(4, 256)
    assert (picture.size, lines.size) == (3 * 4 * 256, 6 * (int(BLOCK) + 1))
