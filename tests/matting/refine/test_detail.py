"""Laying a finer alpha over a full-size one: as plain enlarging and warping would, but only where something differs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Detail, Frame, Matte
from livebg.matting.propagation.optical_flow import warp
from livebg.matting.refine.detail import prepare, with_detail
from livebg.matting.refine.guided_filter import enlarge

HEIGHT, WIDTH = 180, 318
SMALL = (72, 128)
FRAME = Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 0, 0.0, 0.0)


prepare()


def _disc(height: int, width: int, x: float, soft: float) -> Matte:
    """A soft disc in the picture's middle row, at x of its width."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(columns / width - x, (rows / height - 0.5) * height / width)
    return np.clip((0.12 - away) / soft + 0.5, 0, 1).astype(np.float32)


def _scaled(values: Matte, height: int, width: int) -> Matte:
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _expected(full: Matte, detail: Detail) -> Matte:
    """The whole picture, step by step: flow to full size, values along it, a part of the way."""
    scale = np.array([WIDTH / SMALL[1], HEIGHT / SMALL[0]], np.float32)
    flow = np.asarray(cv2.resize(detail.flow * scale, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)
    fine = warp(_scaled(detail.values, HEIGHT, WIDTH), flow)
    return np.clip(full + _scaled(detail.share, HEIGHT, WIDTH) * (fine - full), 0, 1)


@pytest.mark.parametrize("fine", [(HEIGHT, WIDTH), (121, 215)])
@pytest.mark.parametrize("move_px", [0.0, 3.5])
def test_it_is_what_warping_and_enlarging_everything_gives(fine: tuple[int, int], move_px: float) -> None:
    small = np.maximum(_disc(*SMALL, 0.5 - move_px / SMALL[1], 0.1), np.float32(0.9))  # somebody is near everywhere
    values = _disc(*fine, 0.5, 0.04)
    flow = np.zeros((*SMALL, 2), np.float32)
    flow[..., 0] = move_px
    flow[..., 1] = np.linspace(-0.5, 0.5, SMALL[0], dtype=np.float32)[:, None]
    share = _scaled(np.random.default_rng(1).random((9, 16), np.float32), *SMALL)
    detail = Detail(values, flow, share, warp(_scaled(values, *SMALL), flow))
    full = enlarge(small, FRAME)
    expected = _expected(full, detail)
    laid = with_detail(full, detail, small, FRAME)
    assert laid is full
    gap = np.abs(laid - expected)
    assert gap.max() < 0.04, "the reference samples twice, at parts of 1/32 px"
    assert gap.mean() < 0.001


def test_what_is_flat_in_both_or_not_for_the_detail_stays_as_it_is() -> None:
    small, values = _disc(*SMALL, 0.5, 0.1), _disc(HEIGHT, WIDTH, 0.5, 0.04)
    full = enlarge(small, FRAME)
    full[:20] = 0.25  # no alpha that anything here would give
    before = full.copy()
    share = np.ones(SMALL, np.float32)
    share[:, SMALL[1] // 2 :] = 0
    coarse = _scaled(values, *SMALL)
    laid = with_detail(full, Detail(values, np.zeros((*SMALL, 2), np.float32), share, coarse), small, FRAME)
    assert np.array_equal(laid[:20], before[:20])
    right = WIDTH // 2 + 6  # beyond the cells that are partly for the detail
    assert np.array_equal(laid[:, right:], before[:, right:])
    assert not np.array_equal(laid, before)


def test_it_adds_nothing_where_the_frames_own_alpha_sees_nobody() -> None:
    small, everywhere = _disc(*SMALL, 0.25, 0.1), np.ones((HEIGHT, WIDTH), np.float32)
    full = enlarge(small, FRAME)
    detail = Detail(
        everywhere, np.zeros((*SMALL, 2), np.float32), np.ones(SMALL, np.float32), np.ones(SMALL, np.float32)
    )
    laid = with_detail(full, detail, small, FRAME)
    assert laid[:, WIDTH // 2 :].max() == 0
    assert laid.sum() > enlarge(small, FRAME).sum(), "but near the person it counts"


def test_a_flow_past_the_rim_takes_the_rims_values() -> None:
    values, far = np.ones((HEIGHT, WIDTH), np.float32), np.full((*SMALL, 2), -1e4, np.float32)
    values[:, 0] = 0.5
    detail = Detail(values, far, np.ones(SMALL, np.float32), np.full(SMALL, 0.5, np.float32))
    laid = with_detail(np.zeros((HEIGHT, WIDTH), np.float32), detail, np.ones(SMALL, np.float32), FRAME)
    assert np.allclose(laid, 0.5)
