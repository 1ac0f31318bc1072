"""A feed is bounded: what it cannot hold is counted, and the hole is marked."""

from __future__ import annotations

import numpy as np

from livebg.media.audio import types as sound_vocabulary
from livebg.media.audio.types import HELD_BLOCKS, SoundBlock, SoundFeed


def block(number: int) -> SoundBlock:
    return SoundBlock(np.zeros((960, 1), np.float32), number * 0.02)


def test_blocks_come_in_order_once() -> None:
    looks: list[int] = []
    feed = SoundFeed(lambda: looks.append(1))
    for number in range(3):
        feed.put(block(number))
    assert [each.captured_at_s for each in feed.take()] == [0.0, 0.02, 0.04]
    assert feed.take() == []
    assert looks == [1, 1]
    assert feed.lost_samples == 0


def test_the_oldest_goes_and_the_hole_is_marked() -> None:
    feed = SoundFeed()
    for number in range(HELD_BLOCKS + 2):
        feed.put(block(number))
    taken = feed.take()
    assert feed.lost_samples == 2 * 960
    assert [each.captured_at_s for each in taken[:2]] == [0.04, 0.06]
    assert [each.is_after_gap for each in taken[:3]] == [True, False, False]
    feed.put(block(0))
    assert not feed.take()[0].is_after_gap


def test_it_holds_about_ten_seconds() -> None:
    assert 5 <= sound_vocabulary.HELD_BLOCKS * 0.02 <= 20


def test_a_closed_feed_is_marked_so_that_the_microphone_forgets_it() -> None:
    feed = SoundFeed()
    assert not feed.is_closed
    feed.close()
    assert feed.is_closed
