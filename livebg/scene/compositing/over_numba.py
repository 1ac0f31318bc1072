"""The loops that make a composite, compiled; the reference is over_torch.py. A picture is one run of pixels; blocks
without a soft pixel are copied.

The other spans first get the person's colours (the camera's, or estimated, or changed by relight.py), and then the
loops blend them. Each step covers a chunk small enough to stay in the processor's cache for the next one. The loops
read alpha only as the bits of its numbers, which signed comparisons order: whatever is not surely above the lowest
level (-0, below 0, NaN, infinite) is background, and no compiler's treatment of floats can change that. Any thread.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.jit import (
    BYTES_IN,
    BYTES_OUT,
    FLAG,
    FLOATS_IN,
    FLOATS_OUT,
    INTEGERS_IN,
    INTEGERS_OUT,
    PLACES_IN,
    Bits,
    Place,
    Places,
    kernel,
    part,
)
from livebg.core.types import HIGHEST_ALPHA, LOWEST_ALPHA, Image, Matte
from livebg.scene.compositing.foreground_spans import SPAN, SPAN_BYTES, SPAN_PX, Spans, estimate, lines_for

BLOCK = np.uintp(128)  # px copied together: from 32 to 128 copying gets 2.4 times faster (tests/bench/compositing.py)
CHUNK = np.uintp(128 * 128)  # px through which each step goes before the next one
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
LEVELS, HALF, ZERO, ONE = np.float32(255), np.float32(0.5), np.float32(0), np.float32(1)
U0, U1, U2, U3 = (np.uintp(each) for each in range(4))
LOWEST_BITS, HIGHEST_BITS = LOWEST_ALPHA.view(np.int32), HIGHEST_ALPHA.view(np.int32)
SHOWS_PERSON, SHOWS_BACKGROUND = np.int32(1), np.int32(2)  # marks of a pixel
ZERO_BITS, ONE_BITS, NUMBERS_END = np.int32(0), ONE.view(np.int32), np.float32(np.inf).view(np.int32)

PICTURES = (BYTES_IN, INTEGERS_IN, BYTES_IN, BYTES_OUT, FLAG)
SCRATCH = (INTEGERS_OUT, BYTES_OUT, FLOATS_OUT, INTEGERS_OUT, FLOATS_OUT, INTEGERS_OUT)
HINTS = (PLACES_IN, FLOATS_IN, PLACES_IN, FLOATS_IN, FLOATS_IN, BYTES_IN, BYTES_IN, FLOATS_IN)


def scratch(width: int) -> tuple[NDArray[Any], ...]:
    """compose's scratch for a picture of `width` columns, (n,) each: spans int32, person uint8, shares float32, their
    bits int32 (the same memory), and foreground_spans.lines_for(width)."""
    spans, person = np.empty(int(CHUNK) // SPAN, np.int32), np.empty(3 * int(CHUNK), np.uint8)
    shares = np.empty(3 * int(CHUNK), np.float32)
    return (spans, person, shares, shares.view(np.int32), *lines_for(width))


def _compose(image: Image, bits: Bits, background: Image, result: Image, is_cut_out: bool, *rest: Any) -> Any:
    *_, colours, _, tones, light = rest
    if is_cut_out or colours.size or tones.size or light.size:
        return NotImplemented  # the camera's own colours would show the room
    person, under, over = (each.reshape(1, -1, 3) for each in (image, background, result))
    is_shown = (bits >= LOWEST_BITS) & (bits < NUMBERS_END)
    shares = np.where(is_shown, bits, ZERO_BITS).view(np.float32)[None]
    cv2.blendLinear(person, under, shares, ONE - shares, dst=over)
    cv2.copyTo(person, (is_shown & (bits > HIGHEST_BITS)).view(np.uint8)[None], over)
    cv2.copyTo(under, (~is_shown).view(np.uint8)[None], over)
    return None


@kernel(*PICTURES, *SCRATCH, *HINTS, plain=_compose)
def compose(
    image: Image,
    bits: Bits,
    background: Image,
    result: Image,
    is_cut_out: bool,
    spans: Spans,
    person: Image,
    shares: Matte,
    share_bits: Bits,
    lines: Matte,
    made: Spans,
    columns: Places,
    column_shares: Matte,
    rows: Places,
    row_shares: Matte,
    colours: Matte,
    plate: Image,
    tones: Image,
    light: Matte,
) -> None:
    """image, background, result: uint8 (3 n,); bits: int32 (n,), the memory of a float32 alpha; above 1 counts as 1.
    is_cut_out: no blending: the person's colour where alpha does not round to 0, else the background.

    The person's colours are the image's, estimated ones where alpha is soft; then `tones` changes them, then `light`
    adds to them. columns, rows: uintp, the small pixel before each of the W columns and H rows, then w and h;
    column_shares, row_shares: float32, the way to the next one, 0..1. colours: float32, second_pass's, or empty.
    plate: uint8 (3 n,), the empty room, or empty. tones: uint8 (768,), curves of blue, green and red, or
    empty. light: float32 (3·h·w,), levels of light that fall on the person, or empty.
    """
    is_changed = tones.size > 0 or light.size > 0
    scratch, places = (spans, person, shares, share_bits, lines, made), (columns, column_shares, rows, row_shares)
    for start in range(U0, np.uintp(bits.size), CHUNK):
        stop = min(start + CHUNK, np.uintp(bits.size))
        for byte in range(U3 * start, U3 * stop):  # all of it: in pieces, memory takes a fifth longer
            result[byte] = background[byte]
        used = _copy(image, bits, start, stop, is_changed, share_bits, result, spans)
        paint(image, bits, used, background, is_cut_out, result, scratch, places, colours, plate, tones, light)


@part
def paint(
    image: Image,
    bits: Bits,
    used: Place,
    background: Image,
    is_cut_out: bool,
    result: Image,
    scratch: tuple[Spans, Image, Matte, Bits, Matte, Spans],
    places: tuple[Places, Matte, Places, Matte],
    colours: Matte,
    plate: Image,
    tones: Image,
    light: Matte,
) -> None:
    """Blends the spans that are used: the person in their own colours and light. Arguments: as compose's."""
    spans, person, shares, share_bits, lines, made = scratch
    columns, column_shares, rows, row_shares = places
    _spread(bits, spans, used, share_bits)
    if colours.size == 0:
        _gather(image, spans, used, person)
    else:
        estimate(image, shares, spans, used, *places, colours, plate, lines, made, person)
    if tones.size > 0:
        _tone(person, used, tones)
    if light.size > 0:
        _light_up(person, shares, spans, used, columns, column_shares, rows, row_shares, light)
    _blend(person, shares, spans, used, background, is_cut_out, result)


@part
def _copy(
    image: Image, bits: Bits, first: Place, last: Place, is_changed: bool, marks: Bits, result: Image, spans: Spans
) -> Place:
    """Copies each block from the image where all alphas are 1 (never if is_changed); `result` shows the background.
    Returns how many spans need blending; `spans` gets their first pixels. marks: scratch.
    """
    used = U0
    for start in range(first, last, BLOCK):
        if start + BLOCK > last:
            for at in range(start, last, SPAN_PX):
                spans[used] = np.int32(at)
                used += U1
            continue
        from_zero = from_one = np.int32(0)  # bits that differ: most blocks are entirely 0 or 1
        for pixel in range(BLOCK):
            from_zero = np.int32(from_zero | bits[start + pixel])
            from_one = np.int32(from_one | np.int32(bits[start + pixel] ^ ONE_BITS))
        if from_one == ZERO_BITS and not is_changed:
            for byte in range(U3 * BLOCK):
                result[U3 * start + byte] = image[U3 * start + byte]
        elif from_zero != ZERO_BITS:
            used = find_spans(image, bits, start, is_changed, marks, result, spans, used)
    return used


@part
def _number(bits: Any) -> Any:
    """The bits of a finite number from 0 up, by comparisons alone; 0 for a negative one, -0, NaN and infinite ones."""
    return np.int32(max(bits, ZERO_BITS)) if bits < NUMBERS_END else ZERO_BITS


@part
def find_spans(
    image: Image, bits: Bits, first: Place, is_changed: bool, marks: Bits, result: Image, spans: Spans, used: Place
) -> Place:
    """The same for the spans of one block that shows the background so far: copies spans wholly of the image.

    Loops over a whole block become vector instructions, those over a span would become single ones.
    """
    for pixel in range(BLOCK):
        share = _number(bits[first + pixel])
        marks[pixel] = np.int32(share >= LOWEST_BITS) + SHOWS_BACKGROUND * np.int32(share <= HIGHEST_BITS)
    copied = end = first  # wholly of the image, not copied yet
    for at in range(first, first + BLOCK, SPAN_PX):
        mark = ZERO_BITS
        for pixel in range(SPAN_PX):
            mark = np.int32(mark | marks[at - first + pixel])
        if mark == SHOWS_PERSON and not is_changed:
            copied, end = copied if end == at else at, at + SPAN_PX
            if end < first + BLOCK:
                continue
        elif is_changed or mark == SHOWS_PERSON + SHOWS_BACKGROUND:
            spans[used] = np.int32(at)
            used += np.uintp(mark & SHOWS_PERSON)
        for byte in range(U3 * copied, U3 * end):
            result[byte] = image[byte]
        copied = end
    return used


@part
def _gather(image: Image, spans: Spans, used: Place, person: Image) -> None:
    """Copies the spans one after the other into `person`."""
    for span in range(used):
        start = U3 * np.uintp(spans[span])
        for byte in range(min(SPAN_BYTES, np.uintp(image.size) - start)):
            person[SPAN_BYTES * span + byte] = image[start + byte]


@part
def _spread(bits: Bits, spans: Spans, used: Place, share_bits: Bits) -> None:
    """The spans' alphas, three times each: 0 or from the lowest level up to 1, whatever the input."""
    for span in range(used):
        place, start = SPAN_BYTES * span, np.uintp(spans[span])
        for pixel in range(start, min(start + SPAN_PX, np.uintp(bits.size))):
            share_bits[place] = share_bits[place + U1] = share_bits[place + U2] = bits[pixel]
            place += U3
    for each in range(SPAN_BYTES * used):
        share = np.int32(min(_number(share_bits[each]), ONE_BITS))
        share_bits[each] = share if share >= LOWEST_BITS else ZERO_BITS


@part
def _blend(
    person: Image, shares: Matte, spans: Spans, used: Place, background: Image, is_cut_out: bool, result: Image
) -> None:
    """Blends each pixel by its share, rounded: a difference below half a level ends as an exact copy."""
    if is_cut_out:
        for each in range(SPAN_BYTES * used):
            shares[each] = ONE if shares[each] > ZERO else ZERO
    for span in range(used):
        start, place = U3 * np.uintp(spans[span]), SPAN_BYTES * span
        if start + SPAN_BYTES <= np.uintp(result.size):
            for byte in range(SPAN_BYTES):  # a constant length: the compiler makes vector code
                result[start + byte] = _mixed(background[start + byte], person[place + byte], shares[place + byte])
        else:
            for byte in range(np.uintp(result.size) - start):
                result[start + byte] = _mixed(background[start + byte], person[place + byte], shares[place + byte])


@part
def _mixed(background: Any, person: Any, share: Any) -> Any:
    under = np.float32(background)
    return np.uint8(np.int32(under + share * (np.float32(person) - under) + HALF))


@part
def _tone(person: Image, used: Place, tones: Image) -> None:
    for byte in range(U0, SPAN_BYTES * used, U3):
        person[byte] = tones[person[byte]]
        person[byte + U1] = tones[np.uintp(256) + person[byte + U1]]
        person[byte + U2] = tones[np.uintp(512) + person[byte + U2]]


@part
def _light_up(
    person: Image,
    shares: Matte,
    spans: Spans,
    used: Place,
    columns: Places,
    column_shares: Matte,
    rows: Places,
    row_shares: Matte,
    light: Matte,
) -> None:
    """Screened: 255 − (255 − colour)·(255 − light)/255, the light bilinear between the small pixels."""
    full = np.uintp(columns.size) - U1
    stride = U3 * columns[full]
    for span in range(used):
        start, place = np.uintp(spans[span]), SPAN_BYTES * span
        x, y = start % full, start // full
        for _ in range(start, min(start + SPAN_PX, full * np.uintp(rows.size - U1))):
            if shares[place] > ZERO:
                right, upper = column_shares[x], rows[y] * stride + U3 * columns[x]
                lower = upper + stride
                for byte in range(place, place + U3):
                    first = light[upper] + right * (light[upper + U3] - light[upper])
                    second = light[lower] + right * (light[lower + U3] - light[lower])
                    fallen, colour = first + row_shares[y] * (second - first), np.float32(person[byte])
                    person[byte] = np.uint8(np.int32(colour + (LEVELS - colour) * fallen / LEVELS + HALF))
                    upper, lower = upper + U1, lower + U1
            x, place = x + U1, place + U3
            if x == full:
                x, y = U0, y + U1
