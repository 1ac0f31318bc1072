"""The colour space of a picture file, and its conversion to sRGB.

The ICC profile defines it, or EXIF (Adobe RGB), PNG's chunks gAMA and cHRM, or the numbers of ITU-T H.273 in PNG
(cICP), AVIF and HEIC (nclx); PQ and HLG are HDR. Knows nothing about alpha or orientation. Caller's thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from livebg.media.image.icc_profile import ADOBE_RGB, D65, SRGB_CURVE, gamma, rgb_profile
from livebg.media.metadata import FAILURES
from livebg.media.tone_map import HLG, PQ

ITS_OWN = ("AVIF", "HEIF", "PNG")  # formats with numbers of H.273
EXIF_PART, INTEROPERABILITY, COLOUR_SPACE = 0x8769, 0xA005, 0xA001
ADOBE_BY_DCF, ADOBE_BY_SOME = "R03", 2  # in EXIF: the standard's way, and a common other one
_SRGB = ((0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
_DCI_WHITE, _C_WHITE = (0.314, 0.351), (0.31, 0.316)
_PRIMARIES = {
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _C_WHITE),
    5: (((0.64, 0.33), (0.29, 0.6), (0.15, 0.06)), D65),
    6: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),
    7: (((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)), D65),
    9: (((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)), D65),
    11: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), _DCI_WHITE),
    12: (((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), D65),
}
_CURVES = {4: gamma(2.2), 5: gamma(2.8), 8: gamma(1.0)}  # all other SDR curves count as sRGB's


@dataclass(frozen=True, slots=True)
class Colours:
    """profile: ICC, from the file or made here; b"" is sRGB. transfer: PQ or HLG, else 0."""

    profile: bytes = b""
    transfer: int = 0

    @property
    def note(self) -> str:
        """A note for the user about HDR; '' for SDR."""
        name = {PQ: "PQ", HLG: "HLG"}.get(self.transfer)
        return f"HDR ({name}, BT.2020) tone-mapped to SDR (BT.709)" if name else ""


def colours_of(picture: Pillow.Image, content: Callable[[], bytes]) -> Colours:
    """Of an opened picture; content(): the file's bytes, which only some formats need."""
    primaries, transfer = _h273(content()) if picture.format in ITS_OWN else (2, 2)
    if transfer in (PQ, HLG):
        return Colours(transfer=transfer)
    profile = picture.info.get("icc_profile")
    if profile:
        return Colours(profile)
    if primaries in _PRIMARIES or transfer in _CURVES:
        colours, white = _PRIMARIES.get(primaries, (_SRGB, D65))
        return Colours(rgb_profile("RGB", colours, white, _CURVES.get(transfer, SRGB_CURVE)))
    return Colours(ADOBE_RGB if _is_adobe_rgb(picture) else _by_png(picture))


def as_srgb(picture: Pillow.Image, colours: Colours, content: Callable[[], bytes]) -> Pillow.Image:
    """sRGB of a picture with 8 bits a colour; ignores a profile that is damaged or does not fit the mode."""
    if colours.transfer:
        from livebg.media.image.hdr import in_sdr

        return Pillow.fromarray(in_sdr(picture, content(), colours.transfer))
    if colours.profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(colours.profile))
            is_of_mode = picture.mode == "CMYK" or (picture.mode == "L" and own.profile.xcolor_space == "GRAY")
            numbers = picture if is_of_mode else picture.convert("RGB")
            converted = ImageCms.profileToProfile(numbers, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _h273(content: bytes) -> tuple[int, int]:
    """Primaries and transfer of H.273; 2: not specified."""
    if not content.startswith(b"\x89PNG"):
        _, _, found = content.partition(b"colrnclx")
        return (int.from_bytes(found[:2], "big"), int.from_bytes(found[2:4], "big")) if len(found) >= 4 else (2, 2)
    position = 8
    while (kind := content[position + 4 : position + 8]) not in (b"", b"IDAT", b"IEND"):
        if kind == b"cICP":
            return content[position + 8], content[position + 9]
        position += 12 + int.from_bytes(content[position : position + 4], "big")
    return 2, 2


def _is_adobe_rgb(picture: Pillow.Image) -> bool:
    try:
        exif = picture.getexif()
        interoperability, space = exif.get_ifd(INTEROPERABILITY).get(1, ""), exif.get_ifd(EXIF_PART).get(COLOUR_SPACE)
    except FAILURES:
        return False
    name = interoperability.decode("latin-1") if isinstance(interoperability, bytes) else str(interoperability)
    return name.startswith(ADOBE_BY_DCF) or space == ADOBE_BY_SOME


def _by_png(picture: Pillow.Image) -> bytes:
    """A profile from gAMA and cHRM; b"" where they mean sRGB, or are missing."""
    if picture.format != "PNG" or "srgb" in picture.info:
        return b""
    exponent = 1 / (picture.info.get("gamma") or 1 / 2.2)
    white, *primaries = np.reshape(picture.info.get("chromaticity") or (*D65, *np.ravel(_SRGB)), (4, 2)).tolist()
    if abs(exponent - 2.2) < 0.05 and np.allclose((white, *primaries), (D65, *_SRGB), atol=0.005):
        return b""
    try:
        curve = SRGB_CURVE if abs(exponent - 2.2) < 0.05 else gamma(exponent)
        return rgb_profile("RGB", primaries, white, curve)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return b""
