"""Every frame gets its own matte or none: which frames are key frames, when it propagates nothing, and all endings."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from engines import HEIGHT, ROOM, WIDTH, Engine, scene, truth
from patience import HANGS_S, SLACK, until

from livebg.core.errors import ModelError
from livebg.core.types import Frame
from livebg.matting.propagation import inference, propagator
from livebg.matting.propagation.propagator import PropagatingEngine, delay_frames

OTHER_ROOM = np.full_like(ROOM, 255)
OTHER_ROOM[::2] = 0


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def inline(engine: Engine) -> Iterator[PropagatingEngine]:
    matter = PropagatingEngine(engine, in_worker=False, stride=3, still_gate=False, hurries=False)
    yield matter
    matter.close()


@pytest.fixture
def worker(engine: Engine) -> Iterator[PropagatingEngine]:
    matter = PropagatingEngine(engine, in_worker=True, still_gate=False)
    yield matter
    engine.gate.set()
    matter.close()


def error(values: np.ndarray, frame: Frame) -> float:
    around = cv2.dilate(truth(frame), np.ones((25, 25))) > 0
    return float(np.abs(values - truth(frame))[around].mean())


def settled(matter: PropagatingEngine, engine: Engine, sequence: int, left: float = 40) -> None:
    """Until a key frame at `sequence` was seen and answered."""
    matter.matte(scene(sequence, left))
    until(lambda: sequence in engine.seen, f"frame {sequence} as a key frame")


def test_every_strideth_frame_is_a_key_frame_and_the_others_follow(inline: PropagatingEngine, engine: Engine) -> None:
    for n in range(9):
        frame = scene(n, 40 + 3 * n)
        alpha = inline.matte(frame)
        assert alpha.sequence == n
        assert error(alpha.values, frame) < 0.03
    assert engine.seen == [0, 3, 6]
    counts = inline.counts
    assert (counts.key_frames, counts.propagated, counts.still) == (3, 6, 0)


def test_the_stride_can_be_changed_while_it_runs(inline: PropagatingEngine, engine: Engine) -> None:
    for n in range(8):
        if n == 4:
            inline.set_stride(1)
        inline.matte(scene(n, 40 + n))
    assert engine.seen == [0, 3, 4, 5, 6, 7]


def test_a_key_frame_is_hurried_when_too_much_is_unknown(engine: Engine) -> None:
    matter = PropagatingEngine(engine, in_worker=False, stride=8, still_gate=False)
    for n in range(4):
        frame = scene(n, None if n < 2 else 100)
        assert np.abs(matter.matte(frame).values - truth(frame)).mean() < 0.01
    assert engine.seen == [0, 2]


def test_a_still_stretch_keeps_one_array_and_is_refreshed(engine: Engine) -> None:
    matter = PropagatingEngine(engine, in_worker=False, stride=1)
    arrays = []
    for n in range(60):
        noisy = scene(n)
        noise = np.random.default_rng(n).normal(0, 2, noisy.image.shape)
        image = np.clip(noisy.image + noise, 0, 255).astype(np.uint8)
        arrays.append(matter.matte(Frame(image, n, n / 30, n / 30)).values)
    assert engine.seen == [0, 45]
    assert all(each is arrays[0] for each in arrays[:45])
    assert all(each is arrays[45] for each in arrays[45:])
    assert matter.counts.still == 58
    matter.set_still_gate(False)
    matter.matte(scene(60))
    matter.matte(scene(61))
    assert engine.seen[2:] == [60, 61]


def test_what_moves_ends_a_still_stretch_at_once(engine: Engine) -> None:
    matter = PropagatingEngine(engine, in_worker=False, stride=1)
    for n in range(20):
        matter.matte(scene(n, 40 if n < 10 else 41 + n))
    assert engine.seen == [0, *range(10, 20)]


@pytest.mark.parametrize("what", ["cut", "gap", "size", "backwards"])
def test_a_new_scene_is_looked_at_at_once(inline: PropagatingEngine, engine: Engine, what: str) -> None:
    inline.matte(scene(30))
    new = {
        "cut": scene(31, None, OTHER_ROOM),
        "gap": scene(90),
        "size": Frame(np.zeros((90, 90, 3), np.uint8), 31, 31 / 30, 31 / 30),
        "backwards": scene(3),
    }[what]
    assert inline.matte(new).sequence == new.sequence
    assert engine.seen == [30, new.sequence]


def test_a_slow_clip_has_no_key_frame_older_than_the_bound(inline: PropagatingEngine, engine: Engine) -> None:
    for n in range(4):
        inline.matte(scene(n, 40 + n, fps=1.5))
        assert (n - engine.seen[-1]) / 1.5 <= propagator.MAX_AGE_S
    assert engine.seen == [0, 2, 3][: len(engine.seen)]


def test_frames_between_two_key_frames_know_both(inline: PropagatingEngine, engine: Engine) -> None:
    frames = [scene(n, 40 + 20 * n) for n in range(7)]
    for n in range(9):
        if n < 7:
            inline.foresee(frames[n])
        if n >= 2:
            alpha = inline.matte(frames[n - 2])
            assert alpha.sequence == n - 2
            assert error(alpha.values, frames[n - 2]) < 0.03
    assert engine.seen == [0, 3, 6]


def test_frames_before_a_cut_still_get_theirs_when_it_is_foreseen(inline: PropagatingEngine) -> None:
    frames = [scene(0), scene(1, 44), scene(2, None, OTHER_ROOM)]
    for each in frames:
        inline.foresee(each)
    assert error(inline.matte(frames[1]).values, frames[1]) < 0.03
    assert inline.matte(frames[2]).values.max() == 0


@pytest.mark.parametrize(
    ("key_frame_s", "stride", "expected"), [(0, 1, 0), (0, 4, 3), (0.13, 1, 7), (0.03, 2, 2), (0.5, 1, 8)]
)
def test_the_delay_is_what_it_takes_and_bounded(key_frame_s: float, stride: int, expected: int) -> None:
    assert delay_frames(key_frame_s, 30, stride) == expected


def test_the_loop_does_not_wait_for_the_worker(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    for n in range(1, 8):
        frame = scene(n, 40 + 3 * n)
        assert error(worker.matte(frame).values, frame) < 0.04
    until(lambda: engine.seen == [0, 1], "frame 1 as a key frame")
    engine.gate.set()
    assert threading.get_ident() not in engine.threads


def test_an_answer_that_comes_late_is_carried_to_the_newest(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    for n in range(1, 6):
        worker.matte(scene(n, 40 + 3 * n))
    engine.gate.set()
    deadline_s, n = time.monotonic() + HANGS_S, 6
    while worker.counts.key_frames < 2 and time.monotonic() < deadline_s:
        frame = scene(n, 40 + 3 * n)
        assert error(worker.matte(frame).values, frame) < 0.04
        n = min(n + 1, 12)  # the picture's time does not run away from a thread that gets no processor
        time.sleep(0.001)
    assert worker.counts.key_frames >= 2


# What it must never propagate.


def test_after_a_cut_there_is_no_matte_until_the_worker_has_seen_it(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    worker.matte(scene(1, 44))
    with pytest.raises(ModelError, match="no matte"):
        worker.matte(scene(2, None, OTHER_ROOM))
    engine.gate.set()
    deadline_s, n = time.monotonic() + HANGS_S, 3
    while time.monotonic() < deadline_s:
        try:
            assert worker.matte(scene(n, None, OTHER_ROOM)).values.max() == 0
            break
        except ModelError:
            n += 1
            time.sleep(0.002)
    assert max(engine.seen) >= 2


def test_an_engine_that_hangs_leaves_no_matte_older_than_the_bound(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    worker.matte(scene(20, 44))
    for n in range(25, 30, 5):
        worker.matte(scene(n, 44 + n / 10))
    with pytest.raises(ModelError, match="1 s"):
        worker.matte(scene(45, 60))
    engine.gate.set()


def test_where_nothing_is_explained_nothing_is_carried(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    worker.matte(scene(1))
    rng = np.random.default_rng(7)
    noise = cv2.resize(rng.integers(10, 190, (36, 64, 3), dtype=np.uint8), (WIDTH, HEIGHT))
    with pytest.raises(ModelError, match="of the picture"):
        worker.matte(Frame(noise, 2, 2 / 30, 2 / 30))
    engine.gate.set()


@pytest.mark.parametrize("name", ["inline", "worker"])
def test_a_failing_engine_is_told_until_it_succeeds(name: str, engine: Engine, request: pytest.FixtureRequest) -> None:
    matter = request.getfixturevalue(name)
    matter.matte(scene(0))
    engine.fails = True
    failures, n = 0, 1
    deadline_s = time.monotonic() + HANGS_S
    while failures < 3 and time.monotonic() < deadline_s:
        try:
            matter.matte(scene(n, 40 + n % 50))
        except ModelError as failure:
            failures += "the engine failed" in str(failure)
        n += 1
    assert failures == 3
    engine.fails = False
    while time.monotonic() < deadline_s:
        try:
            matter.matte(scene(n, 40 + n % 50))
            break
        except ModelError:
            n += 1
    else:
        pytest.fail("never again")


def test_a_first_matte_that_does_not_come_is_said_after_a_bounded_wait(
    worker: PropagatingEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propagator, "FIRST_WAIT_S", 0.05)
    engine.gate.clear()
    with pytest.raises(ModelError, match="no matte"):
        worker.matte(scene(0))
    engine.gate.set()


@pytest.mark.parametrize("name", ["inline", "worker"])
def test_a_reset_forgets_every_frame(name: str, engine: Engine, request: pytest.FixtureRequest) -> None:
    matter = request.getfixturevalue(name)
    matter.matte(scene(0))
    matter.reset()
    alpha = matter.matte(scene(0, None))
    assert alpha.values.max() == 0
    assert engine.resets == 1


# The five endings, with the engine in a thread of its own.


def ended_within_3_s(matter: PropagatingEngine, engine: Engine) -> None:
    begun_s = time.monotonic()
    matter.close()
    matter.close()
    assert time.monotonic() - begun_s < 3 * SLACK
    assert engine.closes >= 1
    assert not [each for each in threading.enumerate() if each.name == "livebg-matte"]


def test_ending_1_the_consumer_raises(worker: PropagatingEngine, engine: Engine) -> None:
    def consume() -> None:
        for n in range(5):
            worker.matte(scene(n))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consume()
    ended_within_3_s(worker, engine)


def test_ending_2_the_consumer_leaves_while_a_frame_is_in_the_making(worker: PropagatingEngine, engine: Engine) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    worker.matte(scene(1))
    threading.Timer(0.2, engine.gate.set).start()
    ended_within_3_s(worker, engine)


def test_ending_3_the_source_ends_before_a_frame_came(worker: PropagatingEngine, engine: Engine) -> None:
    ended_within_3_s(worker, engine)
    assert engine.seen == []


def test_ending_4_the_engine_breaks(worker: PropagatingEngine, engine: Engine) -> None:
    engine.breaks = True

    def consume() -> None:
        for n in range(200):
            worker.matte(scene(n))

    with pytest.raises(ZeroDivisionError):
        consume()
    ended_within_3_s(worker, engine)


def test_ending_5_the_engine_hangs(worker: PropagatingEngine, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(worker, engine, 0)
    engine.gate.clear()
    worker.matte(scene(1))
    begun_s = time.monotonic()
    with monkeypatch.context() as patched:
        patched.setattr(inference, "STOP_S", 0.2)
        with pytest.raises(TimeoutError, match="livebg-matte"):
            worker.close()
    assert time.monotonic() - begun_s < 3 * SLACK
    engine.gate.set()
    ended_within_3_s(worker, engine)
