"""Short clips that begin where they end: every movement in them makes whole turns within the clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from studio import lens, noise, skies
from studio.lens import Array, Picture
from studio.surfaces import lit, spot

FPS, SECONDS = 30, 8
FRAMES = FPS * SECONDS
WIDTH, HEIGHT = 1280, 720  # the light is computed at this size, px: nothing in it is sharper than that
SHOWN_SIZE = (1920, 1080)  # and enlarged to this before the grain is added
TURN = 2 * np.pi


def bokeh_drift() -> Iterator[Picture]:
    """Warm lights out of focus that wander and breathe slowly."""
    random = np.random.default_rng(201)
    ground = skies.ramp((0.030, 0.016, 0.014), (0.062, 0.031, 0.018), (0.022, 0.012, 0.012))
    ground = ground * np.exp(0.5 * noise.flat(*ground.shape[:2], 700, 202, 3))[..., None]
    ground = cv2.resize(ground.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    spots = []
    for count, radius, power in ((70, 15, 0.16), (44, 34, 0.075), (20, 62, 0.05)):
        for _ in range(count):
            colour = np.array(skies.WARM[random.integers(len(skies.WARM))]) * power * random.lognormal(0, 0.6)
            place = random.uniform((0, -0.05), (1, 1.05)) * (WIDTH, HEIGHT)
            wander = radius * random.uniform(0.25, 1.1, 2)
            phases, beats = random.uniform(0, TURN, 3), random.integers(1, 3)
            spots.append((colour, radius * random.uniform(0.8, 1.15), place, wander, phases, beats))
    for number in range(FRAMES):
        time = TURN * number / FRAMES
        light = ground.copy()
        for colour, radius, place, wander, phases, beats in spots:
            centre = place + wander * np.sin(time + phases[:2])
            _add_disc(light, centre, radius, colour * (0.75 + 0.25 * np.sin(beats * time + phases[2])))
        yield _shown(cv2.GaussianBlur(light, (0, 0), 1.6), 2.6)


def _add_disc(light: Array, centre: Array, radius: float, colour: Array) -> None:
    """Adds a round spot, its rim a little brighter; drawn only where it lies inside the picture."""
    left, top = (int(np.floor(each - radius)) - 1 for each in centre)
    right, bottom = (int(np.ceil(each + radius)) + 2 for each in centre)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, WIDTH), min(bottom, HEIGHT)
    if left >= right or top >= bottom:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    away = np.hypot(x - centre[0], y - centre[1])
    share = np.clip(radius + 0.5 - away, 0, 1) * (0.8 + 0.2 * (away / radius) ** 4)
    light[top:bottom, left:right] += share[..., None] * colour.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Frond:
    """A palm's leaf: foot and length of its stem, px; where it points and how it bends, radians; the wind's phases."""

    foot: tuple[float, float]
    turn: float
    bend: float
    length: float
    phases: tuple[float, float, float]


NEAR_FRONDS = (
    Frond((-150, 290), -0.55, 1.2, 760, (0.0, 1.1, 2.3)),
    Frond((1420, 60), 2.7, 0.55, 720, (2.1, 0.3, 4.0)),
)
FAR_FRONDS = (
    Frond((-60, 760), -1.05, 0.9, 640, (1.3, 3.2, 5.0)),
    Frond((1330, 620), 3.75, -0.8, 700, (3.6, 5.5, 1.9)),
    Frond((300, -160), 0.95, 0.7, 560, (4.4, 2.0, 0.7)),
)


def leaf_shadows() -> Iterator[Picture]:
    """Morning sun on a plaster wall past palm leaves in a light wind; the nearer ones throw sharper shadows."""
    heights = noise.flat(1080, 1920, 130, 211, 5, 2.2) * 1.3 + noise.flat(1080, 1920, 16, 212, 3) * 0.1
    colour = np.exp(0.06 * noise.flat(1080, 1920, 380, 213, 5))[..., None] * np.array((0.68, 0.61, 0.52), np.float32)
    wall = lens.blurred(lit(heights, colour, (-0.7, 0.5, 0.8)), 2.5)
    wall = cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    beam = cv2.resize(spot((0.42, 0.3), 1.0, 0.3), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[..., None]
    sun, sky = np.array((1.22, 0.98, 0.70), np.float32) * beam, np.array((0.25, 0.26, 0.30), np.float32)
    for number in range(FRAMES):
        time, lit_share = TURN * number / FRAMES, np.ones((HEIGHT, WIDTH), np.float32)
        for fronds, blur, depth in ((NEAR_FRONDS, 5.5, 0.85), (FAR_FRONDS, 12.0, 0.7)):
            lit_share *= 1 - depth * cv2.GaussianBlur(_frond_mask(fronds, time), (0, 0), blur)
        yield _shown(wall * (sky + sun * lit_share[..., None]), 1.15)


def _frond_mask(fronds: tuple[Frond, ...], time: float) -> Array:
    """1 where a leaf stands before the sun: float32 (HEIGHT, WIDTH)."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for frond in fronds:
        first, second, third = frond.phases
        turn = frond.turn + 0.030 * np.sin(time + first) + 0.012 * np.sin(2 * time + second)
        bend = frond.bend + 0.07 * np.sin(time + third)
        at, steps = np.array(frond.foot, np.float64), 19
        for step in range(steps):
            share = step / (steps - 1)
            ahead = turn + bend * share
            onward = at + frond.length / steps * np.array((np.cos(ahead), np.sin(ahead)))
            thick = np.array((1.5, -2.5))
            _fill(mask, np.stack([at - thick, onward - thick, onward + thick, at + thick]))
            at = onward
            if share < 0.14:
                continue
            length = frond.length * 0.36 * np.sin(np.pi * (0.2 + 0.72 * share)) ** 0.8
            for side in (-1, 1):
                flutter = 0.035 * np.sin(2 * time + first + 5 * share + side)
                _leaflet(mask, at, ahead + side * (0.95 - 0.5 * share) + flutter, length)
    return mask.astype(np.float32) / 255


def _leaflet(mask: NDArray[np.uint8], foot: Array, turn: float, length: float) -> None:
    """A long narrow blade that hangs a little towards its tip."""
    along = np.linspace(0, 1, 10)
    wide = 0.030 * np.sin(np.pi * along**0.75)
    hang = 0.10 * along**2
    outline = np.concatenate([np.stack([along, hang + wide], 1), np.stack([along, hang - wide], 1)[::-1]]) * length
    ahead, across = np.array((np.cos(turn), np.sin(turn))), np.array((-np.sin(turn), np.cos(turn)))
    _fill(mask, foot + outline[:, :1] * ahead + outline[:, 1:] * across)


def _fill(mask: NDArray[np.uint8], outline: Array) -> None:
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _shown(light: Array, exposure: float) -> Picture:
    """Light → RGB uint8; the grain stands still, so that the coder need not send it thirty times a second."""
    enlarged = cv2.resize(light * np.float32(exposure), SHOWN_SIZE, interpolation=cv2.INTER_CUBIC)
    return lens.dithered(lens.film(np.maximum(enlarged, 0)), 0.5, 231)


def save(pictures: Iterator[Picture], path: Path) -> None:
    """H.264 in MP4, BT.709; one thread, so that the same pictures give the same file."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = *SHOWN_SIZE, "yuv420p"
        stream.color_range, stream.colorspace = ColorRange.MPEG, Colorspace.ITU709
        stream.color_primaries = stream.color_trc = 1
        # One key picture: with one every 2 s, the wall's texture was seen to breathe in that beat.
        stream.options = {"crf": "25", "preset": "slow", "g": str(FRAMES), "threads": "1"}
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


LOOPS: dict[str, Callable[[], Iterator[Picture]]] = {"bokeh-drift": bokeh_drift, "leaf-shadows": leaf_shadows}
