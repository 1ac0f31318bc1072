"""How frames came by their small alphas: looked at, carried, or kept because nothing moved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the start: frames that the engine looked at, of them before their turn; frames whose alpha was carried, and
    that got a key frame's alpha unchanged because nothing moved. key_frame_s: what the engine took for the newest. age:
    of the key frame that the newest propagated alpha came from."""

    key_frames: int = 0
    hurried: int = 0
    carried: int = 0
    still: int = 0
    key_frame_s: float = 0.0
    age_frames: int = 0
    age_s: float = 0.0
