"""The guided engine over a network with a trained one's failings: what it must make of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from salient import GREY, HEIGHT, WIDTH, Finder, SalientRuntime, frame, network, picture, truth

from livebg.core.engines import Batches, Foresees, Guided, LooksCloser
from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, Matte, fault_of
from livebg.models.guided.engine import GuidedEngine, grid_of

SITTING = (260, 100, 420, 360)
SMALL = (500, 300, 540, 360)


def _engine(haze: float = 0.0) -> tuple[GuidedEngine, SalientRuntime]:
    runtime = SalientRuntime()
    return GuidedEngine(Finder(haze), network(runtime)), runtime


def _error(alpha: Alpha, image: np.ndarray) -> Matte:
    """How far each pixel is from the truth, at the alpha's size."""
    high, wide = alpha.values.shape
    rows, columns = np.arange(high) * image.shape[0] // high, np.arange(wide) * image.shape[1] // wide
    return np.abs(alpha.values - truth(image)[rows][:, columns])


def test_it_is_guided_and_its_alpha_is_valid_at_one_size() -> None:
    engine, _ = _engine()
    assert isinstance(engine, Guided)
    for n, people in enumerate(([SITTING], [], [SMALL], [SITTING, SMALL])):
        one = frame(people, n)
        alpha = engine.matte(one)
        assert fault_of(alpha, one) == ""
        assert alpha.values.shape == grid_of(HEIGHT, WIDTH, 128)[::-1]


def test_the_chair_is_background_and_the_grey_person_with_a_hole_is_whole() -> None:
    engine, _ = _engine()
    one = frame([SITTING])
    alpha = engine.matte(one)
    chair = alpha.values[:, : int(alpha.values.shape[1] * 100 / WIDTH)]
    assert chair.max() == 0
    high, wide = alpha.values.shape
    chest = alpha.values[int(high * 0.4) : int(high * 0.9), int(wide * 0.45) : int(wide * 0.6)]
    assert chest.min() > 0.95
    assert _error(alpha, one.image).mean() < 0.02


def test_in_an_empty_room_the_network_is_not_asked() -> None:
    engine, runtime = _engine(haze=0.2)
    assert engine.matte(frame([])).values.max() == 0
    assert runtime.seen == []


def test_what_the_finder_only_half_believes_in_is_nobody() -> None:
    """It gives an armchair in an empty room 0.5 to 0.8 now and then."""
    engine, runtime = _engine(haze=0.8)
    assert not engine.matte(frame([])).values.any()
    assert runtime.seen == []


def test_a_small_person_is_seen_large_for_the_same_cost() -> None:
    engine, runtime = _engine()
    one = frame([SMALL])
    whole = network(SalientRuntime()).matte(one)
    assert (
        whole.values[:, int(whole.values.shape[1] * 0.7) :].max() == 0
    )  # the network misses them in the whole picture
    alpha = engine.matte(one)
    assert _error(alpha, one.image).mean() < 0.01
    area = 128 * 128 * WIDTH / HEIGHT
    assert runtime.seen[-1][0] * runtime.seen[-1][1] == pytest.approx(area, rel=0.2)


def test_who_walks_through_the_picture_is_followed_without_a_jump() -> None:
    engine, runtime = _engine()
    errors = []
    for n in range(60):
        one = frame([(100 + 6 * n, 100, 220 + 6 * n, 360)], n)
        errors.append(float(_error(engine.matte(one), one.image).mean()))
    assert max(errors) < 0.03
    assert len(set(runtime.seen)) <= 3


def test_two_people_are_both_in_one_region() -> None:
    engine, runtime = _engine()
    one = frame([(120, 120, 220, 360), (440, 140, 540, 360)])
    assert _error(engine.matte(one), one.image).mean() < 0.03
    assert len(runtime.seen) == 1


def test_haze_of_the_finder_lets_no_chair_through() -> None:
    engine, _ = _engine(haze=0.25)
    alpha = engine.matte(frame([SITTING]))
    assert alpha.values[:, : int(alpha.values.shape[1] * 100 / WIDTH)].max() == 0


@pytest.mark.parametrize("value", [1.0, 0.5])
def test_a_dead_network_does_not_get_the_shape_of_a_person(value: float) -> None:
    engine, runtime = _engine()
    runtime.run = lambda pixels: np.full(pixels.shape[2:], value, np.float32)  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="everywhere, as if dead"):
        engine.matte(frame([SITTING]))


def test_another_size_of_picture_begins_anew() -> None:
    engine, _ = _engine()
    engine.matte(frame([SITTING]))
    image = picture([(60, 20, 120, 120)], chair=False, size=(120, 160))
    alpha = engine.matte(Frame(image, 1, 0.1, 0.1))
    assert alpha.values.shape == (120, 160)
    assert _error(alpha, image).mean() < 0.05


def test_several_frames_at_once_get_what_each_gets_alone_and_their_shapes_share_a_run() -> None:
    engine, runtime = _engine()
    assert isinstance(engine, Batches)
    people = [[SITTING], [], [(60, 260, 600, 340)], [(250, 100, 410, 360)], [(64, 260, 604, 340)]]
    frames = [frame(each, n) for n, each in enumerate(people)]
    runs: list[int] = []
    alone, run_all = _engine()[0], runtime.run_all
    runtime.run_all = lambda pixels: runs.append(len(pixels)) or run_all(pixels)  # type: ignore[method-assign]
    for one, found in zip(frames, engine.mattes(frames), strict=True):
        np.testing.assert_array_equal(found.values, alone.matte(one).values)
        assert found.sequence == one.sequence
    assert sorted(runs) == [2, 2]


class _Asked:
    """A Bound that tells which frames it was asked about."""

    def __init__(self) -> None:
        self.frames: list[int] = []

    def apply(self, alpha: Alpha, frame: Frame) -> Alpha:
        self.frames.append(frame.sequence)
        return alpha

    def edge(self, alpha: Alpha, frame: Frame) -> Matte:
        self.frames.append(frame.sequence)
        return alpha.values

    def reset(self) -> None:
        self.frames.clear()


def test_of_several_frames_at_once_belief_and_edge_see_each_in_turn() -> None:
    """Both see the motion up to a frame: one that comes again after later ones would be a cut."""
    (engine, _), bound = _engine(), _Asked()
    engine.bound_by(bound)
    engine.mattes([frame([SITTING], n) for n in range(3)])
    assert bound.frames == [0, 0, 1, 1, 2, 2]


def test_it_resets_and_closes_its_finder_and_resizes_its_network() -> None:
    finder, runtime = Finder(), SalientRuntime()
    engine = GuidedEngine(finder, network(runtime))
    engine.matte(frame([SITTING]))
    engine.resize(192)
    engine.matte(frame([SITTING], 1))
    assert engine.matte_size == 192
    assert runtime.seen[1][0] * runtime.seen[1][1] > 1.8 * runtime.seen[0][0] * runtime.seen[0][1]
    assert engine.unguided.matte(frame([])).values.max() == 1  # the chair stands out
    engine.reset()
    engine.close()
    assert (finder.resets, finder.is_closed) == (1, True)
    assert "guided by finder" in engine.description


class _Closer(Finder):
    """A finder that may look closer."""

    has_closer_look = True
    is_close: bool | None = None

    def set_closer_look(self, is_on: bool) -> None:
        self.is_close = is_on


def test_the_closer_look_is_its_finders() -> None:
    finder = _Closer()
    engine = GuidedEngine(finder, network(SalientRuntime()))
    assert isinstance(engine, LooksCloser)
    assert engine.has_closer_look
    engine.set_closer_look(False)
    assert finder.is_close is False
    plain, _ = _engine()
    assert not plain.has_closer_look
    plain.set_closer_look(True)  # of one that has none: nothing


class _Forgetful(SalientRuntime):
    """In a large picture it sees nothing of people. dead: at this height, px, its answer is the same everywhere."""

    def __init__(self, dead: int = 0) -> None:
        super().__init__()
        self.dead = dead

    def run(self, pixels: Matte) -> Matte:
        alpha = super().run(pixels) / np.float32(GREY)
        if alpha.shape[0] == self.dead:
            return np.full_like(alpha, 0.5)
        return alpha if alpha.shape[0] < 600 else np.asarray(np.where(alpha == 1, np.float32(0), alpha), np.float32)


@pytest.mark.parametrize(("matte_size", "looks"), [(512, 1), (640, 2), (720, 2)])
def test_from_600_px_on_the_network_looks_again_in_a_smaller_picture(matte_size: int, looks: int) -> None:
    runtime = _Forgetful()
    engine = GuidedEngine(Finder(haze=0.5), network(runtime, matte_size))  # the gate is open, and fills nothing
    one = frame([SITTING], chair=False)
    assert _error(engine.detail(one, engine.find(one)), one.image).mean() < 0.05
    assert len(runtime.seen) == looks
    if looks == 2:
        (high, wide), (low, narrow) = runtime.seen
        assert low / high == pytest.approx(288 / matte_size, abs=0.05)
        assert narrow / wide == pytest.approx(288 / matte_size, abs=0.05)


@pytest.mark.parametrize("at", [0, 1], ids=["the first", "the second"])
def test_each_of_two_looks_is_judged(at: int) -> None:
    runtime = _Forgetful()
    engine = GuidedEngine(Finder(), network(runtime, 720))
    engine.matte(frame([SITTING], chair=False))
    runtime.dead = runtime.seen[at][0]
    with pytest.raises(ModelError, match="everywhere"):
        engine.matte(frame([SITTING], 1, chair=False))


class _BesideChair(Finder):
    """Half believes in the chair at the left."""

    def matte(self, frame: Frame) -> Alpha:
        alpha = super().matte(frame)
        alpha.values[46:, 5:25] = 0.75
        return alpha


def test_the_region_holds_people_and_no_chair_that_the_finder_half_believes_in() -> None:
    shapes = []
    for finder in (Finder(), _BesideChair()):
        runtime = SalientRuntime()
        alpha = GuidedEngine(finder, network(runtime)).matte(frame([SITTING]))
        shapes.append(runtime.seen)
        assert alpha.values[:, : int(alpha.values.shape[1] * 105 / WIDTH)].max() < 0.05
    assert shapes[0] == shapes[1]


class _ForeseeingFinder(Finder):
    def __init__(self) -> None:
        super().__init__()
        self.foreseen = list[int]()

    def foresee(self, frames: Iterable[Frame]) -> None:
        self.foreseen += [each.sequence for each in frames]


def test_the_finder_foresees_and_everything_else_is_forgotten() -> None:
    finder, engine = _ForeseeingFinder(), _engine()[0]
    guided = GuidedEngine(finder, network(SalientRuntime()))
    assert isinstance(guided, Foresees)
    guided.matte(frame([SITTING]))
    guided.foresee(frame([SITTING], number) for number in (0, 6))
    assert (finder.foreseen, finder.resets) == ([0, 6], 1)
    engine.foresee(iter([frame([SITTING])]))  # a finder that cannot: as before
    assert engine.matte(frame([SITTING])).values.any()
