"""The person who was there first stays chosen, and others are cut off where they run together with them."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.subject.selection import Subject
from livebg.matting.subject.tracking import MEMORY_S

HEIGHT, WIDTH = 90, 160
ONE = Settings(people="one")
ROOM = np.random.default_rng(1).integers(40, 90, (HEIGHT, WIDTH, 3), dtype=np.uint8)
COATS = np.random.default_rng(2).integers(0, 255, (2, HEIGHT, WIDTH, 3), dtype=np.uint8)


class _Play:
    """People drawn as boxes with patterned coats, the first in front; one frame after the other through a Subject."""

    def __init__(self, settings: Settings = ONE, fps: float = 30.0) -> None:
        self.subject, self.settings, self.fps, self.index = Subject(), settings, fps, 0

    def show(self, *boxes: tuple[int, int, int] | None) -> np.ndarray:
        """boxes: left, right, top of each; the alpha that comes out."""
        image, alpha = ROOM.copy(), np.zeros((HEIGHT, WIDTH), np.float32)
        for number, box in reversed(list(enumerate(boxes))):
            if box is not None:
                left, right, top = box
                coat = np.roll(COATS[number], left, axis=1)
                image[top:, max(0, left) : right] = coat[top:, max(0, left) : right]
                alpha[top:, max(0, left) : right] = 1.0
        at_s = self.index / self.fps
        frame = Frame(image, self.index, at_s, at_s)
        result = self.subject.apply(Alpha(alpha, self.index), frame, self.settings)
        self.index += 1
        return result.values


def test_the_larger_and_more_central_of_two_is_chosen_and_stays_while_the_other_grows() -> None:
    play = _Play()
    for step in range(20):
        values = play.show((50, 90, 20), (110, 120 + step, 30 - step))
    assert values[30:, 50:90].min() == 1
    assert values[:, 105:].max() == 0


def test_a_passer_by_behind_is_cut_off_on_both_sides() -> None:
    play, shown = _Play(), 0.0
    for left in range(-38, 170, 3):
        values = play.show((60, 100, 20), (left, min(WIDTH, left + 36), 30))
        assert values[25:, 62:98].min() > 0.99, left
        if -14 < left < 150:  # what comes out from behind may fade for a frame
            assert values[:, :54].max() < 0.5, left
            assert values[:, 106:].max() < 0.5, left
            shown += float(values[:, :54].sum() + values[:, 106:].sum())
    assert shown < 500  # px in all, of some 70 000 that the passer-by covers


def test_when_the_chosen_person_has_left_the_next_is_taken_after_a_while() -> None:
    play = _Play()
    for _ in range(5):
        play.show((50, 90, 20), (110, 140, 30))
    for _ in range(int(MEMORY_S * 30) - 2):
        values = play.show(None, (110, 140, 30))
    assert values.max() == 0
    for _ in range(8):
        values = play.show(None, (110, 140, 30))
    assert values[35:, 112:138].min() == 1


def test_the_chosen_person_who_comes_back_in_time_is_still_chosen() -> None:
    play = _Play()
    for boxes in [((50, 90, 20), (110, 140, 30))] * 5 + [(None, (110, 140, 30))] * 20:
        play.show(*boxes)
    for _ in range(6):
        values = play.show((50, 90, 20), (110, 140, 30))
    assert values[25:, 52:88].min() == 1
    assert values[:, 110:].max() == 0


@pytest.mark.parametrize("first", ["all", "one"])
def test_the_choice_can_change_while_running(first: str) -> None:
    play = _Play(Settings(people=first))
    for _ in range(5):
        play.show((50, 90, 20), (110, 140, 30))
    play.settings = Settings(people="one" if first == "all" else "all")
    for _ in range(6):
        values = play.show((50, 90, 20), (110, 140, 30))
    assert values[25:, 52:88].min() == 1
    assert values[35:, 112:138].min() == (0 if first == "all" else 1)
