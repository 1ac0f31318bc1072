"""Edges of large photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.item import Item
from livebg.matting.refine.guided_filter import Refiner, enlarge
from livebg.matting.refine.pyramid import _starts, refine
from livebg.matting.steps import PyramidGuidedFilter

HEIGHT, WIDTH = 1600, 2400


@pytest.fixture(scope="module")
def disc() -> tuple[Frame, np.ndarray, Alpha]:
    """A bright disc before a dark noisy wall; its true alpha; the same as a network sees it, a little off."""
    truth = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(truth, (1200, 800), 500, 1.0, -1, cv2.LINE_AA)
    wall = np.random.default_rng(1).normal(40, 4, (HEIGHT, WIDTH, 1))
    image = (wall + truth[..., None] * [120, 140, 160]).clip(0, 255).astype(np.uint8)
    small = cv2.GaussianBlur(cv2.resize(truth, (256, 170), interpolation=cv2.INTER_AREA), (0, 0), 1.2)
    return Frame(image, 0, 0.0, 0.0), truth, Alpha(np.roll(small, 1, axis=1), 0)


@pytest.mark.slow
def test_the_edge_is_nearer_to_the_truth_than_that_of_a_video_frame(disc: tuple[Frame, np.ndarray, Alpha]) -> None:
    frame, truth, alpha = disc
    fine = refine(alpha.values, frame)
    live = Refiner().refine(alpha.values, frame)
    near = cv2.dilate(cv2.Canny((truth * 255).astype(np.uint8), 50, 150), np.ones((41, 41), np.uint8)) > 0
    errors = [float(np.abs(each - truth)[near].mean()) for each in (fine, live)]
    assert errors[0] < 0.7 * errors[1]
    assert fine.min() >= 0
    assert fine.max() <= 1


def test_tiles_leave_no_seams(disc: tuple[Frame, np.ndarray, Alpha], monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _, alpha = disc
    one = refine(alpha.values, frame)
    monkeypatch.setattr("livebg.matting.refine.pyramid.MARGIN", 40)  # other tiles
    other = refine(alpha.values, frame)
    assert np.abs(one - other).mean() < 1e-3
    assert np.quantile(np.abs(one - other), 0.999) < 0.1


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_flat_stays_flat(value: float) -> None:
    frame = Frame(np.random.default_rng(2).integers(0, 256, (900, 1400, 3), np.uint8), 0, 0.0, 0.0)
    assert refine(np.full((9, 14), value, np.float32), frame) == pytest.approx(value, abs=0.02)


def test_a_small_picture_is_that_of_a_video_frame() -> None:
    frame = Frame(np.random.default_rng(3).integers(0, 256, (180, 320, 3), np.uint8), 0, 0.0, 0.0)
    values = np.random.default_rng(4).random((18, 32), np.float32)
    assert (refine(values, frame) == Refiner(is_bound=False).refine(values, frame)).all()
    item = Item(frame, Alpha(values, 0))
    assert (PyramidGuidedFilter().apply(item, Settings()).full == refine(values, frame)).all()
    assert (PyramidGuidedFilter().apply(item, Settings(edges="plain")).full == enlarge(values, frame)).all()


@pytest.mark.parametrize(("whole", "length", "margin"), [(6000, 1600, 100), (900, 900, 100), (1000, 900, 100)])
def test_tiles_cover_all(whole: int, length: int, margin: int) -> None:
    covered = np.zeros(whole, bool)
    for start in _starts(whole, length, margin):
        assert 0 <= start <= whole - length
        covered[start and start + margin : whole if start + length == whole else start + length - margin] = True
    assert covered.all()
