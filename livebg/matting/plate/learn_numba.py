"""The loops that learn the empty room and say how far a picture is from it, compiled. Know nothing about frames or
settings (plate.py), nor about persons (plate_evidence_kernels.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.plate.params import PLATE

GAIN_BINS, GAIN_STEP = 512, np.float32(1 / 128)  # of the histogram of how much brighter a pixel is than the room: 0..4
GAIN_SAMPLE = 37  # every so many pixels are asked for the gain
OUTSIDE = np.float32(PLATE.background_below)
CLIPPED_LOW, CLIPPED_HIGH = np.float32(8), np.float32(247)  # levels that say nothing of a gain
NOISE_FLOOR = np.float32(PLATE.noise_floor)
UNSTEADY_PX = np.float32(PLATE.unsteady_px)
NOTHING, ALL, HALF, THIRD = np.float32(0), np.float32(1), np.float32(0.5), np.float32(1 / 3)
DISAGREES = np.float32(4)
TEXTURED = np.float32(3)  # levels per px: a witness that shows whether the camera moved
MAX_AGE_S = np.float32(4)
TURNS = 4  # a pixel learns in every fourth frame: noise and light are slow, and comparing costs
MISSES = np.float32(8)  # a second of another colour undoes so many of the same one
SETTLING_S, FOLLOWING_S = np.float32(0.3), np.float32(2)  # a pixel's mean: while young, and when trusted
STEEPEST = np.float32(20)  # levels per px: more would let anything pass
SLANTED = np.float32(0.7)  # of the sum of both directions' change: the slope where both are equal
NOISE_PER_CHANGE = np.float32(1.25 / 3)  # a standard deviation is 1.25 mean deviations; three channels
ONE, TWO, THREE = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, NUMBER, FLOATS_OUT, FLOATS_OUT)
def measure_gain(
    image: Image, mean: Matte, age: Matte, near: Matte, trusted_s: float, counts: Matte, gain: Matte
) -> None:
    """The median of picture / room over the witnesses, per channel, into `gain` (3,), as it was where they are few.

    image uint8 (3 n,), mean (3 n,), age, near (n,); counts: scratch (3 GAIN_BINS,).
    """
    counts[:] = NOTHING
    asked = NOTHING
    for pixel in range(np.uintp(0), age.size, np.uintp(GAIN_SAMPLE)):
        if near[pixel] >= OUTSIDE or age[pixel] < trusted_s:
            continue
        place = THREE * pixel
        low = min(mean[place], mean[place + ONE], mean[place + TWO])
        high = max(image[place], image[place + ONE], image[place + TWO])
        if low < CLIPPED_LOW or high > CLIPPED_HIGH:
            continue
        asked += ALL
        for channel in range(3):
            ratio = np.float32(image[place + np.uintp(channel)]) / mean[place + np.uintp(channel)]
            at: Any = min(np.int32(ratio / GAIN_STEP), GAIN_BINS - 1)
            counts[channel * GAIN_BINS + at] += ALL
    if asked >= 30:
        for channel in range(3):
            passed, at = NOTHING, 0
            while passed + counts[channel * GAIN_BINS + at] < asked * HALF:
                passed += counts[channel * GAIN_BINS + at]
                at += 1
            within = (asked * HALF - passed) / max(counts[channel * GAIN_BINS + at], ALL)
            gain[channel] = (np.float32(at) + within) * GAIN_STEP


@kernel(
    BYTES_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    FLOATS_IN,
    SIZE,
    SIZE,
    NUMBER,
    FLOATS_OUT,
    FLOATS_OUT,
    FLOATS_OUT,
)
def ask(
    image: Image,
    near: Matte,
    mean: Matte,
    noise: Matte,
    age: Matte,
    gain: Matte,
    width: int,
    turn: int,
    trusted_s: float,
    steepness: Matte,
    distances: Matte,
    seen: Matte,
) -> None:
    """How far the picture is from the room, in every TURNS-th row from `turn` on: of the witnesses, who are far from
    everybody and trusted from this age on.

    image uint8 (3 n,), mean (3 n,), near, noise, age (n,) of one picture `width` wide; gain (3,); steepness: scratch
    (w,). distances (n,): 1 where a pixel just disagrees, squared. seen: how many were asked, disagreed; the same of the
    textured ones; how many pixels are trusted.
    """
    seen[:] = NOTHING
    for start in range(turn * width, near.size, np.uintp(TURNS) * width):
        row = distances[start : start + width]
        steepen(mean, start, width, steepness)
        _compare_row(image, mean, noise, gain, start, steepness, row)
        _witness_row(near, age, trusted_s, start, steepness, row, seen)


@part
def _compare_row(
    image: Image, mean: Matte, noise: Matte, gain: Matte, start: int, steepness: Matte, row: Matte
) -> None:
    for x in range(np.uintp(0), row.size):
        place = THREE * (start + x)
        blue = np.float32(image[place]) - gain[0] * mean[place]
        green = np.float32(image[place + ONE]) - gain[1] * mean[place + ONE]
        red = np.float32(image[place + TWO]) - gain[2] * mean[place + TWO]
        most = DISAGREES * (max(NOISE_FLOOR, noise[start + x]) + UNSTEADY_PX * steepness[x])
        row[x] = (blue * blue + green * green + red * red) * THIRD / (most * most)


@part
def steepen(mean: Matte, start: int, width: int, steepness: Matte) -> None:
    """steepness (m,): the green channel's change per px to the right and down, levels, of m pixels from `start` on.

    The last column's next pixel is the first of the next row: that one's steepness, and so its tolerance, is too high.
    """
    count = np.uintp(mean.size) // THREE
    for x in range(np.uintp(steepness.size)):
        pixel = np.uintp(start + x)
        right, below = pixel + ONE, pixel + width
        here = mean[THREE * pixel + ONE]
        next_right = mean[THREE * right + ONE] if right < count else here
        next_below = mean[THREE * below + ONE] if below < count else here
        steepness[x] = min(SLANTED * (abs(next_right - here) + abs(next_below - here)), STEEPEST)


@part
def _witness_row(
    near: Matte, age: Matte, trusted_s: float, start: int, steepness: Matte, row: Matte, seen: Matte
) -> None:
    asked, wrong, textured, textured_wrong, trusted = NOTHING, NOTHING, NOTHING, NOTHING, NOTHING
    for x in range(np.uintp(0), row.size):
        is_trusted = ALL if age[start + x] >= trusted_s else NOTHING
        is_witness = is_trusted if near[start + x] < OUTSIDE else NOTHING
        is_wrong = is_witness if row[x] > ALL else NOTHING
        is_textured = steepness[x] > TEXTURED
        trusted += is_trusted
        asked += is_witness
        wrong += is_wrong
        textured += is_witness if is_textured else NOTHING
        textured_wrong += is_wrong if is_textured else NOTHING
    seen[0] += asked
    seen[1] += wrong
    seen[2] += textured
    seen[3] += textured_wrong
    seen[4] += trusted


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, SIZE, SIZE, FLOATS_IN, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def teach(
    image: Image,
    near: Matte,
    distances: Matte,
    gain: Matte,
    width: int,
    turn: int,
    knobs: NDArray[Any],
    mean: Matte,
    noise: Matte,
    age: Matte,
) -> None:
    """The pixels that ask() compared move the mean a little and age where they agree; where they disagree for long
    enough they are begun anew. knobs: seconds since the last time, how fast age grows, trusted from this age on."""
    elapsed_s, pace, trusted_s = knobs[0], knobs[1], knobs[2]
    for start in range(turn * width, near.size, np.uintp(TURNS) * width):
        for pixel in range(start, start + width):
            if near[pixel] >= OUTSIDE:
                continue
            share = max(elapsed_s / SETTLING_S, elapsed_s / (age[pixel] + elapsed_s))
            share = min(elapsed_s / FOLLOWING_S if age[pixel] >= trusted_s else share, ALL)
            if distances[pixel] > ALL:
                age[pixel] -= MISSES * elapsed_s
                if age[pixel] > NOTHING:
                    continue
                age[pixel], noise[pixel], share = NOTHING, ALL, ALL
            else:
                age[pixel] = min(age[pixel] + elapsed_s * pace, MAX_AGE_S)
            difference = NOTHING
            for channel in range(np.uintp(0), THREE):
                place = THREE * pixel + channel
                change = np.float32(image[place]) - gain[channel] * mean[place]
                mean[place] += share * change / gain[channel]
                difference += abs(change)
            if share < ALL:
                noise[pixel] += share * (difference * NOISE_PER_CHANGE - noise[pixel])
