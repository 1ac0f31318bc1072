"""What the user wants of a video file, beyond the settings of the matte and the picture. Values only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

What = Literal["auto", "composite", "alpha", "foreground", "matte", "pair"]
WHATS = ("auto", "composite", "alpha", "foreground", "matte", "pair")


@dataclass(frozen=True, slots=True)
class JobOptions:
    """what: comes out; 'auto' is alpha where no background was named and the file can hold it, else the composite;
    'pair' is foreground and matte as two files. codec, quality, encoder, alpha: see film_encodings.form_for. start_s,
    end_s: on the film's own time line, from its first frame. frames: at most so many, 0 all. is_live: as the live loop
    would do it. resumes: goes on where an earlier run was cut off."""

    what: What = "auto"
    codec: str = "auto"
    quality: int = 75
    encoder: str = "auto"
    alpha: str = "straight"
    start_s: float = 0.0
    end_s: float = math.inf
    frames: int = 0
    is_live: bool = False
    resumes: bool = False
