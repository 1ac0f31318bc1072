"""The user's options for a video file, beyond the settings of the matte and the picture. Values only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

What = Literal["auto", "composite", "alpha", "foreground", "matte", "pair"]
WHATS = ("auto", "composite", "alpha", "foreground", "matte", "pair")


@dataclass(frozen=True, slots=True)
class JobOptions:
    """what: the output; 'auto' is alpha if the user named no background and the file can hold it, else the composite;
    'pair' is foreground and matte as two files. codec, quality, encoder, alpha: see media/video/formats.form_for.
    start_s, end_s: on the film's own time line, from its first frame. frames: the most, 0 for all. is_live: as the live
    loop would do it. resumes: continues an interrupted run."""

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
