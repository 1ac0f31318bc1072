"""A picture's samples become a file's bytes, with what is told about it. Caller's thread.

PNG by OpenCV and TIFF by tiff_file.py, which have 16 bits; the others by Pillow. Knows nothing
about files.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow

from livebg.core.errors import SinkError
from livebg.media.image.formats import PhotoForm
from livebg.media.image.png_chunks import with_about
from livebg.media.image.tiff import tiff_file
from livebg.media.image.types import About, Samples

MOST_IN_JPEG = 65_000  # bytes of EXIF or XMP: one segment's
FULL_COLOUR = 90  # JPEG quality from which on colours have every pixel's own sample


def encoded(samples: Samples, about: About, form: PhotoForm, quality: int, is_premultiplied: bool) -> bytes:
    """samples: gray (H, W), BGR (H, W, 3) or BGRA (H, W, 4), uint8, or uint16 where the form can; quality: 1 to 100,
    of lossy formats; is_premultiplied: colours times alpha. Raises SinkError."""
    height, width = samples.shape[:2]
    if samples.ndim == 2:
        about = replace(about, profile=b"")  # it is of colours
    try:
        if form.name == "PNG":
            return _png(samples, about)
        if form.name == "TIFF":
            return tiff_file(_rgb_order(samples), about, is_premultiplied)
        return _by_pillow(samples, about, form.name, quality)
    except (OSError, ValueError, cv2.error) as cause:
        reason = " ".join(str(cause).split())
        raise SinkError(f"{width}x{height} px cannot be encoded as {form.name}: {reason}; try .png") from cause


def _png(samples: Samples, about: About) -> bytes:
    is_done, data = cv2.imencode(".png", samples, [cv2.IMWRITE_PNG_COMPRESSION, 4])
    if not is_done:
        raise ValueError("OpenCV refuses it")
    return with_about(data, about)


def _by_pillow(samples: Samples, about: About, name: str, quality: int) -> bytes:
    options: dict[str, Any] = {"quality": quality}
    exif, xmp = about.exif, about.xmp
    if name == "JPEG":
        options |= {"subsampling": 0 if quality >= FULL_COLOUR else 2, "optimize": True}
        if about.dots_per_inch:
            options["dpi"] = about.dots_per_inch
        exif, xmp = (each if len(each) <= MOST_IN_JPEG else b"" for each in (exif, xmp))
    for key, value in (("icc_profile", about.profile), ("exif", exif), ("xmp", xmp)):
        if value:
            options[key] = value
    stream = io.BytesIO()
    Pillow.fromarray(_rgb_order(samples)).save(stream, name, **options)
    return stream.getvalue()


def _rgb_order(samples: Samples) -> Samples:
    if samples.ndim == 2:
        return samples
    code = cv2.COLOR_BGR2RGB if samples.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    return np.asarray(cv2.cvtColor(samples, code), samples.dtype)
