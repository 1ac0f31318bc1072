"""Foreground estimation at the small size, by compiled loops: the same as the reference (foreground_torch.py). A
composite with it is 30 times as fast on one core (tests/bench/twins.py), as the last fusion happens only where alpha is
soft.

The wide pass averages colours in cells of CELL x CELL pixels and then over 3 x 3 cells, which replaces a box of 12
pixels at a hundredth of its cost. The narrow pass runs everywhere, over whole rows in vector instructions: single
pixels only where alpha is soft cost more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livebg.core.jit import BYTES_IN, FLOATS_IN, FLOATS_OUT, SIZE, Place, kernel, part
from livebg.core.types import Image, Matte
from livebg.scene.compositing.params import FOREGROUND

CELL = FOREGROUND.cell
SUMS = 7  # planes of sums: the person's blue, green, red and share; the picture's blue, green, red
FOUND = 6  # planes of what is found: the person's blue, green, red, the room's
RUNS, PADS = 41, 8  # of second_pass's scratch: its rows, and by how much each is longer than a row of pixels
AREA = np.float32(CELL * CELL)
FAINT, COARSE = np.float32(FOREGROUND.faint), np.float32(FOREGROUND.coarse)
TRUST = np.float32(FOREGROUND.trust)
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
LEVELS, ZERO, ONE, TWO, THREE = (np.float32(each) for each in (255, 0, 1, 2, 3))
U0, U1, U2, U3, U4, U5, U6, U7 = (np.uintp(each) for each in range(8))


@kernel(BYTES_IN, FLOATS_IN, SIZE, FLOATS_OUT, FLOATS_OUT, FLOATS_OUT)
def first_pass(image: Image, alpha: Matte, width: int, cells: Matte, row: Matte, means: Matte) -> None:
    """image: uint8 (3·h·w,), alpha: float32 (h·w,) in 0..1, h and w multiples of CELL.

    means: (h·w / CELL² · 6): blue, green, red of the person and of the room around each cell, levels. cells: SUMS
    planes of (h/CELL + 2) rows of w/CELL + 2 sums; row: SUMS·w: scratch.
    """
    across = width // U4
    down, stride = np.uintp(alpha.size) // width // U4, across + U2
    plane = (down + U2) * stride
    for each in range(cells.size):
        cells[each] = ZERO
    for y in range(down):
        _sum_columns(image, alpha, y * U4, width, row)
        for sums in range(SUMS):
            start, target = np.uintp(sums) * width, np.uintp(sums) * plane + (y + U1) * stride + U1
            for x in range(across):
                near = start + U4 * x
                cells[target + x] = row[near] + row[near + U1] + row[near + U2] + row[near + U3]
    _average_cells(cells, plane, stride, across, down, means)


@part
def _sum_columns(image: Image, alpha: Matte, y: Place, width: Place, row: Matte) -> None:
    """The sums over CELL rows from y on, at each column."""
    for each in range(SUMS * width):
        row[each] = ZERO
    for line in range(y, y + U4):
        colours, shares = image[U3 * line * width :], alpha[line * width :]
        for x in range(width):
            share = shares[x]
            blue = np.float32(colours[U3 * x])
            green = np.float32(colours[U3 * x + U1])
            red = np.float32(colours[U3 * x + U2])
            row[x] += share * blue
            row[width + x] += share * green
            row[U2 * width + x] += share * red
            row[U3 * width + x] += share
            row[U4 * width + x] += blue
            row[U5 * width + x] += green
            row[U6 * width + x] += red


@part
def _average_cells(cells: Matte, plane: Place, stride: Place, across: Place, down: Place, means: Matte) -> None:
    """Means over 3 x 3 cells, of the person weighted by alpha and of the room by 1 − alpha."""
    person_px = ZERO
    for each in range(U3 * plane, U4 * plane):
        person_px += cells[each]
    all_px = AREA * np.float32(across * down)
    for channel in range(U3):
        own, whole = channel * plane, (U4 + channel) * plane
        person = everything = ZERO
        for each in range(plane):
            person += cells[own + each]
            everything += cells[whole + each]
        mean = everything / all_px
        person_mean = (person + FAINT * mean) / (person_px + FAINT)
        room_mean = (everything - person + FAINT * mean) / (all_px - person_px + FAINT)
        for y in range(down):
            above = y * stride
            target = U6 * y * across + channel
            rows = np.float32(min(y + U2, down) - (y - U1 if y > U0 else U0))
            for x in range(across):
                share = _around(cells, U3 * plane + above + x, stride)
                seen = _around(cells, own + above + x, stride)
                rest = _around(cells, whole + above + x, stride) - seen
                columns = np.float32(min(x + U2, across) - (x - U1 if x > U0 else U0))
                means[target + U6 * x] = (seen + FAINT * person_mean) / (share + FAINT)
                room = max(AREA * rows * columns - share, ZERO)
                means[target + U6 * x + U3] = (rest + FAINT * room_mean) / (room + FAINT)


@part
def _around(cells: Matte, place: Place, stride: Place) -> Any:
    """The sum over 3 x 3 cells, from their upper left one."""
    middle, lower = place + stride, place + stride + stride
    upper_sum = cells[place] + cells[place + U1] + cells[place + U2]
    middle_sum = cells[middle] + cells[middle + U1] + cells[middle + U2]
    return upper_sum + middle_sum + cells[lower] + cells[lower + U1] + cells[lower + U2]


@kernel(BYTES_IN, FLOATS_IN, FLOATS_IN, SIZE, FLOATS_OUT, FLOATS_OUT)
def second_pass(image: Image, alpha: Matte, means: Matte, width: int, lines: Matte, colours: Matte) -> None:
    """Means over the 3 x 3 pixels around each: the person's colours, fused from the cells' means, weighted by alpha,
    and the room's by 1 − alpha.

    image, alpha, means: as first_pass has them. colours: float32 (h, FOUND, w), flat. lines: RUNS·(w + PADS): scratch.
    """
    run, height = width + np.uintp(PADS), np.uintp(alpha.size) // width
    for each in range(lines.size):
        lines[each] = ZERO
    ring, work, cells = lines[: U3 * U7 * run], lines[U3 * U7 * run :], lines[np.uintp(29) * run :]
    for y in range(height + U1):
        sums = ring[y % U3 * U7 * run : (y % U3 + U1) * U7 * run]
        if y == height:
            for each in range(sums.size):
                sums[each] = ZERO
        else:
            own = cells[y // U4 % U2 * U6 * run :]
            if y % U4 == U0:
                _lay_out(means[U6 * (y // U4 * (width // U4)) :], width, run, own)
            _weigh(image[U3 * y * width :], alpha[y * width :], width, run, own, work, sums)
        if y > U0:
            above = y - U1
            near = TWO if above == U0 or y == height else THREE
            own = cells[above // U4 % U2 * U6 * run :]
            _average_rows(ring, near, own, width, run, work, colours[U6 * above * width :])


@part
def _lay_out(means: Matte, width: Place, run: Place, own: Matte) -> None:
    """Writes the cells' means at each of their pixels, one run for each of the six."""
    for x in range(width):
        for each in range(U6):
            own[each * run + x] = means[U6 * (x // U4) + each]


@part
def _weigh(image: Image, alpha: Matte, width: Place, run: Place, own: Matte, work: Matte, sums: Matte) -> None:
    """A row's weighted colours and the weights, summed over three pixels; beyond the row everything is 0."""
    room, shares, seen = run, U2 * run, U5 * run
    for x in range(width):
        work[seen + x] = np.float32(image[U3 * x])
        work[seen + run + x] = np.float32(image[U3 * x + U1])
        work[seen + U2 * run + x] = np.float32(image[U3 * x + U2])
        work[shares + x + U1] = alpha[x]
    _add_three(work, shares, width, sums, U6 * run)
    for channel in range(U3):
        means, room_means = channel * run, (U3 + channel) * run
        for x in range(width):
            share, mean = alpha[x], own[means + x]
            fused = mean + share * (work[seen + x] - share * mean - (ONE - share) * own[room_means + x])
            work[x + U1] = share * min(max(fused, ZERO), LEVELS)
        for x in range(width):
            work[room + x + U1] = (ONE - alpha[x]) * own[room_means + x]
        _add_three(work, U0, width, sums, means)
        _add_three(work, room, width, sums, room_means)
        seen += run


@part
def _add_three(lines: Matte, place: Place, width: Place, sums: Matte, target: Place) -> None:
    for x in range(width):
        sums[target + x] = lines[place + x] + lines[place + x + U1] + lines[place + x + U2]


@part
def _average_rows(ring: Matte, near: Any, own: Matte, width: Place, run: Place, work: Matte, colours: Matte) -> None:
    """Three rows of sums → the means, where `near` rows are of the picture."""
    second, third, weights, rests = U7 * run, U2 * U7 * run, U3 * run, U4 * run
    for x in range(width):
        near_sum = U6 * run + x
        share = ring[near_sum] + ring[second + near_sum] + ring[third + near_sum]
        columns = TWO if x == U0 or x + U1 == width else THREE
        work[weights + x] = ONE / (share + COARSE)
        work[rests + x] = ONE / (max(near * columns - share, ZERO) + COARSE)
    for channel in range(U6):
        by, target, first = weights if channel < U3 else rests, channel * width, channel * run
        for x in range(width):
            colour = ring[first + x] + ring[first + second + x] + ring[first + third + x] + COARSE * own[first + x]
            colours[target + x] = colour * work[by + x]
