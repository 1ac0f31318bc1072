"""Converts pictures from one ICC profile's colours to another's, with LittleCMS. Any thread."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from livebg.core.types import Image
from livebg.media.image import icc_profile

SRGB = b""  # means sRGB wherever a profile is an argument
ROWS = 256  # converted at a time, so that a photo does not need its memory three times


def is_usable(profile: bytes) -> bool:
    """True for an ICC profile of RGB colours that LittleCMS can convert from and to."""
    try:
        _transform(profile, SRGB)
        _transform(SRGB, profile)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return False
    return True


def plain(profile: bytes) -> bytes:
    """A usable profile rewritten with only its colour definition; b"" where primaries and curves do not define it
    completely: then the caller must convert the picture."""
    try:
        own = _profile(profile)
        name, rights = ImageCms.getProfileDescription(own), ImageCms.getProfileCopyright(own)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return b""
    made = icc_profile.plain(profile, name, rights)
    return made if is_usable(made) else b""


def converted(image: Image, source: bytes, target: bytes) -> Image:
    """BGR uint8 (H, W, 3) from one usable profile to the other; the same array if they are equal."""
    if source == target or (_is_srgb(source) and _is_srgb(target)):
        return image
    transform = _transform(source, target)
    result = np.empty_like(image)
    for top in range(0, image.shape[0], ROWS):
        rgb = Pillow.fromarray(np.ascontiguousarray(image[top : top + ROWS, :, ::-1]))
        result[top : top + ROWS] = np.asarray(ImageCms.applyTransform(rgb, transform))[..., ::-1]
    return result


def _profile(data: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(data) if data else ImageCms.createProfile("sRGB"))


def _transform(source: bytes, target: bytes) -> ImageCms.ImageCmsTransform:
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    black_point = ImageCms.Flags.BLACKPOINTCOMPENSATION
    return ImageCms.buildTransform(_profile(source), _profile(target), "RGB", "RGB", intent, black_point)


def _is_srgb(profile: bytes) -> bool:
    """By its name, which every sRGB profile has: a conversion would only add rounding."""
    return not profile or "sRGB" in ImageCms.getProfileDescription(_profile(profile))
