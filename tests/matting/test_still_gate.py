"""Noise and flickering light are still; what moves is not, however slowly, however small."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from engines import ROOM as OTHER_ROOM
from engines import Engine, scene

from livebg.core.errors import ModelError
from livebg.core.types import Frame
from livebg.matting.small_picture import Small, small_of
from livebg.matting.still_gate import StillGate, is_still

HEIGHT, WIDTH = 360, 640
ROOM = cv2.resize(
    np.random.default_rng(4).integers(40, 200, (18, 32, 3), dtype=np.uint8),
    (WIDTH, HEIGHT),
    interpolation=cv2.INTER_CUBIC,
)
SKIN = (120, 150, 200)


def small(image: np.ndarray, noise: float = 0.0, seed: int = 0) -> Small:
    if noise:
        image = np.clip(image + np.random.default_rng(seed).normal(0, noise, image.shape), 0, 255).astype(np.uint8)
    return small_of(Frame(image, seed, seed / 30, seed / 30))


def with_figure(left: float, width: int = 160, top: int = 100) -> np.ndarray:
    """The room with a figure whose left edge is at a fraction of a pixel."""
    drawn = ROOM.copy()
    shifted = cv2.warpAffine(
        cv2.rectangle(np.zeros((HEIGHT, WIDTH), np.float32), (100, top), (100 + width, HEIGHT), 1, -1),
        np.array([[1, 0, left - 100], [0, 1, 0]], np.float32),
        (WIDTH, HEIGHT),
    )[..., None]
    return (drawn * (1 - shifted) + np.array(SKIN) * shifted).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0, 15.0])
def test_camera_noise_is_still(noise: float) -> None:
    key = small(with_figure(200), noise, 1)
    assert all(is_still(small(with_figure(200), noise, seed), key) for seed in range(2, 12))


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 6.0), (1.05, 0.0), (0.95, 2.0)])
def test_flickering_light_is_still(gain: float, offset: float) -> None:
    lit = np.clip(with_figure(200) * gain + offset, 0, 255).astype(np.uint8)
    assert is_still(small(lit, 2.0, 2), small(with_figure(200), 2.0, 1))


def test_another_light_is_not() -> None:
    assert not is_still(small((with_figure(200) * 0.7).astype(np.uint8)), small(with_figure(200)))


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_a_slow_mover_adds_up(noise: float) -> None:
    """A pixel of the small picture per second, which is 2.5 px here: seen before a second is over."""
    key = small(with_figure(200), noise, 1)
    seen_s = next(n / 30 for n in range(60) if not is_still(small(with_figure(200 + 2.5 * n / 30), noise, 2 + n), key))
    assert 0 < seen_s < 1.0


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
def test_a_small_hand_is_seen(noise: float) -> None:
    image = with_figure(200)
    waved = image.copy()
    cv2.circle(waved, (420, 200), 14, SKIN, -1)
    assert not is_still(small(waved, noise, 2), small(image, noise, 1))


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 2.0])
@pytest.mark.parametrize("tint", [(14, -3, 0), (0, -4, 8), (-9, 3, -2), (160, -107, 149)])
def test_what_has_the_rooms_brightness_is_seen_in_colour(tint: tuple[int, int, int], noise: float) -> None:
    """Differences in one colour difference alone, small ones in both, and all there can be."""
    room = np.full((HEIGHT, WIDTH, 3), (90, 130, 90), np.uint8)
    image = room.copy()
    cv2.circle(image, (420, 200), 30, tuple(int(each) for each in room[0, 0] + np.array(tint)), -1)
    assert abs(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(int) - cv2.cvtColor(room, cv2.COLOR_BGR2GRAY)).max() <= 1
    assert not is_still(small(image, noise, 2), small(room, noise, 1))
    assert is_still(small(image, noise, 3), small(image, noise, 2))


def test_somebody_close_who_leaves_is_no_other_light() -> None:
    assert not is_still(small(ROOM, 2.0, 2), small(with_figure(60, width=420, top=0), 2.0, 1))


def test_another_size_is_not_still() -> None:
    assert not is_still(small(ROOM), small(np.ascontiguousarray(ROOM[:, :480])))


def test_while_nothing_moves_a_frame_gets_the_last_alpha_and_it_is_refreshed() -> None:
    engine = Engine()
    gate, arrays = StillGate(engine, is_on=True), []
    for n in range(60):
        noisy = scene(n)
        noise = np.random.default_rng(n).normal(0, 2, noisy.image.shape)
        image = np.clip(noisy.image + noise, 0, 255).astype(np.uint8)
        alpha = gate.matte(Frame(image, n, n / 30, n / 30))
        assert alpha.sequence == n
        arrays.append(alpha.values)
    assert engine.seen == [0, 45]
    assert all(each is arrays[0] for each in arrays[:45])
    assert all(each is arrays[45] for each in arrays[45:])
    assert (gate.counts.key_frames, gate.counts.still) == (2, 58)
    gate.is_on = False
    gate.matte(scene(60))
    gate.matte(scene(61))
    assert engine.seen[2:] == [60, 61]
    gate.is_on = True
    gate.matte(scene(62))
    gate.matte(scene(63, 90))
    assert engine.seen[4:] == [63]


def test_what_moves_is_looked_at() -> None:
    engine = Engine()
    gate = StillGate(engine, is_on=True)
    for n in range(20):
        gate.matte(scene(n, 40 if n < 10 else 41 + n))
    assert engine.seen == [0, *range(10, 20)]


@pytest.mark.parametrize("is_on", [True, False])
@pytest.mark.parametrize("what", ["cut", "gap", "size", "backwards", "earlier"])
def test_a_new_scene_is_looked_at_and_a_new_source_resets_the_engine(what: str, is_on: bool) -> None:
    engine = Engine()
    gate = StillGate(engine, is_on)
    gate.matte(scene(30))
    other = np.full_like(OTHER_ROOM, 255)
    other[::2] = 0
    engine.values = np.zeros((4, 4), np.float32)
    new = {
        "cut": scene(31, None, other),
        "gap": scene(90),
        "size": Frame(np.zeros((90, 90, 3), np.uint8), 31, 31 / 30, 31 / 30),
        "backwards": scene(3),
        "earlier": Frame(scene(0).image, 31, 0.0, 0.0),
    }[what]
    assert gate.matte(new).values is engine.values
    assert engine.seen == [30, new.sequence]
    assert engine.resets == (what in ("size", "backwards", "earlier"))


def test_a_failure_stays_while_nothing_moves_since_the_last_answer() -> None:
    engine = Engine()
    gate = StillGate(engine, is_on=True)
    gate.matte(scene(0))
    engine.fails = True
    for sequence, left in ((1, 90), (2, 90), (3, 40)):
        with pytest.raises(ModelError, match="the engine failed"):
            gate.matte(scene(sequence, left))
    assert engine.seen == [0, 1, 2]
    engine.fails = False
    assert gate.matte(scene(4, 91)).sequence == 4
    gate.reset()
    assert gate.matte(scene(5)).sequence == 5
    assert engine.seen == [0, 1, 2, 4, 5]
    gate.close()
    assert (engine.resets, engine.closes) == (1, 1)
