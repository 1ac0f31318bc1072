"""The chain's steps are those done by hand, in order; what fails drains what waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from engines import Engine, scene

from livebg.core.errors import ModelError
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting import support
from livebg.matting.chain import Causal, Chain, Step, adjustments, causal, lookahead, still
from livebg.matting.item import NO_MOTION, Item
from livebg.matting.plate.correction import CleanPlate
from livebg.matting.refine import pyramid
from livebg.matting.refine.adjust import finish
from livebg.matting.refine.guided_filter import Refiner
from livebg.matting.refine.local_colour import LocalColour
from livebg.matting.steps import Ask
from livebg.matting.subject.reach import Reach
from livebg.matting.subject.selection import Subject
from livebg.matting.temporal.edge import EdgeFilter
from livebg.matting.temporal.motion import MotionDetector
from livebg.matting.temporal.smoothing import Smoother

SETTINGS = Settings(grow=1.0, gamma=1.5)
COUNT = 24


def _frames(count: int = COUNT) -> list[Frame]:
    """A figure that walks, over noise; half way it is elsewhere in another room."""
    other = np.random.default_rng(9).integers(0, 150, (18, 32, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    frames = []
    for index in range(count):
        plain = scene(index, 30 + 2 * index) if index < count / 2 else scene(index, 150 - 2 * index, other)
        noise = np.random.default_rng(index).normal(0, 2, plain.image.shape)
        image = np.clip(plain.image + noise, 0, 255).astype(np.uint8)
        frames.append(Frame(image, index, index / 30, index / 30))
    return frames


class Soft(Engine):
    """An engine whose alpha trembles around what is red."""

    def matte(self, frame: Frame) -> Alpha:
        if self.fails:
            raise ModelError(f"no answer to {frame.sequence}")
        red = frame.image[..., 2].astype(np.float32) - frame.image[..., :2].max(axis=2)
        noise = np.random.default_rng(1000 + frame.sequence).normal(0, 0.05, red.shape)
        return Alpha(np.clip((red - 60) / 80 + noise, 0, 1).astype(np.float32)[::2, ::2].copy(), frame.sequence)


def _ask(engine: Engine) -> Step:
    return Causal("matte", Ask(engine))


def _through(chain: Chain, frames: Iterable[Frame], settings: Settings = SETTINGS) -> list[Item]:
    done = [each for frame in frames for each in chain.feed(Item(frame), settings)]
    return done + list(chain.flush(settings))


def _by_hand(frames: Iterable[Frame], settings: Settings) -> list[Matte]:
    engine, subject, plate, reach, colours = Soft(), Subject(), CleanPlate(), Reach(), LocalColour()
    stillness, smoother, refiner, settler = MotionDetector(), Smoother(), Refiner(), EdgeFilter()
    results = []
    for frame in frames:
        alpha = engine.matte(frame)
        alpha = subject.apply(alpha, frame, settings)
        alpha = plate.apply(alpha, frame, settings)
        motion = stillness.see(frame)
        alpha = reach.apply(smoother.apply(alpha, motion, settings), motion, settings)
        alpha = colours.apply(alpha, frame, settings)
        runs, cells = refiner.look(alpha.values, frame)
        full = refiner.refined(frame)
        settler.settle(full, runs, cells, motion, frame.media_time_s)
        full = finish(full, settings)
        support.check(full, alpha.values, frame.height, frame.width, settings)
        results.append(full)
    return results


@pytest.mark.slow
def test_a_live_frames_steps_are_those_done_by_hand_in_order() -> None:
    chain = causal(_ask(Soft()), CleanPlate(), Stats())
    expected = _by_hand(_frames(), SETTINGS)
    assert max(each.max() for each in expected) > 0.9
    for frame, full in zip(_frames(), expected, strict=True):
        (item,) = chain.feed(Item(frame), SETTINGS)
        assert item.fault is None
        assert item.frame is frame
        assert np.array_equal(item.full, full)
    assert not list(chain.flush(SETTINGS))


@pytest.mark.slow
def test_a_film_without_memory_is_the_live_frames_alone() -> None:
    off = {"presence": False, "plate": "off", "colours": False}
    alone = change(SETTINGS, {"smoothing": 0.0, "settle": False, **off})
    film = _through(lookahead(_ask(Soft()), CleanPlate(), Stats(), 8, 12), _frames(), alone)
    live = _through(causal(_ask(Soft()), CleanPlate(), Stats()), _frames(), alone)
    for one, other in zip(film, live, strict=True):
        assert np.array_equal(one.full, other.full)
    assert [each.frame.sequence for each in film if each.is_cut] == [0, COUNT // 2]
    assert not any(each.is_cut for each in live)


def test_a_photos_steps_are_those_done_by_hand_in_order() -> None:
    frame, settings = _frames()[0], change(SETTINGS, {"smoothing": 0.0, "settle": False})
    (item,) = _through(still(_ask(Soft()), CleanPlate(), Stats()), [frame], settings)
    alpha = Reach().apply(Subject().apply(Soft().matte(frame), frame, settings), NO_MOTION, settings)
    alpha = LocalColour().apply(alpha, frame, settings)
    assert np.array_equal(item.full, finish(pyramid.refine(alpha.values, frame), settings))


@pytest.mark.slow
@pytest.mark.parametrize("small", [2, 8])
@pytest.mark.parametrize("full", [2, 12])
def test_a_frame_that_fails_drains_what_waits_and_the_order_is_kept(small: int, full: int) -> None:
    engine, done = Soft(), list[Item]()
    chain = lookahead(_ask(engine), CleanPlate(), Stats(), small, full)
    for frame in _frames():
        engine.fails = frame.sequence in (0, 5, 6, 17)
        done += chain.feed(Item(frame), SETTINGS)
        if engine.fails:
            assert [each.frame.sequence for each in done] == list(range(frame.sequence + 1)), "nothing waits behind it"
    done += chain.flush(SETTINGS)
    assert [each.frame.sequence for each in done] == list(range(COUNT))
    assert [each.frame.sequence for each in done if each.fault is not None] == [0, 5, 6, 17]


@pytest.mark.slow
def test_the_steps_after_a_reset_know_nothing_of_before() -> None:
    chain = lookahead(_ask(Soft()), CleanPlate(), Stats(), 4, 6)
    fresh = _through(chain, _frames())
    chain.reset()
    assert not list(chain.feed(Item(_frames()[0]), SETTINGS))
    chain.reset()
    assert not list(chain.flush(SETTINGS))
    for one, other in zip(fresh, _through(chain, _frames()), strict=True):
        assert np.array_equal(one.full, other.full)


def test_a_gpus_alpha_is_adjusted_and_checked_as_a_live_frames() -> None:
    frame, settings = _frames(1)[0], change(SETTINGS, {"grow": 2.0})
    raw = np.random.default_rng(3).random(frame.image.shape[:2], dtype=np.float32)
    (item,) = adjustments(Stats()).feed(Item(frame, Alpha(raw, 0), full=raw.copy()), settings)
    assert item.fault is None
    assert np.array_equal(item.full, finish(raw.copy(), settings))
    nobody = Alpha(np.zeros_like(raw), 0)
    (item,) = adjustments(Stats()).feed(Item(frame, nobody, full=raw.copy()), settings)
    assert item.fault is not None, "all of the picture would be shown where nobody is"


class _Noting:
    """A Stage that notes what it is asked; frames of `fails` have no matte."""

    def __init__(self, fails: Sequence[int] = ()) -> None:
        self.seen, self.fails, self.resets = list[int](), fails, 0

    def apply(self, item: Item, settings: Settings) -> Item:  # noqa: ARG002 - the shape of a Stage
        self.seen.append(item.frame.sequence)
        if item.frame.sequence in self.fails:
            raise ModelError("not this one")
        return item

    def reset(self) -> None:
        self.resets += 1


def test_no_later_step_sees_a_frame_that_failed_and_its_time_does_not_count() -> None:
    before, after, stats = _Noting([1]), _Noting(), Stats()
    chain = Chain([Causal("before", before), Causal("after", after)], stats)
    assert chain.names == ("before", "after")
    done = _through(chain, _frames(3))
    assert (before.seen, after.seen) == ([0, 1, 2], [0, 2])
    assert [str(each.fault) for each in done if each.fault is not None] == ["not this one"]
    assert len(stats.newest_s("before", 9)) == len(stats.newest_s("after", 9)) == 2
    chain.reset()
    assert (before.resets, after.resets) == (1, 1)


def test_what_no_step_has_filled_in_is_no_matte() -> None:
    empty = Item(_frames()[0])
    with pytest.raises(ModelError):
        support.check(empty.full, empty.alpha.values, empty.frame.height, empty.frame.width, Settings())
    assert empty.motion.is_cut
