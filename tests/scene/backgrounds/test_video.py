"""A looping clip: the picture follows the media time alone, decoding is bounded, and damage holds the last picture."""

from __future__ import annotations

import logging
import time

import numpy as np
import pytest
from patience import SLACK

from livebg.core.errors import BackgroundError
from livebg.core.types import Frame, Image
from livebg.media.video.types import Picture
from livebg.scene.backgrounds.video import VideoBackground


class Counting:
    """A moving picture of 0.1 s steps whose n-th picture has grey level n."""

    name = "counting"

    def __init__(
        self,
        count: int,
        length_s: float | None = None,
        breaks_at: int | None = None,
        cost_s: float = 0.0,
        keys: int = 5,
    ) -> None:
        self.length_s, self.reads, self.conversions, self.is_closed = length_s, 0, 0, False
        self._count, self._breaks_at, self._cost_s, self._keys, self._next = count, breaks_at, cost_s, keys, 0

    def read(self) -> Picture | None:
        if self._next == self._breaks_at:
            raise BackgroundError("background counting cannot be decoded: broken")
        if self._next >= self._count:
            return None
        number, self._next, self.reads = self._next, self._next + 1, self.reads + 1
        time.sleep(self._cost_s)

        def pixels() -> Image:
            self.conversions += 1
            return np.full((9, 16, 3), number, np.uint8)

        return Picture(number / 10, pixels, 0.1)

    def seek(self, time_s: float) -> None:
        self._next = int(time_s * 10 + 1e-6) // self._keys * self._keys if self.length_s else 0

    def close(self) -> None:
        self.is_closed = True


def level(background: VideoBackground, at_s: float) -> int:
    frame = Frame(np.zeros((9, 16, 3), np.uint8), 0, 0.0, at_s)
    return int(background.picture(frame, np.zeros((9, 16), np.float32)).mean())


@pytest.mark.parametrize("length_s", [2.0, None])
@pytest.mark.parametrize("fps", [3, 10, 24, 60])
def test_the_picture_follows_the_time_through_loops(length_s: float | None, fps: int) -> None:
    background = VideoBackground(Counting(20, length_s), "cover", None)
    assert level(background, 7.0) == 0
    for number in range(6 * fps):
        at_s = number / fps + 0.013
        assert level(background, 7 + at_s) == int(at_s * 10) % 20, at_s


def test_time_counts_from_the_first_frame_it_stood_behind() -> None:
    background = VideoBackground(Counting(20, 2.0), "cover", None)
    assert level(background, 1000.05) == 0
    assert level(background, 1000.36) == 3


@pytest.mark.parametrize("length_s", [20.0, None])
def test_time_may_jump_far_and_go_back(length_s: float | None) -> None:
    background = VideoBackground(Counting(200, length_s), "cover", None)
    assert level(background, 0.0) == 0
    assert level(background, 15.02) == 150
    assert level(background, 47.03) == 70
    assert level(background, 41.04) == 10
    assert level(background, 41.14) == 11


def test_time_before_the_first_frame() -> None:
    known, unknown = (VideoBackground(Counting(20, length_s), "cover", None) for length_s in (2.0, None))
    assert level(known, 10.0) == level(unknown, 10.0) == 0
    assert level(known, 9.55) == 15  # half a second before the beginning is half a second before the end
    assert level(unknown, 9.55) == 0  # the end is not known yet: it begins anew
    assert level(unknown, 9.87) == 3


def test_only_what_is_needed_is_decoded_and_converted() -> None:
    clip = Counting(1000, 100.0)
    background = VideoBackground(clip, "cover", None)
    assert level(background, 0.0) == 0
    assert clip.reads == clip.conversions == 1
    assert level(background, 0.04) == 0
    assert clip.reads == 1
    assert level(background, 0.52) == 5
    assert (clip.reads, clip.conversions) == (6, 2)
    assert level(background, 20.31) == 203
    assert clip.reads <= 6 + 5


def test_the_same_picture_is_fitted_once() -> None:
    background = VideoBackground(Counting(20, 2.0), "cover", None)
    frame = Frame(np.zeros((18, 32, 3), np.uint8), 0, 0.0, 5.0)
    first = background.picture(frame, np.zeros((18, 32), np.float32))
    assert background.picture(frame, np.zeros((18, 32), np.float32)) is first
    assert background.standby(18, 32) is first
    assert background.standby(36, 64).shape == (36, 64, 3)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_a_clip_that_is_too_slow_plays_slower_and_the_camera_does_not_wait() -> None:
    clip = Counting(1000, 100.0, cost_s=0.015)
    background = VideoBackground(clip, "cover", 0.02)
    shown = []
    for number in range(8):
        began_s = time.perf_counter()
        shown.append(level(background, number * 0.5))
        assert time.perf_counter() - began_s < 0.3 * SLACK
    assert shown == sorted(shown)
    assert 5 <= shown[-1] < 35  # at its own pace it would be 35
    assert clip.reads == shown[-1] + 1  # nothing was left out and nothing decoded twice


def test_a_clip_that_breaks_holds_its_last_picture_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    background = VideoBackground(Counting(20, 2.0, breaks_at=7), "cover", None)
    level(background, 0.0)
    with caplog.at_level(logging.WARNING, "livebg"):
        shown = [level(background, number / 10 + 0.05) for number in range(45)]
    assert shown[:20] == [0, 1, 2, 3, 4, 5, *[6] * 14]
    assert shown[20:27] == [0, 1, 2, 3, 4, 5, 6]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "broken" in caplog.text


def test_a_broken_clip_of_unknown_length_loops_its_good_part(caplog: pytest.LogCaptureFixture) -> None:
    background = VideoBackground(Counting(20, None, breaks_at=5), "cover", None)
    level(background, 0.0)
    shown = [level(background, number / 10 + 0.05) for number in range(12)]
    assert shown[:5] == [0, 1, 2, 3, 4]
    assert shown[-2:] == [0, 1]
    assert len(caplog.records) == 1


def test_a_single_picture_stands_for_ever_and_is_decoded_once() -> None:
    clip = Counting(1, None)
    background = VideoBackground(clip, "cover", None)
    assert [level(background, at_s) for at_s in (0.0, 0.05, 3.0, 500.0, 1.0)] == [0] * 5
    assert clip.reads == 1


def test_a_clip_shorter_than_it_claims_holds_its_last_picture_until_the_loop() -> None:
    background = VideoBackground(Counting(5, 1.0), "cover", None)
    level(background, 0.0)
    assert [level(background, number / 10 + 0.05) for number in range(11)] == [0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 0]


@pytest.mark.parametrize("clip", [Counting(0, 1.0), Counting(5, 1.0, breaks_at=0)])
def test_a_clip_without_a_first_picture_fails_at_once_and_is_closed(clip: Counting) -> None:
    with pytest.raises(BackgroundError, match="counting"):
        VideoBackground(clip, "cover", None)
    assert clip.is_closed


def test_close_closes_the_clip() -> None:
    clip = Counting(5, 1.0)
    background = VideoBackground(clip, "cover", None)
    background.close()
    background.close()
    assert clip.is_closed
    assert not background.is_transparent
