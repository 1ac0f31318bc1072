"""Frames come out in order, half a window at a time, and a cut parts what is before from what is after it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from livebg.matting.temporal.window import Window


class _Seen:
    def __init__(self) -> None:
        self.calls: list[tuple[list[int], int]] = []

    def __call__(self, held: Sequence[int], count: int) -> None:
        self.calls.append((list(held), count))


def test_half_of_a_full_window_is_let_go() -> None:
    seen = _Seen()
    window = Window[int](4, seen)
    assert [window.add(each, is_cut=each == 0) for each in range(6)] == [[], [], [], [0, 1], [], [2, 3]]
    assert window.flush() == [4, 5]
    assert window.flush() == []
    assert seen.calls == [([0, 1, 2, 3], 2), ([2, 3, 4, 5], 2), ([4, 5], 2)]


def test_a_cut_lets_all_before_it_go_and_they_see_nothing_after_it() -> None:
    seen = _Seen()
    window = Window[int](8, seen)
    for each in range(3):
        window.add(each, is_cut=False)
    assert window.add(3, is_cut=True) == [0, 1, 2]
    assert seen.calls == [([0, 1, 2], 3)]
    assert window.flush() == [3]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_the_smallest_window_holds_one_frame_back(frames: int) -> None:
    window = Window[int](frames, _Seen())
    assert [window.add(each, is_cut=False) for each in range(3)] == [[], [0], [1]]
