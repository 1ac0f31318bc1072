"""A crop that follows drawn people: still, walking, sitting down, leaving, two; at any frame rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Frame
from livebg.scene.framing.auto_frame import ACCELERATION, SPEED, SPEED_HOME, AutoFraming, approach_speed
from livebg.scene.framing.composition import WHOLE

ON, OFF = Settings(auto_frame=True), Settings()
HEIGHT, WIDTH = 90, 160
NOBODY = np.zeros((HEIGHT, WIDTH), np.float32)
Scene = Callable[[float], np.ndarray]


def _person(across: float, top: float = 0.4, width: float = 0.25, bottom: float = 1.0) -> np.ndarray:
    """Edges fall between pixels, as a soft matte's do, by what a pixel is covered."""
    columns = np.clip(np.arange(WIDTH) + 1 - (across - width / 2) * WIDTH, 0, 1)
    columns -= np.clip(np.arange(WIDTH) + 1 - (across + width / 2) * WIDTH, 0, 1)
    rows = np.clip(np.arange(HEIGHT) + 1 - top * HEIGHT, 0, 1) - np.clip(np.arange(HEIGHT) + 1 - bottom * HEIGHT, 0, 1)
    return np.asarray(np.outer(rows, columns), np.float32)


def _frame(alpha: np.ndarray, at_s: float) -> Frame:
    return Frame(np.zeros((*alpha.shape, 3), np.uint8), round(at_s * 60), 100 + at_s, at_s)


def _path(scene: Scene, seconds: float, fps: float = 30, framing: AutoFraming | None = None) -> np.ndarray:
    """The crop after each frame, (n, 3); checked to be inside the picture."""
    framing = framing or AutoFraming()
    path = []
    for number in range(round(seconds * fps)):
        alpha = scene(number / fps)
        framing.follow(_frame(alpha, number / fps), alpha, ON)
        path.append(framing.crop)
    crops = np.array(path)
    assert (crops[:, :2] - crops[:, 2:] >= -1e-9).all()
    assert (crops[:, :2] + crops[:, 2:] <= 1 + 1e-9).all()
    return crops


def _speeds(path: np.ndarray, fps: float = 30) -> np.ndarray:
    return np.diff(path, axis=0) * fps


def test_off_gives_the_very_frame_and_matte() -> None:
    framing, alpha = AutoFraming(), _person(0.3)
    frame = _frame(alpha, 0.0)
    result = framing.follow(frame, alpha, OFF)
    assert result[0] is frame
    assert result[1] is alpha


def test_the_whole_picture_is_the_very_frame_too() -> None:
    framing = AutoFraming()
    frame = _frame(NOBODY, 0.0)
    assert framing.follow(frame, NOBODY, ON)[0] is frame


def test_a_cropped_frame_keeps_its_place_in_time_and_its_person() -> None:
    framing = AutoFraming()
    _path(lambda _: _person(0.3), 4, framing=framing)
    alpha = _person(0.3)
    frame = _frame(alpha, 4.0)
    frame.image[..., 1] = np.rint(255 * alpha)
    framed, matte = framing.follow(frame, alpha, ON)
    assert (framed.sequence, framed.captured_at_s, framed.media_time_s) == (240, 104.0, 4.0)
    assert framed.image.shape == frame.image.shape
    assert matte.mean() > 1.5 * alpha.mean()
    assert np.abs(framed.image[..., 1] / 255 - matte).max() < 0.02  # picture and matte stay on each other
    assert not framed.shrunk


def test_a_person_is_framed_with_a_tenth_over_the_head_and_the_pictures_lower_border() -> None:
    across, down, half = _path(lambda _: _person(0.3), 5)[-1]
    assert down + half == pytest.approx(1, abs=1e-6)
    assert (0.4 - (down - half)) / (2 * half) == pytest.approx(0.1, abs=0.04)
    assert across == pytest.approx(half, abs=0.02)  # as far to the left as the picture goes


@pytest.mark.slow
def test_a_still_person_with_a_nervous_matte_is_shown_by_a_crop_that_does_not_move() -> None:
    random = np.random.default_rng(1)

    def nervous(_: float) -> np.ndarray:
        shift = random.normal(0, 0.006, 4)
        alpha = _person(0.4 + shift[0], 0.4 + shift[1], 0.25 + shift[2])
        if random.random() < 0.05:
            alpha[:60] = 1  # the network is wrong for one frame
        return alpha

    path = _path(nervous, 20)
    assert np.ptp(path[150:], axis=0).max() == 0


@pytest.mark.slow
def test_small_moves_are_let_pass() -> None:
    path = _path(lambda at_s: _person(0.4 + 0.025 * np.sin(2 * at_s)), 20)
    assert np.ptp(path[150:], axis=0).max() < 1e-3


def test_somebody_who_walks_is_followed_within_the_limits_and_never_backwards() -> None:
    path = _path(lambda at_s: _person(np.clip(0.2 + 0.3 * (at_s - 3), 0.2, 0.8)), 10)
    assert path[89][0] == pytest.approx(path[89][2], abs=0.02)  # at the left border
    assert path[-1][0] == pytest.approx(1 - path[-1][2], abs=0.02)  # at the right one
    speeds = _speeds(path)
    assert np.linalg.norm(speeds, axis=1).max() <= SPEED + 1e-6
    assert np.linalg.norm(_speeds(speeds), axis=1).max() <= ACCELERATION + 1e-6
    walking = speeds[90:]
    assert walking[:, 0].min() > -1e-3  # no reversal
    assert path[90:, 0].max() <= path[-1, 0] + 1e-3  # nothing overshoots


def test_somebody_who_walks_stays_in_the_crop() -> None:
    path = _path(lambda at_s: _person(np.clip(0.2 + 0.2 * (at_s - 3), 0.2, 0.8), width=0.15), 8)
    middle = np.clip(0.2 + 0.2 * (np.arange(len(path)) / 30 - 3), 0.2, 0.8)
    assert (np.abs(middle - path[:, 0]) + 0.075 <= path[:, 2])[90:].all()


@pytest.mark.slow
def test_standing_up_and_sitting_down() -> None:
    path = _path(lambda at_s: _person(0.5, 0.1 if 4 < at_s < 8 else 0.5), 14)
    sitting, standing, again = path[119], path[235], path[-1]
    assert 2 * sitting[2] == pytest.approx(0.5 / 0.9, abs=0.03)
    assert 2 * standing[2] == pytest.approx(1, abs=0.03)
    assert np.allclose(again, sitting, atol=0.03)


def test_nobody_there_means_slowly_back_to_the_whole_picture() -> None:
    framing = AutoFraming()
    path = _path(lambda at_s: _person(0.5, 0.5) if at_s < 4 else NOBODY, 14, framing=framing)
    assert np.array_equal(path[119], path[145])  # for a moment the crop waits
    assert np.array_equal(path[-1], WHOLE)
    assert np.linalg.norm(_speeds(path)[150:], axis=1).max() <= SPEED_HOME + 1e-6
    frame = _frame(NOBODY, 14.0)
    assert framing.follow(frame, NOBODY, ON)[0] is frame


def test_somebody_who_leaves_sideways_is_not_zoomed_in_on() -> None:
    path = _path(lambda at_s: _person(0.5 - 0.4 * max(0.0, at_s - 4), 0.4), 14)
    assert path[119:, 2].min() > path[119, 2] - 0.01
    assert path[119:, 0].min() < 0.45  # followed, as far as it goes
    assert np.array_equal(path[-1], WHOLE)


def test_a_network_that_loses_the_person_for_half_a_second_moves_nothing() -> None:
    path = _path(lambda at_s: NOBODY if 5 < at_s < 5.5 else _person(0.4), 8)
    assert np.ptp(path[148:], axis=0).max() == 0


def test_two_people_are_both_kept_in_and_a_second_one_who_comes_too() -> None:
    def scene(at_s: float) -> np.ndarray:
        first = _person(0.25, 0.5, 0.2)
        return first if at_s < 4 else np.maximum(first, _person(0.75, 0.4, 0.2))

    path = _path(scene, 8)
    assert path[119][0] + path[119][2] < 0.75
    across, _, half = path[-1]
    assert across - half <= 0.15
    assert across + half >= 0.85


@pytest.mark.slow
def test_the_path_is_the_same_at_any_frame_rate() -> None:
    def scene(at_s: float) -> np.ndarray:
        return _person(np.clip(0.2 + 0.25 * (at_s - 3), 0.2, 0.8))

    paths = [_path(scene, 8, fps)[fps - 1 :: fps] for fps in (15, 30, 60)]
    assert np.abs(paths[0] - paths[2]).max() < 0.03
    assert np.abs(paths[1] - paths[2]).max() < 0.015


def test_switched_on_and_off_it_glides() -> None:
    framing = AutoFraming()
    path = list(_path(lambda _: _person(0.4), 4, framing=framing))
    alpha = _person(0.4)
    for number in range(120, 240):
        frame = _frame(alpha, number / 30)
        result = framing.follow(frame, alpha, OFF)
        path.append(framing.crop)
    assert result[0] is frame
    assert result[1] is alpha
    speeds = _speeds(np.array(path))
    assert np.linalg.norm(speeds, axis=1).max() <= SPEED + 1e-6
    assert np.linalg.norm(_speeds(speeds)[:-60], axis=1).max() <= ACCELERATION + 0.1  # the last step is a snap
    assert np.array_equal(path[-1], WHOLE)


def test_the_zoom_is_held_to_also_when_it_changes() -> None:
    framing, alpha = AutoFraming(), _person(0.5, 0.6, 0.1)
    for number in range(300):
        zoom = 2.0 if number < 150 else 1.5
        framing.follow(_frame(alpha, number / 30), alpha, Settings(auto_frame=True, auto_frame_zoom=zoom))
        if number in (149, 299):
            assert 0.5 / framing.crop[2] == pytest.approx(zoom, abs=0.1)
            assert 0.5 / framing.crop[2] <= zoom + 1e-3


def test_another_size_or_a_reset_begins_with_the_whole_picture() -> None:
    framing = AutoFraming()
    _path(lambda _: _person(0.4), 4, framing=framing)
    larger = np.kron(_person(0.4), np.ones((2, 2), np.float32))
    frame = _frame(larger, 4.0)
    assert framing.follow(frame, larger, ON)[0] is frame
    _path(lambda _: _person(0.4), 4, framing=framing)
    framing.reset()
    assert np.array_equal(framing.crop, WHOLE)


@pytest.mark.parametrize(
    "alpha",
    [
        np.ones((HEIGHT, WIDTH), np.float32),
        _person(0.0, 0.0, 0.3),
        _person(1.0, 0.0, 0.3, 0.4),
        _person(0.5, 0.9, 0.9),
        np.pad(np.ones((1, 1), np.float32), ((0, HEIGHT - 1), (WIDTH - 1, 0))),
        np.ones((1, 1), np.float32),
        np.ones((2, 2), np.float32),
        np.ones((1, 64), np.float32),
    ],
    ids=["whole", "left", "right, above", "low", "one pixel", "a picture of one pixel", "of four", "of one row"],
)
def test_extreme_boxes_stay_inside_the_picture(alpha: np.ndarray) -> None:
    _path(lambda _: alpha, 3)


def test_a_clip_that_pauses_or_goes_back_in_time_does_not_jump() -> None:
    framing, alpha = AutoFraming(), _person(0.3)
    last = np.array(WHOLE)
    for at_s in (0.0, 0.1, 0.5, 0.6, 30.0, 29.0, 0.0, 0.1):
        framing.follow(_frame(alpha, at_s), alpha, ON)
        assert np.linalg.norm(framing.crop - last) <= SPEED * 1.0 + 1e-6
        last = framing.crop


def test_an_approach_brakes_in_time() -> None:
    distance, step_s = 0.5, 1e-3
    speeds = []
    while distance > 1e-4:
        speeds.append(approach_speed(distance))
        distance -= speeds[-1] * step_s
    assert -np.diff(speeds).min() / step_s <= ACCELERATION
    assert np.diff(speeds).max() <= 0
