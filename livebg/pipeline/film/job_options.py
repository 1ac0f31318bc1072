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
    loop would do it. resumes: continues an interrupted run. segment_s, warm_up_s: see segments.py; no user's option."""

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
    segment_s: float = 20.0  # at least; an interruption loses so much, and a machine of several gets so much at a time
    warm_up_s: float = 2.0  # smoothing averages over 0.4 s, edges settle within 1 s
