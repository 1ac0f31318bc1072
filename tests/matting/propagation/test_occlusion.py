"""It notices and replaces wrongly propagated alpha: uncovered background, what stands still, what changed its light."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.matting.propagation import occlusion, occlusion_numba
from livebg.matting.propagation.occlusion import Plate, both, fill_unknown, judge, share_of_before
from livebg.matting.propagation.optical_flow import no_motion
from livebg.matting.small_picture import Small, seen_small

HEIGHT, WIDTH = 144, 256
ROOM = np.random.default_rng(1).integers(60, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)
RED = (30, 30, 220)


def picture(left: int | None, light: int = 0, sequence: int = 0) -> Small:
    """The room, with a red figure 60 px wide at `left`."""
    colour = ROOM + np.uint8(light)
    if left is not None:
        colour[40:, left : left + 60] = np.array(RED) + light
    return seen_small(sequence, sequence / 30, colour)


def alpha(left: int | None) -> np.ndarray:
    values = np.zeros((HEIGHT, WIDTH), np.float32)
    if left is not None:
        values[40:, left : left + 60] = 1
    return values


def figure_flow(px: int) -> np.ndarray:
    """The figure moved right by `px`, and its flow was smeared over all the picture."""
    flow = no_motion(picture(0))
    flow[..., 0] = -px
    return flow


def test_a_difference_below_the_flows_own_error_is_doubted_where_all_of_a_region_has_it() -> None:
    room, left = (np.full((HEIGHT, WIDTH, 3), (90, 130, 90), np.uint8) for _ in range(2))
    left[40:, 80:150] = (90, 126, 99)  # as bright as the room
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[40:, 80:150] = 1
    new, key = seen_small(1, 1 / 30, room), seen_small(0, 0.0, left)
    side = judge(new, key, alpha, no_motion(new), Plate(new))
    assert side.certainty[50:-10, 90:140].max() < 0.5
    assert side.certainty[:, 200:].min() == 1


def test_what_stands_still_is_certain_and_unchanged() -> None:
    key = picture(50)
    side = judge(picture(50), key, alpha(50), no_motion(key), Plate(key))
    assert side.unknown == 0
    assert fill_unknown(key, side) is side.values
    assert np.array_equal(side.values, alpha(50))


def test_a_change_of_light_leaves_nothing_unknown() -> None:
    key = picture(50)
    side = judge(picture(50, light=12), key, alpha(50), no_motion(key), Plate(key))
    assert side.unknown == 0


def test_the_background_beside_a_moving_figure_does_not_move_with_it() -> None:
    key, new = picture(50), picture(58)
    side = judge(new, key, alpha(50), figure_flow(8), Plate(key))
    filled = fill_unknown(new, side)
    assert np.abs(filled - alpha(58))[:, 120:].max() < 0.05
    assert filled[60:, 62:114].min() > 0.95


@pytest.mark.parametrize("is_known", [True, False])
def test_newly_uncovered_background_is_background(is_known: bool) -> None:
    key, new, plate = picture(50), picture(80), Plate(picture(50))
    if is_known:
        plate.learn(picture(150), alpha(150))
    filled = fill_unknown(new, judge(new, key, alpha(50), no_motion(key), plate))
    assert filled[44:, 54:76].max() < 0.05


def test_where_nothing_certain_is_near_it_is_background() -> None:
    key, new = picture(None), picture(100)
    key_alpha = np.ones((HEIGHT, WIDTH), np.float32)
    new.colour[:] = np.random.default_rng(2).integers(0, 256, new.colour.shape, dtype=np.uint8)
    side = judge(new, key, key_alpha, no_motion(key), Plate(key))
    assert side.unknown > 0.9 * HEIGHT * WIDTH
    nothing = np.zeros_like(side.certainty)
    blind = occlusion.Side(side.propagated, side.held, side.values, nothing, side.covered, HEIGHT * WIDTH)
    assert fill_unknown(new, blind).max() == 0


def test_a_hand_of_the_walls_colour_before_the_body_is_no_hole() -> None:
    key, new = picture(50), picture(50)
    new.colour[80:90, 76:86] = ROOM[10:20, 10:20]
    filled = fill_unknown(new, judge(new, key, alpha(50), no_motion(key), Plate(key)))
    assert filled[60:, 54:106].min() > 0.99


def test_a_plate_that_is_no_longer_true_is_forgotten() -> None:
    key, plate = picture(None), Plate(picture(None))
    plate.learn(key, alpha(None))
    assert plate.known.all()
    elsewhere = seen_small(1, 0.0, 255 - ROOM)
    judge(elsewhere, elsewhere, alpha(None), no_motion(key), plate)
    assert not plate.known.any()


def test_only_what_is_clearly_background_is_learned() -> None:
    plate = Plate(picture(50))
    plate.learn(picture(50), alpha(50))
    assert not plate.known[40:, 48:112].any()
    assert plate.known[:30].all()


def test_of_two_key_frames_the_one_that_explains_counts() -> None:
    new, before, after = picture(80), picture(None), picture(80)
    plate = Plate(new)
    sides = [
        judge(new, before, alpha(None), no_motion(new), plate),
        judge(new, after, alpha(80), no_motion(new), plate),
    ]
    share = share_of_before(*sides, 0.25)
    merged = both(*sides, share)
    assert share[100, 110] < 0.01
    assert share[10, 10] == pytest.approx(0.75, abs=0.01)
    assert merged.unknown == 0
    assert np.abs(merged.values - alpha(80)).max() < 0.02


def test_what_is_prepared_is_compiled_before_the_first_frame() -> None:
    occlusion.prepare()
    assert occlusion_numba.choose._machine_code is not None
    assert occlusion_numba.fill._machine_code is not None
