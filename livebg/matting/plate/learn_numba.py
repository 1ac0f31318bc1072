"""Compiled loops that learn the background model and measure how far a picture is from it. correction.py calls them."""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, NUMBER, SIZE, kernel, part
from livebg.core.types import Image, Matte
from livebg.matting.plate.params import PLATE

GAIN_BINS, GAIN_STEP = 512, np.float32(1 / 128)  # histogram of picture / mean: 0..4
GAIN_SAMPLE = 37  # measure the gain on every 37th pixel
OUTSIDE, TRUSTED_S = np.float32(PLATE.background_below), np.float32(PLATE.trusted_s)
CLIPPED_LOW, CLIPPED_HIGH = np.float32(8), np.float32(247)  # levels outside do not show the gain
NOISE_FLOOR = np.float32(PLATE.noise_floor)
UNSTEADY_PX = np.float32(PLATE.unsteady_px)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
ZERO, ONE, HALF, THIRD = np.float32(0), np.float32(1), np.float32(0.5), np.float32(1 / 3)
DISAGREES = np.float32(4)
TEXTURED = np.float32(3)  # levels per px: a background pixel that shows whether the camera moved
MAX_AGE_S = np.float32(4)
TURNS = 4  # a pixel learns in every fourth frame: noise and light are slow, and comparing costs
MISSES = np.float32(8)  # one second of another colour cancels eight seconds of the same colour
SETTLING_S, FOLLOWING_S = np.float32(0.3), np.float32(2)  # a pixel's mean: while young, and when trusted
STEEPEST = np.float32(20)  # levels per px: more would let anything pass
SLANTED = np.float32(0.7)  # of the sum of both directions' change: the slope where both are equal
NOISE_PER_CHANGE = np.float32(1.25 / 3)  # a standard deviation is 1.25 mean deviations; three channels
U1, U2, U3 = np.uintp(1), np.uintp(2), np.uintp(3)


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, FLOATS_OUT, FLOATS_OUT)
def measure_gain(image: Image, mean: Matte, age: Matte, near: Matte, counts: Matte, gain: Matte) -> None:
    """Writes the median of picture / mean per channel into `gain`, float32 (3,); unchanged with under 30 pixels.

    image: BGR uint8 (3·n,); mean: float32 (3·n,), levels; age: float32 (n,), s; near: float32 (n,), local mean of alpha
    in 0..1. Uses every GAIN_SAMPLE-th background pixel that is trusted and not clipped. counts: scratch (3·GAIN_BINS,).
    """
    counts[:] = ZERO
    counted = ZERO
    for pixel in range(np.uintp(0), age.size, np.uintp(GAIN_SAMPLE)):
        if near[pixel] >= OUTSIDE or age[pixel] < TRUSTED_S:
            continue
        place = U3 * pixel
        low = min(mean[place], mean[place + U1], mean[place + U2])
        high = max(image[place], image[place + U1], image[place + U2])
        if low < CLIPPED_LOW or high > CLIPPED_HIGH:
            continue
        counted += ONE
        for channel in range(3):
            ratio = np.float32(image[place + np.uintp(channel)]) / mean[place + np.uintp(channel)]
            at: Any = min(np.int32(ratio / GAIN_STEP), GAIN_BINS - 1)
            counts[channel * GAIN_BINS + at] += ONE
    if counted >= 30:
        for channel in range(3):
            passed, at = ZERO, 0
            while passed + counts[channel * GAIN_BINS + at] < counted * HALF:
                passed += counts[channel * GAIN_BINS + at]
                at += 1
            within = (counted * HALF - passed) / max(counts[channel * GAIN_BINS + at], ONE)
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
    FLOATS_OUT,
    FLOATS_OUT,
    FLOATS_OUT,
)
def measure_distances(
    image: Image,
    near: Matte,
    mean: Matte,
    noise: Matte,
    age: Matte,
    gain: Matte,
    width: int,
    turn: int,
    steepness: Matte,
    distances: Matte,
    seen: Matte,
) -> None:
    """Writes how far each pixel is from the model into `distances`, in every TURNS-th row from `turn` on.

    image: BGR uint8 (3·n,), rows of `width`; near: local mean of alpha, (n,) in 0..1; mean (3·n,), noise, age (n,): the
    model; gain (3,). All but the image float32.
    distances: (n,), squared; 1 is the limit from which a pixel differs. seen: (5,), counted over trusted background
    pixels far from any person: how many, how many differ; the same of those with texture; and how many
    pixels of the picture are trusted. steepness: scratch (width,).
    """
    seen[:] = ZERO
    for start in range(turn * width, near.size, np.uintp(TURNS) * width):
        row = distances[start : start + width]
        steepen(mean, start, width, steepness)
        _compare_row(image, mean, noise, gain, start, steepness, row)
        _witness_row(near, age, start, steepness, row, seen)


@part
def _compare_row(
    image: Image, mean: Matte, noise: Matte, gain: Matte, start: int, steepness: Matte, row: Matte
) -> None:
    """Writes the squared distances of one row of pixels into `row`.

    image, mean, noise, gain: as measure_distances().
    """
    for x in range(np.uintp(0), row.size):
        place = U3 * (start + x)
        blue = np.float32(image[place]) - gain[0] * mean[place]
        green = np.float32(image[place + U1]) - gain[1] * mean[place + U1]
        red = np.float32(image[place + U2]) - gain[2] * mean[place + U2]
        most = DISAGREES * (max(NOISE_FLOOR, noise[start + x]) + UNSTEADY_PX * steepness[x])
        row[x] = (blue * blue + green * green + red * red) * THIRD / (most * most)


@part
def steepen(mean: Matte, start: int, width: int, steepness: Matte) -> None:
    """Writes the model's slope of m pixels into `steepness`, float32 (m,): the green channel's change per px.

    mean: float32 (3·n,), levels; the m pixels begin at `start`. The slope uses the pixels to the right and below. The
    last column's right neighbour is the first pixel of the next row: its steepness, and so its tolerance, is too high.
    """
    count = np.uintp(mean.size) // U3
    for x in range(np.uintp(steepness.size)):
        pixel = np.uintp(start + x)
        right, below = pixel + U1, pixel + width
        here = mean[U3 * pixel + U1]
        next_right = mean[U3 * right + U1] if right < count else here
        next_below = mean[U3 * below + U1] if below < count else here
        steepness[x] = min(SLANTED * (abs(next_right - here) + abs(next_below - here)), STEEPEST)


@part
def _witness_row(near: Matte, age: Matte, start: int, steepness: Matte, row: Matte, seen: Matte) -> None:
    """Counts background pixels of one row, and those that differ from the model, into `seen`."""
    counted, wrong, textured, textured_wrong, trusted = ZERO, ZERO, ZERO, ZERO, ZERO
    for x in range(np.uintp(0), row.size):
        is_trusted = ONE if age[start + x] >= TRUSTED_S else ZERO
        is_witness = is_trusted if near[start + x] < OUTSIDE else ZERO
        is_wrong = is_witness if row[x] > ONE else ZERO
        is_textured = steepness[x] > TEXTURED
        trusted += is_trusted
        counted += is_witness
        wrong += is_wrong
        textured += is_witness if is_textured else ZERO
        textured_wrong += is_wrong if is_textured else ZERO
    seen[0] += counted
    seen[1] += wrong
    seen[2] += textured
    seen[3] += textured_wrong
    seen[4] += trusted


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, FLOATS_IN, SIZE, SIZE, NUMBER, NUMBER, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def learn(
    image: Image,
    near: Matte,
    distances: Matte,
    gain: Matte,
    width: int,
    turn: int,
    elapsed_s: float,
    pace: float,
    mean: Matte,
    noise: Matte,
    age: Matte,
) -> None:
    """Teach the model this picture: where pixels agree, the mean moves a little and age grows.

    Only pixels that measure_distances() has compared; one that disagrees for long enough starts again. image, near,
    distances, gain, mean, noise, age: as measure_distances(); mean, noise and age change. elapsed_s: since the
    last time; pace: how fast age grows.
    """
    for start in range(turn * width, near.size, np.uintp(TURNS) * width):
        for pixel in range(start, start + width):
            if near[pixel] >= OUTSIDE:
                continue
            share = max(elapsed_s / SETTLING_S, elapsed_s / (age[pixel] + elapsed_s))
            share = min(elapsed_s / FOLLOWING_S if age[pixel] >= TRUSTED_S else share, ONE)
            if distances[pixel] > ONE:
                age[pixel] -= MISSES * elapsed_s
                if age[pixel] > ZERO:
                    continue
                age[pixel], noise[pixel], share = ZERO, ONE, ONE
            else:
                age[pixel] = min(age[pixel] + elapsed_s * pace, MAX_AGE_S)
            difference = ZERO
            for channel in range(np.uintp(0), U3):
                place = U3 * pixel + channel
                change = np.float32(image[place]) - gain[channel] * mean[place]
                mean[place] += share * change / gain[channel]
                difference += abs(change)
            if share < ONE:
                noise[pixel] += share * (difference * NOISE_PER_CHANGE - noise[pixel])
