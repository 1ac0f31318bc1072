"""A film's timecode (SMPTE 12M) after a cut: that of the first remaining frame. Values only."""

from __future__ import annotations

import re
from fractions import Fraction

_FORM = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d)")
_DAY_MINUTES = 24 * 60


def moved(tags: dict[str, str], by_s: Fraction, fps: float) -> dict[str, str]:
    """The tags with the timecode so much later; leaves out an unreadable one rather than give a wrong one."""
    if not by_s:
        return tags
    frames, kept = round(by_s * Fraction(fps).limit_denominator(1001)), dict[str, str]()
    for key, text in tags.items():
        said = later(text, frames, fps) if key.lower() == "timecode" else text
        if said is not None:
            kept[key] = said
    return kept


def later(text: str, frames: int, fps: float) -> str | None:
    """The timecode of the frame that many frames later. None if the text is no timecode.

    A mark other than a colon before the frames means drop frame: the first frame numbers of each minute are left out,
    except in each tenth minute, so that 29.97 or 59.94 frames a second follow the clock.
    """
    found = _FORM.fullmatch(text.strip())
    nominal = round(fps)
    if found is None or nominal < 1:
        return None
    hours, minutes, seconds, mark, frame = found.groups()
    left_out = 0 if mark == ":" else round(nominal / 15)
    minute = 60 * int(hours) + int(minutes)
    number = 60 * nominal * minute + nominal * int(seconds) + int(frame) - left_out * (minute - minute // 10) + frames
    per_ten = 600 * nominal - 9 * left_out
    tens, rest = divmod(number % (per_ten * _DAY_MINUTES // 10), per_ten)
    into, per_minute = 0, 60 * nominal - left_out
    if left_out and rest >= 60 * nominal:  # the first of ten minutes is whole
        into = 1 + (rest - 60 * nominal) // per_minute
        rest = (rest - 60 * nominal) % per_minute + left_out
    elif not left_out:
        into, rest = divmod(rest, per_minute)
    minute = 10 * tens + into
    return f"{minute // 60:02}:{minute % 60:02}:{rest // nominal:02}{mark}{rest % nominal:02}"
