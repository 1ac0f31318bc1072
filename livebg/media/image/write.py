"""From the samples of a picture to the bytes of a file, with the metadata to keep. Caller's thread.

OpenCV writes PNG, because it has 16 bits. This file writes TIFF: Pillow's directory of tags around strips of deflated
samples. Pillow has no pictures of 16 bits a colour, OpenCV writes neither profile nor kind of alpha, and tifffile
refuses the directories of EXIF. Pillow writes the other formats.
"""

from __future__ import annotations

import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from livebg.core.errors import SinkError
from livebg.media.image.formats import PhotoForm
from livebg.media.image.png_chunks import with_about
from livebg.media.image.types import About, Samples

MOST_IN_JPEG = 65_000  # bytes of EXIF or XMP: one segment's
FULL_COLOUR = 90  # JPEG quality from which on every pixel has its own colour sample
ROWS = 256  # of a strip
PARTS = (0x8769, 0x8825)  # EXIF's own directory, and of places
DEFLATED, DIFFERENCES, INCH, TOGETHER = 8, 2, 2, 1
GRAY, RGB = 1, 2
BYTES, UNDEFINED = 1, 7
ASSOCIATED, UNASSOCIATED = 1, 2  # alpha with premultiplied colours, or straight ones


def encoded(samples: Samples, about: About, form: PhotoForm, quality: int, is_premultiplied: bool) -> bytes:
    """A file's bytes. samples: gray (H, W), BGR (H, W, 3) or BGRA (H, W, 4), uint8, or uint16 if the form can hold it.

    quality: 1 to 100, of lossy formats; is_premultiplied: colours are multiplied by alpha. Raises SinkError.
    """
    height, width = samples.shape[:2]
    if samples.ndim == 2:
        about = replace(about, profile=b"")  # it is for colours
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


def tiff_file(samples: Samples, about: About, is_premultiplied: bool) -> bytes:
    """A TIFF file's bytes. samples: gray (H, W), RGB (H, W, 3) or RGBA (H, W, 4), uint8 or uint16."""
    strips = list(_strips(samples))
    sizes = tuple(len(each) for each in strips)
    places = (0, *itertools.accumulate(sizes[:-1]))  # relative to the directory's end, which it adds itself
    tags = _about_picture(samples, is_premultiplied) | {273: places, 279: sizes} | _about(about)
    directory: Any = ImageFileDirectory_v2(prefix=b"II")
    for tag, kind in ((700, BYTES), (34675, UNDEFINED)):
        directory.tagtype[tag] = kind
    for tag in sorted(tags):
        directory[tag] = tags[tag]
    return b"".join((b"II*\0", (8).to_bytes(4, "little"), directory.tobytes(8), *strips))


def _strips(samples: Samples) -> Iterator[bytes]:
    """Deflated differences between neighbouring pixels: two thirds of the size."""
    little = samples.dtype.newbyteorder("<")
    for top in range(0, samples.shape[0], ROWS):
        rows = samples[top : top + ROWS]
        differences = rows.astype(little)
        np.subtract(rows[:, 1:], rows[:, :-1], out=differences[:, 1:])  # modulo 2^bits
        yield zlib.compress(differences.tobytes(), 6)


def _about_picture(samples: Samples, is_premultiplied: bool) -> dict[int, Any]:
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    tags = {256: width, 257: height, 258: (samples.dtype.itemsize * 8,) * channels, 259: DEFLATED}
    tags |= {262: GRAY if channels == 1 else RGB, 277: channels, 278: ROWS, 284: TOGETHER, 317: DIFFERENCES}
    if channels == 4:
        tags[338] = ASSOCIATED if is_premultiplied else UNASSOCIATED
    return tags


def _about(about: About) -> dict[int, Any]:
    exif = Pillow.Exif()
    exif.load(about.exif)
    tags: dict[int, Any] = {tag: exif[tag] for tag in exif if tag not in PARTS}
    tags |= {tag: dict(exif.get_ifd(tag)) for tag in PARTS if tag in exif}
    if about.dots_per_inch:
        tags |= {282: about.dots_per_inch[0], 283: about.dots_per_inch[1], 296: INCH}
    if about.xmp:
        tags[700] = about.xmp
    if about.profile:
        tags[34675] = about.profile
    return tags
