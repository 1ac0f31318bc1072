"""What somebody wrote about a film: its titles, dates and places, its chapters, its tracks' languages.

Values only, for one container from another; knows nothing about packets.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import Chapter

# What a muxer writes about its own file, and what no longer holds: the picture is upright now.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration", "rotate", "alpha_mode"}
_STATISTICS = ("_STATISTICS", "BPS", "NUMBER_OF_", "DURATION")

# QuickTime knows 20 languages by another of their two codes in ISO 639-2.
_QUICKTIME = {
    **{"sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "ces": "cze", "nld": "dut", "fra": "fre"},
    **{"kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice", "mkd": "mac", "msa": "may", "mri": "mao", "fas": "per"},
    **{"ron": "rum", "slk": "slo", "bod": "tib", "cym": "wel"},
}


def titles(metadata: dict[str, str], container: str) -> dict[str, str]:
    """Without what a muxer writes about its file."""
    kept = {
        key: value
        for key, value in metadata.items()
        if key.lower() not in _OF_THE_FILE and not key.startswith(_STATISTICS)
    }
    if container == "mov" and "language" in kept:
        kept["language"] = _QUICKTIME.get(kept["language"], kept["language"])
    return kept


def chapters_within(
    chapters: list[Chapter], zero: Fraction, start: Fraction | None, end: Fraction | None
) -> list[Chapter]:
    """Those that begin before the end and end after the start, s, on a time line on which `zero` is 0."""
    kept: list[Chapter] = []
    for each in chapters:
        base = each["time_base"] or Fraction(1, 1000)
        begins, ends = each["start"] * base, each["end"] * base
        if (end is not None and begins >= end) or (start is not None and ends <= start):
            continue
        if end is not None:
            ends = min(ends, end)
        start_tick, end_tick = (max(0, round((at - zero) / base)) for at in (begins, ends))
        kept.append({**each, "start": start_tick, "end": end_tick})
    return kept
