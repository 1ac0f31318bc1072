"""Who left is held by no memory, whatever of the room has their colour; who stands where they stood is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from unittest import mock

import cv2
import numpy as np
import pytest

from livebg import models
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.scheduling import ScheduledEngine
from livebg.matting.temporal.leaving import GRID, LATELY_S, Lately, with_leaving
from livebg.pipeline import cpu_build
from livebg.pipeline.film.processor import open_film_processor
from livebg.scene.backgrounds import open_background

HEIGHT, WIDTH, FPS, COUNT, LEAVES = 180, 320, 30.0, 16, 9
GREY = np.array((120, 128, 128), np.float32)
DIFFERENCES = {  # of luma, red and blue difference, from person to room
    "brighter": (30, 0, 0),
    "hardly brighter": (6, 0, 0),
    "red": (0, 30, 0),
    "hardly red": (0, 8, 0),
    "blue": (0, 0, 30),
    "hardly blue": (0, 0, 8),
}


def _texture(seed: int) -> np.ndarray:
    rng, size = np.random.default_rng(seed), (WIDTH, HEIGHT)
    grains = [rng.normal(0, (16, 5, 5), (*shape, 3)).astype(np.float32) for shape in ((45, 80), (9, 16))]
    return sum(cv2.resize(each, size, interpolation=cv2.INTER_CUBIC) for each in grains)


ROOMS = {"flat": GREY + np.zeros((HEIGHT, WIDTH, 3), np.float32), "furnished": GREY + _texture(3)}


def _outline(*middles: float, half: bool = False) -> np.ndarray:
    """uint8 (h, w), 255 where people with these middles are; half: only in the left half of the picture."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for middle in middles:
        cv2.ellipse(mask, (round(middle * WIDTH), HEIGHT), (40, 110), 0, 0, 360, 255, -1)
    if half:
        mask[:, WIDTH // 2 :] = 0
    return mask


def _hand(angle: float) -> np.ndarray:
    mask = _outline(0.4)
    cv2.circle(mask, (round(WIDTH * (0.75 + 0.08 * np.sin(angle))), 70), 12, 255, -1)
    return mask


SCENES: dict[str, Callable[[int], np.ndarray]] = {
    "leaves": lambda index: _outline(0.5) if index < LEAVES else _outline(),
    "leaves for two frames": lambda index: _outline() if LEAVES <= index < LEAVES + 2 else _outline(0.5),
    "half leaves": lambda index: _outline(0.5, half=index >= LEAVES),
    "sways": lambda index: _outline(0.5 + 0.25 * np.sin(index / 8)),
    "waves": lambda index: _hand(index / 5),
}
ALLOWED = 0.001  # of the picture: single pixels of an edge that guiding alone puts no better
FINE = "fine, "  # the alpha shows the edge itself, and holding.py holds pieces of it
MEMORIES = {"live": {}, "every fourth frame": {"stride": 4, "still_gate": False}, "film": {}}
MEMORIES |= {FINE + each: MEMORIES[each] for each in ("live", "film")}


class _Truth:
    description = "the truth"

    def __init__(self, is_fine: bool) -> None:
        self.outlines: dict[int, np.ndarray] = {}
        self._share = 1.0 if is_fine else 0.5

    def matte(self, frame: Frame) -> Alpha:
        outline = (self.outlines[frame.sequence] / 255).astype(np.float32)
        small = cv2.resize(outline, None, fx=self._share, fy=self._share, interpolation=cv2.INTER_AREA)
        return Alpha(np.asarray(small, np.float32), frame.sequence)

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Nothing to give back."""


@cache
def _noise(index: int) -> np.ndarray:
    """A camera's, float32 (h, w, 3): in luma for each pixel, in colours coarser."""
    rng = np.random.default_rng(index)
    luma = rng.normal(0, 1.5, (HEIGHT, WIDTH))
    grain = rng.normal(0, 1.0, (HEIGHT // 2, WIDTH // 2, 2)).astype(np.float32)
    colours = cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    return np.dstack([luma, colours]).astype(np.float32)


def _frame(index: int, room: np.ndarray, person: np.ndarray, outline: np.ndarray) -> Frame:
    picture = np.where(outline[..., None] > 0, person, room) + _noise(index)
    channels = np.clip(picture + np.float32(0.5), 0, 255).astype(np.uint8)
    return Frame(np.asarray(cv2.cvtColor(channels, cv2.COLOR_YCrCb2BGR)), index, index / FPS, index / FPS)


def _alphas(memory: str, frames: list[Frame], engine: _Truth) -> list[Matte]:
    options = {"engine": "selfie", "background": "#808080", "plate": "off", **MEMORIES[memory]}
    settings = change(Settings(), options)
    if memory.endswith("film"):
        with mock.patch.object(models, "open_engine", return_value=engine):
            film = open_film_processor(settings, WIDTH, HEIGHT, FPS)
        done = [each for frame in frames for each in film.feed(frame)] + list(film.flush())
        return [each.alpha for each in done if each.alpha is not None]
    scheduled = ScheduledEngine(engine, False, stride=settings.stride or 1, still_gate=settings.still_gate)
    live, background = cpu_build.live_processor(scheduled, settings, Stats()), open_background(settings)
    return [each.alpha for frame in frames for each in live.feed(frame, settings, background) if each.alpha is not None]


@pytest.mark.slow
@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("difference", DIFFERENCES)
def test_no_room_is_shown_where_somebody_was(memory: str, room: str, difference: str) -> None:
    behind = ROOMS[room]
    person = (behind if room == "flat" else GREY + _texture(4)) + np.array(DIFFERENCES[difference], np.float32)
    _check_no_room(memory, behind, person)


@pytest.mark.slow
def test_who_has_the_rooms_colour_below_goes_as_a_whole() -> None:
    """There nothing moves: the rest of the outline decides, or the legs stay behind."""
    behind, legs = ROOMS["flat"], HEIGHT * 3 // 5
    person = behind + np.array(DIFFERENCES["brighter"], np.float32)
    person[legs:] = behind[legs:]
    _check_no_room("live", behind, person)


def _check_no_room(memory: str, behind: np.ndarray, person: np.ndarray) -> None:
    engine = _Truth(memory.startswith(FINE))
    for name, outline in SCENES.items():
        engine.outlines = {index: outline(index) for index in range(COUNT)}
        frames = [_frame(index, behind, person, each) for index, each in engine.outlines.items()]
        alphas = _alphas(memory, frames, engine)
        assert len(alphas) == COUNT
        for index, alpha in enumerate(alphas):
            is_room = cv2.dilate(engine.outlines[index], np.ones((15, 15), np.uint8)) == 0
            shown = np.count_nonzero((alpha > 0.12) & is_room)
            assert shown <= ALLOWED * alpha.size, f"{name}: {shown} px in frame {index}"


def _block(level: float, rows: slice, columns: slice) -> np.ndarray:
    values = np.zeros((40, 60), np.float32)
    values[rows, columns] = level
    return values


BODY, LIMB = _block(1, slice(10, 40), slice(4, 30)), _block(1, slice(10, 30), slice(40, 50))


def test_a_region_goes_as_a_whole_where_most_of_it_moved_and_the_other_stays() -> None:
    moved = _block(1, slice(10, 30), slice(4, 30))
    result = with_leaving(moved, np.zeros_like(BODY), np.maximum(BODY, LIMB))
    assert result[BODY > 0].min() == 1
    assert not result[LIMB > 0].any()


def test_the_same_motion_where_nothing_is_lost() -> None:
    moved = _block(0.5, slice(0, 40), slice(0, 60))
    assert with_leaving(moved, LIMB, LIMB) is moved
    assert with_leaving(moved, LIMB, np.zeros_like(LIMB)) is moved


def test_all_of_the_picture_may_be_lost() -> None:
    whole = np.ones((41, 61), np.float32)
    assert with_leaving(whole * 0.5, whole * 0, whole).min() == 1
    assert not with_leaving(whole * 0.02, whole * 0, whole).max() > 0.02


def test_what_moved_a_moment_ago_counts_for_a_while() -> None:
    lately, still = Lately(), np.zeros_like(LIMB)
    lately.add(LIMB, 0.0)
    lately.add(still, LATELY_S / 2)
    assert lately.values[LIMB[::GRID, ::GRID] > 0].min() == pytest.approx(0.5)
    assert with_leaving(still, still, LIMB, lately.values)[LIMB > 0].min() == 1
    lately.add(still, LATELY_S)
    assert not lately.values.any()
