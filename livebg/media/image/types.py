"""What a photo's file holds, from its reading to its writing: colours, their profile, what is said about them. Values.

Two pictures of one photo: one in sRGB for whoever looks at it, one in its own numbers for whoever keeps it.
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
    """What goes along unchanged; b"" where there is none. profile: ICC; exif: without an orientation, as the picture is
    upright; xmp; dots_per_inch: across and down, None unknown."""

    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    dots_per_inch: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """image: BGR uint8 (H, W, 3), sRGB, upright. own: BGR uint8 or uint16 (H, W, 3), the file's numbers, in the profile
    of `about`. transparency: float32 (H, W) in 0..1 of a picture that is cut out already. ending: of such files, as
    '.jpg'. notes: what of the file could not be kept, for the user."""

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
