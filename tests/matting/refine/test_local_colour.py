"""Colours move an alpha where it doubts, towards what looks like the person or the room nearby, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, fault_of
from livebg.matting.params import MAX_GAP_S
from livebg.matting.refine.local_colour import KNOWN, LocalColour

HEIGHT, WIDTH = 90, 160
ON, OFF = Settings(), Settings(colours=False)
ROOM, PERSON = (60, 120, 80), (160, 90, 150)
RNG = np.random.default_rng(29)


def _frame(image: np.ndarray, index: int = 0, fps: float = 30.0, scale: int = 2) -> Frame:
    """A frame so many times as large; its pixels are the image's at the alpha's size, which is coarse for it."""
    large = np.repeat(np.repeat(image, scale, axis=0), scale, axis=1)
    return Frame(large, index, index / fps, index / fps)


def _coloured(
    truth: np.ndarray, person: tuple[int, int, int] = PERSON, noise: float = 4.0, seed: int = 1
) -> np.ndarray:
    clean = truth[..., None] * np.float32(person) + (1 - truth[..., None]) * np.float32(ROOM)
    return np.clip(clean + np.random.default_rng(seed).normal(0, noise, clean.shape), 0, 255).astype(np.uint8)


def _step(edge: float, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A person right of column `edge`, float32 (height, width)."""
    return np.broadcast_to(np.clip(np.arange(width) + 1 - edge, 0, 1), (height, width)).astype(np.float32)


def _blurred(edge: float, half: float = 6.0) -> np.ndarray:
    return np.broadcast_to(np.clip((np.arange(WIDTH) + 0.5 - edge) / (2 * half) + 0.5, 0, 1), (HEIGHT, WIDTH)).astype(
        np.float32
    )


def _error(values: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(values - truth).mean())


@pytest.mark.parametrize("miss", [-3, 0, 3])
def test_a_misplaced_soft_edge_moves_to_where_the_colours_change(miss: int) -> None:
    truth = _step(80)
    alpha = Alpha(_blurred(80 + miss), 0)
    before = alpha.values.copy()
    result = LocalColour().apply(alpha, _frame(_coloured(truth)), ON)
    assert fault_of(result, _frame(_coloured(truth))) == ""
    assert _error(result.values, truth) < 0.5 * _error(alpha.values, truth)
    assert np.array_equal(alpha.values, before)


def test_equal_colours_change_hardly_anything() -> None:
    alpha = Alpha(_blurred(80), 0)
    result = LocalColour().apply(alpha, _frame(_coloured(_step(80), ROOM)), ON)
    assert np.abs(result.values - alpha.values).max() < 0.15
    assert _error(result.values, alpha.values) < 0.005


def test_no_colour_makes_an_open_question_black_and_white() -> None:
    """Hair: however clear the colours are, what the alpha leaves open stays soft."""
    truth, open_question = _step(80), np.clip(_blurred(80), 0.2, 0.8)
    open_question[:, :70], open_question[:, 90:] = 0, 1
    result = LocalColour().apply(Alpha(open_question, 0), _frame(_coloured(truth)), ON).values[:, 70:90]
    assert result.min() > 0.015
    assert result.max() < 0.985


def test_a_single_pixel_in_the_colours_of_the_person_is_a_speck_but_a_strand_in_a_fine_alpha() -> None:
    alpha, clean = Alpha(_blurred(80, half=12), 0), _coloured(_step(80), noise=1.0)
    image = clean.copy()
    image[45, 74] = PERSON
    for scale, most, least in ((2, 0.05, 0.0), (1, 1.0, 0.1)):
        before, after = (LocalColour().apply(alpha, _frame(each, scale=scale), ON).values for each in (clean, image))
        assert least <= abs(after - before)[45, 74] < most


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_sure_alpha_comes_back_as_it_is(value: float) -> None:
    alpha = Alpha(np.full((HEIGHT, WIDTH), value, np.float32), 0)
    assert LocalColour().apply(alpha, _frame(_coloured(_step(80))), ON) is alpha


@pytest.mark.parametrize("value", [0.2, 0.5, 0.8])
def test_without_a_person_or_without_a_room_nothing_changes(value: float) -> None:
    alpha = Alpha(np.full((HEIGHT, WIDTH), value, np.float32), 0)
    assert np.array_equal(LocalColour().apply(alpha, _frame(_coloured(_step(80))), ON).values, alpha.values)


def test_what_is_sure_stays_sure() -> None:
    truth, values = _step(80), _blurred(80)
    result = LocalColour().apply(Alpha(values, 0), _frame(_coloured(truth)), ON).values
    assert np.array_equal(result[values == 0], values[values == 0])
    assert np.array_equal(result[values == 1], values[values == 1])


def test_far_from_doubt_not_even_a_wrong_colour_counts() -> None:
    truth, values = _step(80), _blurred(80)
    image = _coloured(truth)
    image[20:60, 10:50] = PERSON
    result = LocalColour().apply(Alpha(values, 0), _frame(image), ON).values
    assert not result[:, :60].any()


def test_off_gives_the_same_object_back_and_forgets() -> None:
    alpha, image = Alpha(_blurred(77), 1), _coloured(_step(80))
    fresh = LocalColour().apply(alpha, _frame(image, 1), ON).values
    used = LocalColour()
    used.apply(Alpha(_blurred(40), 0), _frame(_coloured(_step(40))[:, ::-1].copy()), ON)
    assert used.apply(alpha, _frame(image), OFF) is alpha
    assert np.array_equal(used.apply(alpha, _frame(image, 1), ON).values, fresh)


@pytest.mark.parametrize("end", ["reset", "gap", "cut", "back", "size"])
def test_other_pictures_colours_are_forgotten(end: str) -> None:
    alpha, image = Alpha(_blurred(77), 1), _coloured(_step(80))
    used, other = LocalColour(), _coloured(_step(40), (40, 160, 220))
    at = {"gap": 1 / 30 - 2 * MAX_GAP_S, "back": 1.0}.get(end, 0.0)
    if end == "cut":
        other = 255 - image // 2
    if end == "size":
        used.apply(Alpha(np.ascontiguousarray(_blurred(40)[:40, :70]), 0), _frame(other), ON)
    else:
        used.apply(Alpha(_blurred(40), 0), Frame(other, 0, at, at), ON)
    if end == "reset":
        used.reset()
    fresh = LocalColour().apply(alpha, _frame(image, 1), ON).values
    assert np.abs(used.apply(alpha, _frame(image, 1), ON).values - fresh).max() < 1e-6


def _settled(fps: float, seconds: float) -> np.ndarray:
    """The answer after `seconds` of a picture that changed after its first frame, shorter than a cut."""
    colours, before, after = LocalColour(), _coloured(_step(80)), _coloured(_step(80), (130, 115, 130))
    colours.apply(Alpha(_blurred(77), 0), _frame(before, 0, fps), ON)
    for index in range(1, round(seconds * fps) + 1):
        result = colours.apply(Alpha(_blurred(77), index), _frame(after, index, fps), ON)
    return result.values


def test_it_looks_the_same_at_any_frame_rate() -> None:
    at_30 = _settled(30, 0.4)
    assert np.abs(_settled(30, 2.0) - at_30).max() > 0.02
    for fps in (15.0, 60.0):
        assert np.abs(_settled(fps, 0.4) - at_30).max() < 0.01


def test_noise_in_the_picture_is_less_flicker_with_a_memory() -> None:
    truth, alpha = _step(80), _blurred(78)
    remembering, changes = LocalColour(), {"with": 0.0, "without": 0.0}
    last: dict[str, np.ndarray] = {}
    for index in range(12):
        image = _coloured(truth, noise=12, seed=index)
        for name, stage in (("with", remembering), ("without", LocalColour())):
            values = stage.apply(Alpha(alpha, index), _frame(image, index), ON).values
            changes[name] += _error(values, last.get(name, values)) if index > 6 else 0.0
            last[name] = values
    assert changes["with"] < changes["without"]


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 5), (256, 256), (288, 512), (320, 180), (16, 300), (144, 256)])
def test_any_size_in_one_stage(size: tuple[int, int]) -> None:
    colours = LocalColour()
    for index, (height, width) in enumerate([size, (7, 9), size]):
        image = RNG.integers(0, 256, (2 * height, 2 * width, 3), dtype=np.uint8)
        alpha = Alpha(RNG.random((height, width), dtype=np.float32), index)
        result = colours.apply(alpha, _frame(image, index), ON)
        assert result.values.shape == (height, width)
        assert fault_of(result, _frame(image, index)) == ""


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_changes_nothing_to_speak_of(level: int) -> None:
    alpha = Alpha(_blurred(80), 0)
    result = LocalColour().apply(alpha, _frame(np.full((HEIGHT, WIDTH, 3), level, np.uint8)), ON).values
    assert np.isfinite(result).all()
    assert np.abs(result - alpha.values).max() < 0.01


def test_two_flat_colours_are_told_apart() -> None:
    truth = _step(80)
    values = LocalColour().apply(Alpha(_blurred(80), 0), _frame(_coloured(truth, noise=0)), ON).values
    assert np.isfinite(values).all()
    assert _error(values, truth) < 0.5 * _error(_blurred(80), truth)


def test_the_colours_move_the_log_odds_less_far_where_the_alpha_shows_each_pixel() -> None:
    alpha, image = Alpha(_blurred(83), 0), _coloured(_step(80), noise=0)
    fine, coarse = (LocalColour().apply(alpha, _frame(image, scale=each), ON).values for each in (1, 2))
    doubtful = np.logical_and.reduce([(each > 0.02) & (each < 0.98) for each in (alpha.values, fine, coarse)])
    odds = [np.log(each[doubtful] / (1 - each[doubtful])) for each in (alpha.values, fine, coarse)]
    moved = odds[2] - odds[0]
    assert np.abs(moved).max() > 0.5
    np.testing.assert_allclose(odds[1] - odds[0], (1 - KNOWN) * moved, atol=0.01)
