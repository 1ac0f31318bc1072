"""A TIFF file with 8 or 16 bits, profile and EXIF: Pillow's directory of tags around strips of deflated samples.

Pillow itself has no pictures of 16 bits a colour, OpenCV writes neither profile nor kind of alpha, and tifffile refuses
EXIF's directories. Knows nothing about files.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from livebg.media.image.types import About, Samples

ROWS = 256  # of a strip
PARTS = (0x8769, 0x8825)  # EXIF's own directory, and of places
DEFLATED, DIFFERENCES, INCH, TOGETHER = 8, 2, 2, 1
GRAY, RGB = 1, 2
BYTES, UNDEFINED = 1, 7
ASSOCIATED, UNASSOCIATED = 1, 2  # alpha that colours were multiplied with, or not


def tiff_file(samples: Samples, about: About, is_premultiplied: bool) -> bytes:
    """samples: gray (H, W), RGB (H, W, 3) or RGBA (H, W, 4), uint8 or uint16."""
    strips = list(_strips(samples))
    sizes = tuple(len(each) for each in strips)
    places = (0, *itertools.accumulate(sizes[:-1]))  # from where the directory ends: it adds that itself
    tags = _about_picture(samples, is_premultiplied) | {273: places, 279: sizes} | _about(about)
    directory: Any = ImageFileDirectory_v2(prefix=b"II")
    for tag, kind in ((700, BYTES), (34675, UNDEFINED)):
        directory.tagtype[tag] = kind
    for tag in sorted(tags):
        directory[tag] = tags[tag]
    return b"".join((b"II*\0", (8).to_bytes(4, "little"), directory.tobytes(8), *strips))


def _strips(samples: Samples) -> Iterator[bytes]:
    """Each sample less that of the pixel before it, deflated: two thirds of the size."""
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
