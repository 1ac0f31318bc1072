"""The small alpha's edge moves onto the picture's edge; what is flat stays flat."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.edges import Refiner, enlarge, prepare
from livebg.stages import Frame


def _scene(height: int = 360, width: int = 640) -> tuple[Frame, np.ndarray]:
    """A red disc over a grey-green texture, and its exact alpha."""
    y, x = np.mgrid[:height, :width]
    truth = np.clip(height * 0.3 - np.hypot(x - width / 2, y - height / 2) + 0.5, 0, 1).astype(np.float32)
    texture = np.random.default_rng(2).integers(60, 110, (height // 4, width // 4, 3), dtype=np.uint8)
    room = cv2.resize(texture, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    image = room * (1 - truth[..., None]) + np.float32([40, 50, 200]) * truth[..., None]
    return Frame(np.rint(image).astype(np.uint8), 0, 0.0, 0.0), truth


def test_the_guided_edge_is_nearer_the_truth_than_the_plain_one() -> None:
    frame, truth = _scene()
    small = cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (5, 5), 0)
    guided = np.abs(Refiner().refine(small, frame) - truth).mean()
    plain = np.abs(enlarge(small, frame) - truth).mean()
    assert guided < 0.5 * plain


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_flat_alpha_comes_back_flat(level: float) -> None:
    frame, _ = _scene()
    assert np.abs(Refiner().refine(np.full((144, 256), level, np.float32), frame) - level).max() < 1e-3


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (67, 101), (720, 1280), (1280, 720)])
def test_any_size_gives_a_finite_alpha_of_the_frames_size(size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    values = np.random.default_rng(2).random((144, 256), dtype=np.float32)
    for result in (Refiner().refine(values, Frame(image, 0, 0.0, 0.0)), enlarge(values, Frame(image, 0, 0.0, 0.0))):
        assert result.shape == size
        assert result.dtype == np.float32
        assert 0 <= result.min() <= result.max() <= 1


def test_a_picture_without_any_contrast_is_no_trap() -> None:
    flat = Frame(np.full((90, 160, 3), 128, np.uint8), 0, 0.0, 0.0)
    result = Refiner().refine(np.random.default_rng(3).random((72, 128), dtype=np.float32), flat)
    assert np.isfinite(result).all()


def test_scratch_memory_carries_nothing_from_frame_to_frame() -> None:
    refiner, (frame, truth) = Refiner(), _scene()
    small = cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA).astype(np.float32)
    first = refiner.refine(small, frame)
    kept = first.copy()
    refiner.refine(np.zeros((72, 128), np.float32), Frame(np.full((90, 160, 3), 200, np.uint8), 1, 0.0, 0.0))
    refiner.refine(np.ones((72, 128), np.float32), Frame(np.full((360, 640, 3), 9, np.uint8), 2, 0.0, 0.0))
    assert np.array_equal(first, kept), "an alpha given out belongs to its receiver"
    assert np.array_equal(refiner.refine(small, frame), kept)
    noise = np.random.default_rng(6).integers(0, 256, frame.image.shape, dtype=np.uint8)
    refiner.refine(np.random.default_rng(7).random((72, 128), dtype=np.float32), Frame(noise, 3, 0.0, 0.0))
    assert np.array_equal(refiner.refine(small, frame), kept), "nor does a frame of the same size"


def test_far_from_the_edge_alpha_is_exactly_0_or_1_whatever_the_colours() -> None:
    prepare()
    frame, truth = _scene()
    small = cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA).astype(np.float32) * 0.94 + 0.03
    result = Refiner().refine(small, frame)
    inside, outside = (cv2.erode(each, np.ones((129, 129), np.uint8)) > 0 for each in (truth, 1 - truth))
    assert inside.any()
    assert (result[inside] == 1).all()
    assert (result[outside] == 0).all()


def test_a_picture_that_lies_in_a_larger_one_and_may_not_be_written_to() -> None:
    frame, truth = _scene()
    framed = np.zeros((400, 700, 3), np.uint8)
    framed[9:369, 33:673] = frame.image
    framed.flags.writeable = False
    small = cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA).astype(np.float32)
    result = Refiner().refine(small, Frame(framed[9:369, 33:673], 0, 0.0, 0.0))
    assert np.array_equal(result, Refiner().refine(small, frame))
