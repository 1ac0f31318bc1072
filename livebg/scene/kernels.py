"""The loops that make a composite, compiled. A picture is one run of pixels; blocks without a soft pixel are copied.

The person's colours are the camera's, or estimated (foreground.py), or changed (light.py); whichever thread asks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.compiled import BYTES_IN, BYTES_OUT, FLAG, FLOATS_IN, FLOATS_OUT, INTEGERS_IN, PLACES_IN, kernel, part
from livebg.scene.foreground_kernels import FOUND, HIGHEST_BITS, LOWEST_ALPHA, LOWEST_BITS, TRUST, Places
from livebg.stages import Image, Matte

Bits = NDArray[np.int32]
Place = Any  # one uintp: a position in a run of numbers

BLOCK = 128  # px copied together: from 32 to 128 the copying gets 2.4 times faster (tests/bench/compositing.py)
BYTES = 3 * BLOCK
SPAN, SPAN_PX = (
    np.uintp(16),
    np.int32(16),
)  # px of a block that are estimated and blended together where any of them is soft
S1 = np.uintp(48)  # its bytes
G1, G2, G3 = (np.uintp(64 * each) for each in (1, 2, 3))  # in the scratch: F̂ of a span, B̂, and a line of small pixels
LEVELS, HALF, NOTHING, ALL = np.float32(255), np.float32(0.5), np.float32(0), np.float32(1)
N0, N1, N2, N3, N4, N8 = (np.uintp(each) for each in (0, 1, 2, 3, 4, 8))

PICTURES = (BYTES_IN, FLOATS_IN, INTEGERS_IN, BYTES_IN, BYTES_OUT, FLOATS_OUT, BYTES_OUT, FLAG)
HINTS = (PLACES_IN, FLOATS_IN, PLACES_IN, FLOATS_IN, FLOATS_IN, BYTES_IN, BYTES_IN, FLOATS_IN)


@kernel(*PICTURES, *HINTS)
def compose(
    image: Image,
    alpha: Matte,
    bits: Bits,
    background: Image,
    result: Image,
    numbers: Matte,
    scratch: Image,
    is_cut_out: bool,
    columns: Places,
    column_shares: Matte,
    rows: Places,
    row_shares: Matte,
    colours: Matte,
    plate: Image,
    tones: Image,
    light: Matte,
) -> None:
    """image, background, result: uint8 (3 n,); alpha: float32 (n,) in 0..1, bits: the same memory as int32. Blocks that
    need no blending are copied. numbers: float32 (numbers_for(w),), scratch: uint8 (BYTES,). is_cut_out: nothing is
    blended: the person's colour where alpha does not round to 0, else the background.

    The person's colours are the image's, but estimated where alpha is soft, then go through `tones`, then are lit.
    columns, rows: the small pixel before each of the W columns and H rows, and at last w and h; shares: how far it is
    to the next one, 0..1. colours: foreground_kernels.second_pass's, float32 (8·h·w,); empty: not estimated. plate:
    uint8 (3 n,), the empty room, or empty. tones: uint8 (768,), blue's, green's and red's, or empty. light: float32
    (3·h·w,), levels of light that fall on the person, or empty.
    """
    full = np.uintp(columns.size) - N1
    for start in range(N0, np.uintp(alpha.size), np.uintp(BLOCK)):
        count = min(np.uintp(BLOCK), np.uintp(alpha.size) - start)
        over = image[N3 * start : N3 * (start + count)]
        under = background[N3 * start : N3 * (start + count)]
        target = result[N3 * start : N3 * (start + count)]
        low, high = _count_sure(bits[start : start + count])
        if low == count:
            for byte in range(target.size):
                target[byte] = under[byte]
        elif high == count and tones.size == 0 and light.size == 0:
            for byte in range(target.size):
                target[byte] = over[byte]
        else:
            person, soft, share_bits = scratch[: N3 * count], alpha[start : start + count], bits[start : start + count]
            places = (start % full, start // full, columns, column_shares, rows, row_shares)
            for byte in range(person.size):
                person[byte] = over[byte]
            if colours.size > 0 and high < count:
                room = plate[N3 * start : N3 * (start + count)] if plate.size > 0 else plate
                _estimate(person, soft, share_bits, places, colours, room, numbers)
            if tones.size > 0:
                _tone(person, tones)
            if light.size > 0:
                _light_up(person, soft, places, light)
            _blend(person, soft, share_bits, under, target, numbers, is_cut_out)


def numbers_for(width: int) -> int:
    """How many floats of scratch compose wants where the small picture is this wide, px."""
    return int(G3) + FOUND * (width + 1)


@part
def _count_sure(bits: Bits) -> Any:
    """How many alphas round to 0, and how many to 1."""
    low = high = np.int32(0)
    for pixel in range(bits.size):
        low -= (bits[pixel] - LOWEST_BITS) >> np.int32(31)
        high -= (HIGHEST_BITS - bits[pixel]) >> np.int32(31)
    return low, high


@part
def _has_soft(bits: Bits, start: Place) -> Any:
    """Of a whole span."""
    soft = np.int32(0)
    for pixel in range(start, start + SPAN):
        soft |= ~((bits[pixel] - LOWEST_BITS) | (HIGHEST_BITS - bits[pixel])) >> np.int32(31)
    return soft != 0


@part
def _estimate(
    person: Image, alpha: Matte, bits: Bits, places: Any, colours: Matte, room: Image, numbers: Matte
) -> None:
    """Spans with a soft pixel get the person's own colours; where alpha is 1, the very same. places: as _light_up's."""
    x, y, columns, column_shares, rows, row_shares = places
    full, start, line = np.uintp(columns.size) - N1, N0, numbers[G3:]
    width = columns[full]
    while start < np.uintp(alpha.size):
        stop, first = min(start + full - x, np.uintp(alpha.size)), width
        while start < stop:
            count = min(SPAN, stop - start)
            if count < SPAN or _has_soft(bits, start):
                if first == width:
                    first = columns[x]
                    end = columns[x + stop - start - N1] + N2
                    _between_rows(colours, rows[y] * width + first, width, end - first, row_shares[y], line)
                for pixel in range(count):
                    share, place = alpha[start + pixel], N3 * pixel
                    numbers[place] = numbers[place + N1] = numbers[place + N2] = numbers[place + N3] = share
                    _between_columns(line, N8 * (columns[x + pixel] - first), column_shares[x + pixel], numbers, place)
                _fuse(person, N3 * start, N3 * count, room, numbers)
            x, start = x + count, start + count
        x, y = N0, y + N1


@part
def _between_rows(colours: Matte, place: Place, width: Place, count: Place, below: Any, line: Matte) -> None:
    """F̂ and B̂ are bilinear between small pixels: else their grid shows where alpha is soft far and wide."""
    upper, lower = colours[N8 * place :], colours[N8 * (place + width) :]
    for each in range(N8 * count):
        line[each] = upper[each] + below * (lower[each] - upper[each])


@part
def _between_columns(line: Matte, near: Place, right: Any, numbers: Matte, place: Place) -> None:
    """A pixel's three of F̂ and of B̂, and one behind each that the next pixel writes over: fours are one instruction."""
    b = line[near] + right * (line[near + N8] - line[near])
    g = line[near + N1] + right * (line[near + N8 + N1] - line[near + N1])
    r = line[near + N2] + right * (line[near + N8 + N2] - line[near + N2])
    gap = line[near + N3] + right * (line[near + N8 + N3] - line[near + N3])
    own = G1 + place
    numbers[own], numbers[own + N1], numbers[own + N2], numbers[own + N3] = b, g, r, gap
    near += N4
    b = line[near] + right * (line[near + N8] - line[near])
    g = line[near + N1] + right * (line[near + N8 + N1] - line[near + N1])
    r = line[near + N2] + right * (line[near + N8 + N2] - line[near + N2])
    gap = line[near + N3] + right * (line[near + N8 + N3] - line[near + N3])
    room = G2 + place
    numbers[room], numbers[room + N1], numbers[room + N2], numbers[room + N3] = b, g, r, gap


@part
def _fuse(person: Image, start: Place, count: Place, room: Image, numbers: Matte) -> None:
    """F = F̂ + gain · (I − α·F̂ − (1 − α)·B̂); the gain is alpha, but where the room is known that of least squares."""
    if room.size == 0 and count == S1:
        for byte in range(S1):  # known when compiling: a run of vector instructions
            share, mean = numbers[byte], numbers[G1 + byte]
            seen = np.float32(person[start + byte])
            own = mean + share * (seen - share * mean - (ALL - share) * numbers[G2 + byte])
            person[start + byte] = np.uint8(np.int32(min(max(own, NOTHING), LEVELS) + HALF))
    else:
        for byte in range(count):
            share, mean, seen = numbers[byte], numbers[G1 + byte], np.float32(person[start + byte])
            gain = share if room.size == 0 else share / (share * share + TRUST * (ALL - share))
            under = numbers[G2 + byte] if room.size == 0 else np.float32(room[start + byte])
            own = mean + gain * (seen - share * mean - (ALL - share) * under)
            person[start + byte] = np.uint8(np.int32(min(max(own, NOTHING), LEVELS) + HALF))


@part
def _blend(
    image: Image, alpha: Matte, bits: Bits, background: Image, result: Image, numbers: Matte, is_cut_out: bool
) -> None:
    """Each pixel by its share, rounded: what alpha leaves below half a level comes out as an exact copy."""
    for start in range(N0, np.uintp(alpha.size), SPAN):
        begin, count = N3 * start, min(SPAN, np.uintp(alpha.size) - start)
        low = high = np.int32(0)
        if count == SPAN:
            for pixel in range(SPAN):
                low -= (bits[start + pixel] - LOWEST_BITS) >> np.int32(31)
                high -= (HIGHEST_BITS - bits[start + pixel]) >> np.int32(31)
        if low == SPAN_PX:
            for byte in range(S1):
                result[begin + byte] = background[begin + byte]
        elif high == SPAN_PX:
            for byte in range(S1):
                result[begin + byte] = image[begin + byte]
        else:
            for pixel in range(count):
                share, place = alpha[start + pixel], N3 * pixel
                if is_cut_out:
                    share = ALL if share >= LOWEST_ALPHA else NOTHING
                numbers[place] = numbers[place + N1] = numbers[place + N2] = numbers[place + N3] = share
            for byte in range(S1 if count == SPAN else N3 * count):
                under = np.float32(background[begin + byte])
                mixed = under + numbers[byte] * (np.float32(image[begin + byte]) - under)
                result[begin + byte] = np.uint8(np.int32(mixed + HALF))


@part
def _tone(person: Image, tones: Image) -> None:
    for byte in range(N0, np.uintp(person.size), N3):
        person[byte] = tones[person[byte]]
        person[byte + N1] = tones[np.uintp(256) + person[byte + N1]]
        person[byte + N2] = tones[np.uintp(512) + person[byte + N2]]


@part
def _light_up(person: Image, alpha: Matte, places: Any, light: Matte) -> None:
    """Screened: 255 − (255 − colour)·(255 − light)/255, the light bilinear between the small pixels."""
    x, y, columns, column_shares, rows, row_shares = places
    full = np.uintp(columns.size) - N1
    stride = N3 * columns[full]
    for pixel in range(np.uintp(alpha.size)):
        if alpha[pixel] >= LOWEST_ALPHA:
            right, upper = column_shares[x], rows[y] * stride + N3 * columns[x]
            lower = upper + stride
            for byte in range(N3 * pixel, N3 * pixel + N3):
                first = light[upper] + right * (light[upper + N3] - light[upper])
                second = light[lower] + right * (light[lower + N3] - light[lower])
                fallen, colour = first + row_shares[y] * (second - first), np.float32(person[byte])
                person[byte] = np.uint8(np.int32(colour + (LEVELS - colour) * fallen / LEVELS + HALF))
                upper, lower = upper + N1, lower + N1
        x += N1
        if x == full:
            x, y = N0, y + N1
