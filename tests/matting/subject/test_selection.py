"""Nobody is exactly 0, people and what they hold are untouched, and all of it is off where the settings say so."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.subject.selection import Subject

OFF = Settings(people="all", presence=False)
DEFAULT = Settings()
SIZES = [(144, 256), (180, 320), (256, 256), (288, 512), (256, 144)]


def _frame(index: int, fps: float = 30.0) -> Frame:
    return Frame(np.zeros((36, 64, 3), np.uint8), index, index / fps, index / fps)


def _drawn(shape: tuple[int, int], *boxes: tuple[float, float, float, float, float]) -> np.ndarray:
    """Boxes of left, top, right, bottom (shares of the picture) and alpha."""
    values = np.zeros(shape, np.float32)
    height, width = shape
    for left, top, right, bottom, alpha in boxes:
        values[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = alpha
    return values


PERSON = (0.3, 0.2, 0.7, 1.0, 1.0)
CHAIR = (0.75, 0.6, 0.95, 1.0, 0.8)
SPECK = (0.05, 0.05, 0.07, 0.08, 0.8)


def _run(subject: Subject, values: np.ndarray, index: int, settings: Settings = DEFAULT, fps: float = 30) -> np.ndarray:
    alpha = Alpha(values, index)
    before = values.copy()
    result = subject.apply(alpha, _frame(index, fps), settings)
    assert np.array_equal(values, before)
    assert result.sequence == index
    assert result.values.dtype == np.float32
    assert result.values.shape == values.shape
    return result.values


def test_off_gives_the_very_same_alpha_and_forgets() -> None:
    subject, alpha = Subject(), Alpha(_drawn((144, 256), CHAIR), 0)
    assert subject.apply(alpha, _frame(0), OFF) is alpha
    _run(subject, _drawn((144, 256)), 1)
    subject.apply(alpha, _frame(2), OFF)
    assert _run(subject, _drawn((144, 256), PERSON), 3).max() == 1  # as in a first frame


@pytest.mark.slow
@pytest.mark.parametrize("shape", SIZES)
def test_a_person_is_untouched_and_a_chair_and_a_speck_are_not_there(shape: tuple[int, int]) -> None:
    subject = Subject()
    person = _drawn(shape, PERSON)
    assert np.array_equal(_run(subject, person, 0), person)
    both = _drawn(shape, PERSON, CHAIR, SPECK)
    for index in range(1, 8):
        values = _run(subject, both, index)
    assert values == pytest.approx(person, abs=1e-6)


@pytest.mark.parametrize("shape", SIZES)
def test_nobody_there_is_exactly_nothing_in_every_frame(shape: tuple[int, int]) -> None:
    subject, random = Subject(), np.random.default_rng(1)
    for index in range(6):
        room = _drawn(shape, CHAIR, SPECK) * random.random(shape, np.float32)
        assert _run(subject, room, index).max() == 0


def test_tiny_pictures_are_no_reason_to_fail() -> None:
    for shape in [(1, 1), (1, 9), (9, 1), (3, 400)]:
        subject = Subject()
        for index in range(2):
            _run(subject, np.full(shape, 0.6, np.float32), index)


def test_somebody_who_comes_is_whole_from_their_first_frame_on() -> None:
    subject, empty, person = Subject(), _drawn((144, 256)), _drawn((144, 256), PERSON)
    assert _run(subject, empty, 0).max() == 0
    for index in range(1, 4):
        assert np.array_equal(_run(subject, person, index), person)


def test_the_chair_that_stays_behind_goes_softly() -> None:
    subject = Subject()
    sitting = _drawn((144, 256), PERSON, (0.3, 0.75, 0.9, 1.0, 0.8), PERSON)
    assert np.array_equal(_run(subject, sitting, 0), sitting)
    chair = _drawn((144, 256), (0.6, 0.75, 0.9, 1.0, 0.8))
    levels = [float(_run(subject, chair, index).max()) for index in range(1, 8)]
    assert 0.4 < levels[0] < 0.8
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0


def test_presence_off_keeps_the_chair_and_the_speck() -> None:
    room = _drawn((144, 256), PERSON, CHAIR, SPECK)
    kept = _run(Subject(), room, 0, Settings(presence=False, people="one"))
    assert kept[100, 220] == kept[9, 15] == pytest.approx(0.8)


def test_a_hand_beside_the_body_stays() -> None:
    subject, both = Subject(), _drawn((144, 256), PERSON, (0.73, 0.4, 0.8, 0.53, 1.0))
    for index in range(4):
        assert np.array_equal(_run(subject, both, index), both)


def test_a_person_half_out_of_the_picture_is_still_one() -> None:
    subject = Subject()
    for index, right in enumerate(np.linspace(0.5, 0.06, 30)):
        person = _drawn((144, 256), (0.0, 0.3, float(right), 1.0, 1.0))
        assert np.array_equal(_run(subject, person, index), person)


def test_a_gap_or_another_size_begins_anew() -> None:
    subject = Subject()
    _run(subject, _drawn((144, 256)), 0)
    person = _drawn((144, 256), PERSON)
    assert np.array_equal(_run(subject, person, 61), person)
    person = _drawn((180, 320), PERSON)
    assert np.array_equal(_run(subject, person, 62), person)


def test_whoever_comes_in_by_pieces_keeps_their_head() -> None:
    subject, settings = Subject(), Settings(people="one")
    room = np.random.default_rng(4).integers(60, 120, (180, 320, 3), dtype=np.uint8)
    for index in range(120):
        values, image = np.zeros((180, 320), np.float32), room.copy()
        torso, head = min(max(0, index - 10) * 12, 180), min(max(0, index - 14) * 12, 150)
        for part in ((slice(100, 180), slice(0, torso)), (slice(30, 85), slice(0, head))):
            values[part], image[part] = 1, (60, 80, 190)
        if index >= 30:  # the neck: until then the network saw two pieces
            values[80:105, 90:130], image[80:105, 90:130] = 1, (60, 80, 190)
        result = subject.apply(Alpha(values, index), Frame(image, index, index / 30, index / 30), settings).values
        if index > 40:
            assert result[40:80, 20:140].min() == 1, index
