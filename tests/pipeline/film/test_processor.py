"""A film's processor gives every frame once and in order, never the room, and the same for the same frames."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
from engines import HEIGHT, WIDTH, Engine, scene, truth

from livebg import models
from livebg.core.errors import BackgroundError, ModelError
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, Frame, SourceInfo
from livebg.models.device import Device
from livebg.pipeline.film.processor import FilmProcessor, Windows, open_film_processor

PLAIN = Settings(background="#102030", presence=False)
OTHER = np.random.default_rng(9).integers(0, 150, (HEIGHT // 8, WIDTH // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)


@contextmanager
def _opened(settings: Settings = PLAIN, engine: Engine | None = None) -> Iterator[FilmProcessor]:
    with mock.patch.object(models, "open_engine", return_value=engine or Engine()):
        processor = open_film_processor(settings, WIDTH, HEIGHT, 30.0)
    yield processor
    processor.close()


def _through(processor: FilmProcessor, frames: Iterable[Frame]) -> list[Composite]:
    done = [each for frame in frames for each in processor.feed(frame)]
    return done + list(processor.flush())


def _walk(count: int, begin: int = 0) -> list[Frame]:
    return [scene(index, 20 + 3 * index) for index in range(begin, begin + count)]


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 3, 8, 40])
def test_every_frame_comes_out_once_and_in_order(count: int) -> None:
    with _opened() as processor:
        done = _through(processor, _walk(count))
    assert [each.frame.sequence for each in done if each.frame] == list(range(count))
    for each in done:
        assert each.alpha is not None
        assert each.frame is not None
        assert each.alpha.shape == (HEIGHT, WIDTH)
        assert np.abs(each.alpha - truth(each.frame)).mean() < 0.03
        assert tuple(each.image[5, 5]) == (0x30, 0x20, 0x10)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [{"smoothing": 0.0}, {"settle": False}, {"smoothing": 0.0, "settle": False, "edges": "plain"}]
)
def test_stages_that_are_off_hold_nothing_back(changes: dict[str, object]) -> None:
    with _opened(change(PLAIN, changes)) as processor:
        assert [each.frame.sequence for each in _through(processor, _walk(20)) if each.frame] == list(range(20))
        processor.reset()
        if len(changes) > 1:
            assert len(list(processor.feed(scene(0)))) == 1


def test_without_a_background_the_alpha_comes_instead() -> None:
    with _opened(change(PLAIN, {"background": "none"})) as processor:
        done = _through(processor, _walk(5))
    assert all(each.is_transparent for each in done)
    assert all(not each.image[each.alpha == 0].any() for each in done)


@pytest.mark.slow
@pytest.mark.parametrize("background", ["#102030", "none", "blur"])
def test_a_frame_without_a_matte_shows_nothing_of_itself(background: str, caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    frames, done = _walk(30), list[Composite]()
    with _opened(change(PLAIN, {"background": background, "still_gate": False}), engine) as processor:
        for frame in frames:
            engine.fails = frame.sequence in (0, 10, 11)
            done += processor.feed(frame)
        done += processor.flush()
        assert processor.failed == 3
    assert [each.frame.sequence for each in done if each.frame] == list(range(30))
    for index in (0, 10, 11):
        alpha, image = done[index].alpha, done[index].image.astype(int)
        assert alpha is not None
        assert not alpha.any()
        assert done[index].coverage == 0
        assert np.abs(image - frames[index].image).max(axis=2).min() > 0
    assert len([each for each in caplog.records if each.levelno >= logging.WARNING]) == 1


def test_nothing_of_one_scene_is_in_the_other() -> None:
    frames = [scene(index, 40) for index in range(9)] + [scene(index, None, OTHER) for index in range(9, 18)]
    with _opened(change(PLAIN, {"colours": False, "still_gate": False})) as processor:
        done = _through(processor, frames)
    for each in done[9:]:
        assert each.alpha is not None
        assert each.alpha.max() == 0
    for each in done[:9]:
        assert each.alpha is not None
        assert each.alpha[60:, 50:90].min() == 1


def test_a_frame_that_the_engine_loses_is_filled_from_both_sides() -> None:
    engine, done = Engine(), list[Composite]()
    with _opened(change(PLAIN, {"colours": False, "still_gate": False}), engine) as processor:
        for index in range(20):
            engine.values = np.zeros((HEIGHT, WIDTH), np.float32) if index == 9 else None
            done += processor.feed(scene(index, 40))
        done += processor.flush()
    assert min(each.alpha[60:, 50:90].min() for each in done if each.alpha is not None) > 0.9


@pytest.mark.slow
def test_the_same_frames_give_the_same_whatever_came_before() -> None:
    segment = _walk(30, begin=40)
    with _opened(Settings(background="#102030")) as processor:
        fresh = _through(processor, segment)
        processor.reset()
        _through(processor, _walk(25))
        processor.reset()
        again = _through(processor, _walk(30, begin=40))
    for one, other in zip(fresh, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.alpha, other.alpha)


def test_what_waits_is_bounded_in_frames_and_bytes() -> None:
    assert Windows.of(1280, 720, 30.0)[:2] == (8, 12)
    assert Windows.of(1280, 720, 0.0) == Windows.of(1280, 720, 30.0)
    assert Windows.of(1280, 720, 240.0)[:2] == (16, 16)
    assert Windows.of(1280, 720, 5.0)[:2] == (2, 2)
    small, full, frame_bytes = Windows.of(3840, 2160, 30.0)
    assert small * frame_bytes + full * frame_bytes * 5 / 3 < 257 << 20
    assert Windows.of(16384, 8192, 60.0)[:2] == (2, 2)


@pytest.mark.parametrize(
    ("kind", "subject", "asked", "expected"),
    [
        ("cpu", "people", 0, 512),
        ("cuda", "people", 0, 512),
        ("cuda", "auto", 0, 512),  # left to livebg: whoever is there
        ("cpu", "anything", 0, 512),
        ("cuda", "anything", 0, 720),
        ("cuda", "anything", 320, 320),
    ],
)
def test_the_network_looks_at_larger_pictures_than_live(kind: str, subject: str, asked: int, expected: int) -> None:
    seen = list[Settings]()

    def opened(settings: Settings, info: SourceInfo) -> Engine:
        assert not info.is_live
        seen.append(settings)
        return Engine()

    device = Device(kind, "float32", "a test")
    with (
        mock.patch.object(models, "open_engine", opened),
        mock.patch("livebg.pipeline.film.processor.choose_device", return_value=device),
    ):
        open_film_processor(change(PLAIN, {"matte_size": asked, "subject": subject}), WIDTH, HEIGHT, 30.0).close()
    assert seen[0].matte_size == expected
    assert seen[0].pace == "every-frame"


def test_a_bad_background_is_told_before_the_engine_is_opened() -> None:
    with mock.patch.object(models, "open_engine", side_effect=AssertionError), pytest.raises(BackgroundError):
        open_film_processor(change(PLAIN, {"background": "no-such-thing"}), WIDTH, HEIGHT, 30.0)


class Foreseeing(Engine):
    """An Engine that notes what it was shown beforehand, and fails at it if it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.foreseen = list[int]()

    def foresee(self, frames: Iterable[Frame]) -> None:
        self.foreseen += [each.sequence for each in frames]
        if self.fails:
            raise ModelError("broken")


def test_an_engine_that_can_foresee_is_shown_what_comes() -> None:
    engine = Foreseeing()
    with _opened(PLAIN, engine) as processor:
        processor.foresee(iter(_walk(3)))
        engine.fails = True
        processor.foresee(iter(_walk(2)))
        engine.fails = False
        assert [each.frame.sequence for each in _through(processor, _walk(3)) if each.frame] == [0, 1, 2]
        assert processor.failed == 0
    assert engine.foreseen == [0, 1, 2, 0, 1]
    with _opened() as processor:
        unread = iter(_walk(1))
        processor.foresee(unread)
        assert next(unread).sequence == 0
