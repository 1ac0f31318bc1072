"""The words that people add to a film: its titles, dates and places, its chapters, its tracks' languages.

Values only, for one container from another.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from livebg.media.metadata import CHAPTER_TAGS, MOST_TOGETHER, TAGS, TRACK_TAGS, bytes_of, kept_tags, looks_encoded

if TYPE_CHECKING:
    from av.container import Chapter

# FFmpeg's list for QuickTime has one code for each language, often not the usual one of ISO 639-2/T.
_QUICKTIME = {
    **{"sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "nld": "dut", "kat": "geo", "deu": "ger"},
    **{"ell": "gre", "isl": "ice", "mkd": "mac", "msa": "may", "fas": "per", "bod": "tib", "cym": "wel", "swe": "sve"},
    **{"cze": "ces", "fre": "fra", "rum": "ron", "slo": "slk"},
}
_OF_A_CAMERA = ("com.apple.quicktime.", "com.android.")


def titles(metadata: dict[str, str], container: str) -> dict[str, str]:
    """Of a film, by metadata.py's list: without the muxer's own tags and tags by others."""
    return _named(kept_tags(metadata, TAGS), container)


def track_titles(metadata: dict[str, str], container: str) -> dict[str, str]:
    """MP4 and MOV have no title of a track; players show its handler's name."""
    kept = _named(kept_tags(metadata, TRACK_TAGS), container)
    if container in ("mp4", "mov") and "title" in kept:
        kept["handler_name"] = kept["title"]
    return kept


def _named(kept: dict[str, str], container: str) -> dict[str, str]:
    if container == "mov" and "language" in kept:
        kept["language"] = _QUICKTIME.get(kept["language"], kept["language"])
    return kept


def is_of_a_camera(metadata: dict[str, str]) -> bool:
    """Whether the tags have keys that photo programs read, and that MP4 and MOV hold in a list of their own."""
    return any(key.startswith(_OF_A_CAMERA) for key in metadata)


def chapters_within(
    chapters: list[Chapter], zero: Fraction, start: Fraction | None, end: Fraction | None
) -> list[Chapter]:
    """Those that begin before the end and end after the start, s, on a time line on which `zero` is 0.

    Each has a title, as MP4 needs one: its number if its own may not go along, or if the others use up the space.
    """
    tag_sets = [kept_tags(each["metadata"], CHAPTER_TAGS) for each in chapters]
    are_words = not looks_encoded(text for tags in tag_sets for text in tags.values())
    told_bytes = 0
    kept: list[Chapter] = []
    for number, (each, tags) in enumerate(zip(chapters, tag_sets, strict=True), 1):
        base = each["time_base"] or Fraction(1, 1000)
        begins, ends = each["start"] * base, each["end"] * base
        if (end is not None and begins >= end) or (start is not None and ends <= start):
            continue
        if end is not None:
            ends = min(ends, end)
        start_tick, end_tick = (max(0, round((at - zero) / base)) for at in (begins, ends))
        named = tags if are_words else {}
        told_bytes += sum(bytes_of(text) for text in named.values())
        has_title = told_bytes <= MOST_TOGETHER and any(key.lower() == "title" for key in named)
        metadata = named if has_title else {"title": str(number)}
        kept.append({**each, "start": start_tick, "end": end_tick, "metadata": metadata})
    return kept
