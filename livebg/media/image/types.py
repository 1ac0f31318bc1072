"""A photo between reading and writing: colours, their profile, metadata. Values.

It has two pictures: one in sRGB for the engine and the composite, one with the file's own samples for the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livebg.core.types import Image, Matte

Samples = NDArray[np.unsignedinteger[Any]]  # uint8 or uint16


@dataclass(frozen=True, slots=True)
class About:
    """Metadata for the output, unchanged; b"" for none. profile: ICC; exif: without an orientation, since the picture
    is upright; xmp; dots_per_inch: across and down, None if unknown."""

    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    dots_per_inch: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """image: BGR uint8 (H, W, 3), sRGB, upright. own: BGR uint8 or uint16 (H, W, 3), the file's samples, in the profile
    of `about`. transparency: float32 (H, W) in 0..1 of a picture that is already cut out. ending: of such files, as
    '.jpg'. notes: for the user, about what of the file is lost."""

    image: Image
    own: Samples
    transparency: Matte | None
    about: About
    ending: str
    notes: tuple[str, ...] = ()

    @property
    def is_deep(self) -> bool:
        """16 bits a colour."""
        return self.own.dtype == np.uint16
