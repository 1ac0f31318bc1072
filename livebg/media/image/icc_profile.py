"""Rewrites ICC profiles of RGB colours: three primaries, three curves, a name.

A profile can contain anybody's tags, and tables large enough for a picture. So the new one consists only of the numbers
that define its colours, each in its form. A file's own profile is untrusted.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livebg.media.metadata import words

PRIMARIES = ("rXYZ", "gXYZ", "bXYZ")
CURVES = ("rTRC", "gTRC", "bTRC")
TABLES = ("A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2", "D2B3")  # colours by tables: read before primaries and curves
MOST_STEPS = 4096  # of a curve
# A curve of free steps could hide a picture: a new curve goes through POINTS points of POINT_LEVELS levels, denser in
# the dark, straight between them in what the eye sees (light to the power 1/2.2); no real curve differs by FARTHEST.
POINTS, POINT_LEVELS, FARTHEST, EYE = 49, 4095, 3 / 255, 2.2
PARAMETERS = (1, 3, 4, 5, 7)  # of the kinds of parametric curves
ONE = 65536  # of ICC's fixed point numbers
LARGEST = 100 * ONE
_D50 = (63190, 65536, 54061)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

Numbers = NDArray[np.float64]


def plain(profile: bytes, name: str, rights: str) -> bytes:
    """The same colours from primaries and curves alone; b"" where these are missing or do not define all."""
    try:
        if profile[36:40] != b"acsp" or profile[16:24] != b"RGB XYZ ":
            return b""
        tags = _tags(profile)
        if any(each in tags for each in TABLES):
            return b""
        parts = {each: _xyz(_fixed(tags[each], b"XYZ ", 3)) for each in PRIMARIES}
        parts |= {each: _curve(tags[each]) for each in CURVES}
        parts["wtpt"] = _xyz(_fixed(tags["wtpt"], b"XYZ ", 3)) if "wtpt" in tags else _xyz(_D50)
        if "chad" in tags:
            parts["chad"] = _element(b"sf32", struct.pack(">9i", *_fixed(tags["chad"], b"sf32", 9)))
    except (struct.error, KeyError, ValueError, IndexError):
        return b""
    text = words(200)
    return _file(parts, text(name) or "RGB", text(rights) or "", is_new=profile[8:9] >= b"\4")


def rgb_profile(name: str, primaries: Sequence[tuple[float, float]], white: tuple[float, float], curve: bytes) -> bytes:
    """A profile of RGB colours with these primaries and this white, CIE xy; curve: from gamma(), or SRGB_CURVE."""
    colours = np.array([_from_xy(*each) for each in primaries]).T
    light = _from_xy(*white)
    colours = colours * np.linalg.solve(colours, light)
    adapted = _adaptation(light) @ colours
    parts = {each: _xyz(_rounded(adapted[:, at])) for at, each in enumerate(PRIMARIES)}
    parts |= dict.fromkeys(CURVES, curve)
    parts |= {"wtpt": _xyz(_D50), "chad": _element(b"sf32", struct.pack(">9i", *_rounded(_adaptation(light).ravel())))}
    return _file(parts, name, "", is_new=True)


def gamma(exponent: float) -> bytes:
    """A curve: light is the number raised to this power."""
    return _element(b"para", struct.pack(">HHi", 0, 0, round(exponent * ONE)))


def _tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > 100:
        raise ValueError("too many tags")
    found = {}
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        found[name.decode("latin-1")] = profile[start : start + size]
    return found


def _fixed(element: bytes, kind: bytes, count: int) -> tuple[int, ...]:
    if element[:4] != kind:
        raise ValueError("another kind")
    values = struct.unpack_from(f">{count}i", element, 8)
    if max(map(abs, values)) > LARGEST:
        raise ValueError("no such colour")
    return values


def _curve(element: bytes) -> bytes:
    """The curve rewritten: it must rise smoothly. Raises ValueError, struct.error."""
    if element[:4] == b"para":
        (kind,) = struct.unpack_from(">H", element, 8)
        values = struct.unpack_from(f">{PARAMETERS[kind]}i", element, 12)
        if max(map(abs, values)) > LARGEST:
            raise ValueError("no curve")
        return _element(b"para", struct.pack(f">HH{len(values)}i", kind, 0, *values))
    (count,) = struct.unpack_from(">I", element, 8)
    if element[:4] != b"curv" or count > MOST_STEPS:
        raise ValueError("no curve")
    steps = struct.unpack_from(f">{count}H", element, 12)
    if count > 1 and any(after < before for before, after in itertools.pairwise(steps)):
        raise ValueError("no curve rises so")
    return _element(b"curv", struct.pack(f">I{count}H", count, *(_smooth(steps) if count > 1 else steps)))


def _smooth(steps: Sequence[int]) -> list[int]:
    """The curve through POINTS points, 0..65535. Raises ValueError if it is too uneven."""
    given = (np.array(steps) / 65535) ** (1 / EYE)
    places, points = np.linspace(0, 1, len(steps)), np.linspace(0, 1, POINTS) ** 2
    levels = np.rint(np.interp(points, places, given) * POINT_LEVELS) / POINT_LEVELS
    made = np.interp(places, points, levels)
    if np.abs(made - given).max() > FARTHEST:
        raise ValueError("no curve is so uneven")
    return [int(each) for each in np.rint(made**EYE * 65535)]


def _element(kind: bytes, data: bytes) -> bytes:
    return kind + bytes(4) + data


def _xyz(values: Sequence[int]) -> bytes:
    return _element(b"XYZ ", struct.pack(">3i", *values))


def _text(text: str, is_new: bool, is_name: bool) -> bytes:
    if is_new:
        data = text.encode("utf-16-be")
        return _element(b"mluc", struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data)
    data = text.encode("ascii", "replace") + b"\0"
    return _element(b"desc", struct.pack(">I", len(data)) + data + bytes(78)) if is_name else _element(b"text", data)


def _file(parts: dict[str, bytes], name: str, rights: str, is_new: bool) -> bytes:
    parts = {"desc": _text(name, is_new, True), "cprt": _text(rights or "No copyright", is_new, False), **parts}
    table, body, start = b"", b"", 132 + 12 * len(parts)
    for tag, element in parts.items():
        table += struct.pack(">4sII", tag.encode(), start + len(body), len(element))
        body += element + bytes(-len(element) % 4)
    version = b"\x04\x20\0\0" if is_new else b"\x02\x10\0\0"
    head = struct.pack(
        ">I4x4s4s4s4s6H4s", start + len(body), version, b"mntr", b"RGB ", b"XYZ ", 2000, 1, 1, 0, 0, 0, b"acsp"
    )
    return (
        (head + bytes(28) + struct.pack(">3i", *_D50)).ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body
    )


def _from_xy(x: float, y: float) -> Numbers:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: Numbers) -> Numbers:
    """The matrix, float64 (3, 3), from XYZ with this white to XYZ with D50 (Bradford)."""
    scale = (_BRADFORD @ (np.array(_D50) / ONE)) / (_BRADFORD @ white)
    return np.asarray(np.linalg.solve(_BRADFORD, scale[:, None] * _BRADFORD))


def _rounded(values: Numbers) -> list[int]:
    return [round(float(each) * ONE) for each in values]


D65 = (0.3127, 0.3290)
SRGB_CURVE = _element(
    b"para", struct.pack(">HH5i", 3, 0, *_rounded(np.array([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])))
)
ADOBE_RGB = rgb_profile(
    "Adobe RGB (1998) compatible", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, gamma(563 / 256)
)
