"""The small alpha's edge moves onto the picture's edge and comes to rest there; what is flat stays flat."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.resize import work_size
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.refine.adjust import finish
from livebg.matting.refine.guided_filter import Refiner, agreed, enlarge, prepare
from livebg.matting.refine.params import AGREEMENT
from livebg.matting.temporal.motion import Motion, MotionDetector
from tests.chains import FullSize


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
    assert guided < 0.55 * plain


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


SMALL = (128, 72)


class _Seen(MotionDetector):
    """A picture of which is known how it moved."""

    def __init__(self, is_cut: bool = False) -> None:
        self.is_cut = is_cut

    def see(self, frame: Frame) -> Motion:
        wide, high = work_size(frame.height, frame.width)
        return Motion(np.zeros((high, wide), np.float32), self.is_cut, 1 / 30)


def _small(truth: np.ndarray, shift: int = 0) -> np.ndarray:
    small = cv2.GaussianBlur(cv2.resize(truth, SMALL, interpolation=cv2.INTER_AREA), (5, 5), 0)
    return np.roll(small, shift, axis=1).astype(np.float32)


def _still_and_noisy(edges: FullSize, settings: Settings, count: int = 12) -> list[np.ndarray]:
    """Full-size alphas of a still scene whose pixels and small alpha tremble."""
    (frame, truth), rng, results = _scene(), np.random.default_rng(9), []
    small = _small(truth)
    for index in range(count):
        image = np.clip(frame.image + rng.normal(0, 3, frame.image.shape), 0, 255).astype(np.uint8)
        soft = (small > 0.02) & (small < 0.98)
        values = np.clip(small + soft * rng.normal(0, 0.05, small.shape), 0, 1).astype(np.float32)
        results.append(edges.enlarge(Alpha(values, index), Frame(image, index, index / 30, index / 30), settings))
    return results


@pytest.mark.slow
@pytest.mark.parametrize("way", ["guided", "plain"])
def test_a_still_noisy_edge_comes_to_rest(way: str) -> None:
    changes = {}
    for settle in (True, False):
        results = _still_and_noisy(FullSize(MotionDetector()), Settings(edges=way, settle=settle))
        changes[settle] = np.abs(np.diff(results[4:], axis=0)).mean()
    assert changes[True] < 0.3 * changes[False]


def test_off_is_as_if_it_had_never_been_there() -> None:
    edges, (frame, truth) = FullSize(_Seen()), _scene()
    _still_and_noisy(edges, Settings(), count=4)
    next_frame, later = (Frame(frame.image, each, each / 30, each / 30) for each in (4, 5))
    off = edges.enlarge(Alpha(_small(truth), 4), next_frame, Settings(settle=False))
    assert np.array_equal(off, Refiner().refine(_small(truth), frame))
    again = edges.enlarge(Alpha(_small(truth, 1), 5), later, Settings())
    assert np.array_equal(again, Refiner().refine(_small(truth, 1), frame)), "what came before off is forgotten"
    plain = edges.enlarge(Alpha(_small(truth), 5), later, Settings(edges="plain", settle=False))
    assert np.array_equal(plain, enlarge(_small(truth), frame))


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_who_vanished_in_the_small_alpha_vanishes_at_once_though_nothing_moved(level: float) -> None:
    edges, (frame, _) = FullSize(_Seen()), _scene()
    _still_and_noisy(edges, Settings(), count=4)
    gone = Alpha(np.full((72, 128), level, np.float32), 4)
    assert (edges.enlarge(gone, Frame(frame.image, 4, 4 / 30, 4 / 30), Settings()) == level).all()


@pytest.mark.slow
@pytest.mark.parametrize("what", ["nothing", "cut", "reset", "size"])
def test_a_cut_a_reset_and_another_size_leave_nothing_of_the_edge_before(what: str) -> None:
    (frame, truth), seen = _scene(), _Seen()
    edges = FullSize(seen)
    _still_and_noisy(edges, Settings(), count=4)
    image = np.ascontiguousarray(frame.image[:, 100:400]) if what == "size" else frame.image
    if what == "reset":
        edges.reset()
    seen.is_cut = what == "cut"
    result = edges.enlarge(Alpha(_small(truth, 1), 4), Frame(image, 4, 4 / 30, 4 / 30), Settings())
    alone = Refiner().refine(_small(truth, 1), Frame(image, 4, 0.0, 0.0))
    assert np.array_equal(result, alone) == (what != "nothing")


def test_the_edge_is_finished_after_it_settled_and_what_is_remembered_is_not() -> None:
    (frame, truth), edges = _scene(), FullSize(_Seen())
    bent = Settings(gamma=3)
    for index in range(3):
        result = edges.enlarge(Alpha(_small(truth), index), Frame(frame.image, index, 0.0, index / 30), bent)
        assert np.array_equal(result, finish(Refiner().refine(_small(truth), frame), bent)), "nothing is bent twice"


def test_a_straight_line_of_the_room_does_not_stand_out_of_the_person() -> None:
    """A shelf of the person's own colour that ends behind them: colours cannot tell it from the person."""
    image, truth = np.full((360, 640, 3), 150, np.uint8), np.zeros((360, 640), np.float32)
    truth[100:, 200:400] = 1
    image[truth > 0] = image[180:190, 400:] = (40, 30, 20)
    frame = Frame(image, 0, 0.0, 0.0)
    small = cv2.GaussianBlur(cv2.resize(truth, (320, 180), interpolation=cv2.INTER_AREA), (5, 5), 0)
    bound, free = (Refiner(is_bound=each).refine(small, frame)[180:190, 400:] for each in (True, False))
    assert free[:, 8:].max() > 0.1, "without a bound it does"
    assert bound[:, 6:].max() == 0
    assert bound.mean() < 0.7 * free.mean()


def test_noise_makes_no_teeth_along_a_weak_edge() -> None:
    """A dark person before a darker wall: 12 levels apart, noise of 6."""
    truth = np.zeros((360, 640), np.float32)
    truth[:, 320:] = 1
    noise = np.random.default_rng(5).normal(0, 6, (360, 640, 1))
    image = (30 + 12 * truth[..., None] + noise).clip(0, 255).round().astype(np.uint8).repeat(3, axis=2)
    frame = Frame(image, 0, 0.0, 0.0)
    small = cv2.GaussianBlur(cv2.resize(truth, (160, 90), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    calm, rough = (
        np.abs(np.diff(Refiner(is_bound=each).refine(small, frame), axis=0)).mean() for each in (True, False)
    )
    assert calm < 0.6 * rough


def test_two_edges_that_nearly_agree_become_one_and_of_others_the_first_counts() -> None:
    fine, guided = (np.zeros((360, 640), np.float32) for _ in range(2))
    fine[:, :320] = guided[:, :320] = 1
    for beside, share in ((0.2, 1.0), (0.5, 0.5), (0.75, 0.0)):  # px; compared over 5x5
        guided[:, 320] = beside
        assert np.allclose(agreed(fine, guided)[:, 320], beside * share * AGREEMENT.share, atol=1e-6)
    assert np.array_equal(agreed(guided, guided), guided)
