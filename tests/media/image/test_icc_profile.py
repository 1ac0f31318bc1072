"""Profiles written anew: the same colours, and nothing else that was in them."""

from __future__ import annotations

import io
import struct

import numpy as np
import photos
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from livebg.media.image import colour
from livebg.media.image.icc_profile import ADOBE_RGB, D65, SRGB_CURVE, gamma, plain, rgb_profile

HIDDEN = photos.file_of(photos.scene(24, 32), "JPEG")
NUMBERS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


def in_srgb(profile: bytes) -> np.ndarray:
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    made = ImageCms.profileToProfile(Pillow.fromarray(NUMBERS), own, ImageCms.createProfile("sRGB"), renderingIntent=1)
    return np.asarray(made).astype(int)


def with_tag(profile: bytes, name: bytes, data: bytes) -> bytes:
    """One more tag: all others lie 12 bytes further."""
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * at) for at in range(count)]
    table = b"".join(struct.pack(">4sII", tag, start + 12, size) for tag, start, size in entries)
    body = profile[132 + 12 * count :]
    table += struct.pack(">4sII", name, 132 + 12 * (count + 1) + len(body), len(data))
    made = profile[:128] + struct.pack(">I", count + 1) + table + body + data
    return struct.pack(">I", len(made)) + made[4:]


def test_the_colours_stay_and_what_else_is_in_it_does_not() -> None:
    data = with_tag(photos.wide_profile(), b"prvw", HIDDEN) + HIDDEN
    made = plain(data, "Display P3", "(c) somebody")
    assert HIDDEN[50:80] not in made
    assert len(made) < 700
    assert (in_srgb(made) == in_srgb(photos.wide_profile())).all()
    told = ImageCms.ImageCmsProfile(io.BytesIO(made))
    assert ImageCms.getProfileDescription(told).strip() == "Display P3"
    assert ImageCms.getProfileCopyright(told).strip() == "(c) somebody"


def test_an_older_profile_stays_one() -> None:
    old = bytearray(photos.SRGB)
    old[8] = 2
    made = plain(bytes(old), "old", "")
    assert made[8] == 2
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(made))).strip() == "old"
    assert (in_srgb(made) == in_srgb(photos.SRGB)).all()


@pytest.mark.parametrize("name", [b"A2B0", b"D2B0"])
def test_tables_of_colours_do_not_go_along(name: bytes) -> None:
    assert plain(with_tag(photos.SRGB, name, HIDDEN), "RGB", "") == b""


@pytest.mark.parametrize("name", [b"rXYZ", b"rTRC", b"chad"])
@pytest.mark.parametrize("data", [HIDDEN, b"curv" + bytes(4) + struct.pack(">I", 200) + HIDDEN, b"XYZ " + HIDDEN, b""])
def test_what_is_no_colour_and_no_curve_does_not(name: bytes, data: bytes) -> None:
    assert plain(with_tag(photos.SRGB, name, data), "RGB", "") == b""


@pytest.mark.parametrize("cut", range(0, len(photos.SRGB), 7))
def test_cut_anywhere(cut: int) -> None:
    assert HIDDEN[50:80] not in plain(photos.SRGB[:cut] + HIDDEN, "RGB", "")


def test_a_name_that_is_a_picture_does_not() -> None:
    assert HIDDEN.hex()[40:80].encode("utf-16-be") not in plain(photos.SRGB, HIDDEN.hex()[:120], HIDDEN.hex()[:120])


def test_made_from_primaries() -> None:
    srgb = rgb_profile("mine", ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), D65, SRGB_CURVE)
    assert np.abs(in_srgb(srgb) - NUMBERS).max() <= 1
    assert colour.is_usable(ADOBE_RGB)
    assert plain(ADOBE_RGB, "Adobe RGB (1998) compatible", "No copyright") == ADOBE_RGB
    linear = rgb_profile("linear", ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06)), D65, gamma(1.0))
    assert abs(in_srgb(linear)[..., 1].mean() - NUMBERS[..., 1].mean()) > 30


def curve_of(steps: np.ndarray) -> bytes:
    return b"curv" + bytes(4) + struct.pack(f">I{len(steps)}H", len(steps), *steps.tolist())


SRGB_STEPS = np.linspace(0, 1, 1024)
CURVE_TABLES = {
    "sRGB": np.where(SRGB_STEPS <= 0.04045, SRGB_STEPS / 12.92, ((SRGB_STEPS + 0.055) / 1.055) ** 2.4),
    "gamma 1.8": np.linspace(0, 1, 256) ** 1.8,
    "gamma 2.2": np.linspace(0, 1, 4096) ** 2.2,
    "linear": np.linspace(0, 1, 17),
    "two": np.array((0, 1)),
}


@pytest.mark.parametrize("name", CURVE_TABLES)
def test_a_curve_by_steps_stays_the_same_to_the_eye(name: str) -> None:
    steps = np.rint(CURVE_TABLES[name] * 65535).astype(int)
    given = rgb_profile("RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, curve_of(steps))
    made = plain(given, "RGB", "")
    assert np.abs(in_srgb(made) - in_srgb(given)).max() <= 2


def test_a_picture_in_a_curves_steps_does_not_go_along() -> None:
    """A curve that rises by the picture's bytes: they would be read from its differences."""
    smooth = np.linspace(0, 1, 4096) ** 2.2 * 60000
    hidden = np.frombuffer((HIDDEN * 9)[:4096], np.uint8)
    rises = np.cumsum(hidden.astype(int) // 16)
    within = smooth.astype(int) // 16 * 16 + hidden // 16
    for steps in (np.minimum(rises, 65535), np.maximum.accumulate(within)):
        made = plain(rgb_profile("RGB", ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, curve_of(steps)), "RGB", "")
        if made:
            at = made.index(b"curv") + 12
            kept = np.frombuffer(made[at : at + 2 * 4096], ">u2").astype(int)
            assert np.mean(kept % 16 == steps % 16) < 0.2
