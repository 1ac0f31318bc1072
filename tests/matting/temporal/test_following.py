"""An edge's flow is that of the person inside it, though the room behind it stands still."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.matting.temporal.following import Follower

HEIGHT, WIDTH = 180, 320


def _scene(at_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Luma of a textured person, whose left edge is at at_px, before a textured room, and the person's alpha."""
    rng = np.random.default_rng(1)
    room, person = (cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 3) for _ in "ab")
    shift = np.array([[1, 0, at_px - 120], [0, 1, 0]], np.float32)
    person = cv2.warpAffine(person, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    x = np.arange(WIDTH)
    alpha = np.broadcast_to(np.clip(np.minimum(x - at_px, at_px + 100 - x), 0, 1).astype(np.float32), (HEIGHT, WIDTH))
    luma = cv2.normalize(room + alpha * (person - room), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return luma, alpha


@pytest.mark.parametrize("moved_px", [-3.0, 2.0, 4.0])
def test_at_the_edge_flow_is_the_persons(moved_px: float) -> None:
    (there, _), (here, alpha) = _scene(120), _scene(120 + moved_px)
    flow = Follower().flow(here, there, alpha)
    at_edge = flow[40:140, [round(120 + moved_px), round(219 + moved_px)]]
    assert np.abs(at_edge[..., 0] + moved_px).max() < 0.1 + 0.3 * abs(moved_px)
    assert np.abs(at_edge[..., 1]).max() < 0.3


def test_nothing_moves_in_a_still_picture() -> None:
    luma, alpha = _scene(120)
    assert np.abs(Follower().flow(luma, luma, alpha)).max() < 0.05


def test_takes_an_alpha_of_any_size() -> None:
    (there, _), (here, alpha) = _scene(120), _scene(122)
    large = cv2.resize(alpha, (1280, 720), interpolation=cv2.INTER_LINEAR)
    flows = [Follower().flow(here, there, each) for each in (alpha, large)]
    assert flows[0].shape == (HEIGHT, WIDTH, 2)
    np.testing.assert_allclose(flows[1][:, 130:212], flows[0][:, 130:212], atol=0.05)


def test_a_picture_without_a_person_has_a_flow() -> None:
    luma, alpha = _scene(120)
    assert np.isfinite(Follower().flow(luma, luma, np.zeros_like(alpha))).all()


def test_noise_moves_nothing() -> None:
    (luma, alpha), rng = _scene(120), np.random.default_rng(2)
    noisy = [(luma + rng.normal(0, 3, luma.shape)).clip(0, 255).astype(np.uint8) for _ in range(2)]
    assert np.abs(Follower().flow(*noisy, alpha)).max() < 0.05


def test_where_the_picture_hardly_changes_nothing_moves() -> None:
    (there, alpha), (here, _) = _scene(120), _scene(120.5)
    faint = [(100 + 0.1 * each).astype(np.uint8) for each in (here, there)]
    assert np.abs(Follower().flow(*faint, alpha)).max() == 0


def test_in_a_dim_room_movement_shows_in_fewer_levels() -> None:
    (there, alpha), (here, _) = _scene(120), _scene(122)
    dim, bright = ([(floor + 0.12 * each).astype(np.uint8) for each in (here, there)] for floor in (4, 160))
    flows = [Follower().flow(*each, alpha)[40:140, 130:200, 0].mean() for each in (dim, bright)]
    assert flows[0] < -0.7
    assert flows[1] > -0.1


def test_who_rests_beside_a_moving_hand_does_not_move_along() -> None:
    (there, alpha), (moved, _) = _scene(120), _scene(123)
    here = there.copy()
    here[:90] = moved[:90]
    flow = Follower().flow(here, there, alpha)
    assert np.abs(flow[100:, 130:210]).max() < 0.3
    assert flow[40:70, 140:200, 0].mean() < -1.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (15, 300), (31, 300), (300, 15)])
def test_a_strip_of_a_picture_has_a_flow_too(shape: tuple[int, int]) -> None:
    here = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, shape, np.uint8), (0, 0), 2)
    there = np.roll(here, (2, 2), (0, 1))
    flow = Follower().flow(here, there, np.ones(shape, np.float32))
    assert flow.shape == (*shape, 2)
    assert np.isfinite(flow).all()
    if min(shape) > 30:
        assert np.median(flow, axis=(0, 1)) == pytest.approx((2, 2), abs=0.2)
