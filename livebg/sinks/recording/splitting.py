"""When a recording goes on in another file, and how that is called. Pure; knows nothing about encoding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import SettingsError
from livebg.media.files import taken

_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
_UNITS_BYTES = {"MB": 1e6, "GB": 1e9}
_LEAST_S, _LEAST_BYTES = 1.0, 1e6
_ROUNDING_S = 0.0005  # Matroska counts ms; what a pause leaves of 2 s is 1.9999999 s
_RESERVE_S = 2.0  # what an encoder and a file in pieces of a second still hold back


@dataclass(frozen=True, slots=True)
class Split:
    """After so many seconds, or before so many bytes; 0: it does not matter."""

    after_s: float = 0.0
    before_bytes: float = 0.0

    @property
    def is_any(self) -> bool:
        return bool(self.after_s or self.before_bytes)

    def is_due(self, lasted_s: float, written_bytes: int) -> bool:
        """lasted_s: from this file's first frame to the next one; written_bytes: what this file has on the disk."""
        if self.after_s:
            return lasted_s >= self.after_s - _ROUNDING_S
        if not self.before_bytes or lasted_s < _LEAST_S:
            return False
        return written_bytes * (1 + _RESERVE_S / lasted_s) >= self.before_bytes


NO_SPLIT = Split()


def parse_split(text: str) -> Split:
    """'10min', '90s', '500MB' ...; '' is no split. Raises SettingsError."""
    if not text:
        return NO_SPLIT
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|min|h|MB|GB)", text.strip(), re.ASCII)
    if found:
        number, unit = float(found[1]), found[2]
        if unit in _UNITS_S and number * _UNITS_S[unit] >= _LEAST_S:
            return Split(after_s=number * _UNITS_S[unit])
        if unit in _UNITS_BYTES and number * _UNITS_BYTES[unit] >= _LEAST_BYTES:
            return Split(before_bytes=number * _UNITS_BYTES[unit])
    raise SettingsError(f"--split: {text!r} is neither a time from 1s on nor a size from 1MB on; e.g. 10min, 1h, 500MB")


def part_path(path: Path, number: int) -> Path:
    """a.mp4, a-002.mp4, a-003.mp4 ... for 1, 2, 3."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number:03d}{path.suffix}")


def check_parts(path: Path, force: bool) -> None:
    """Raises SinkError where files of these names are there already, from an earlier recording."""
    names = re.compile(re.escape(path.stem) + r"-\d{3,}" + re.escape(path.suffix))
    there = sorted(each.name for each in path.parent.iterdir() if names.fullmatch(each.name))
    if there and not force:
        raise taken(path.with_name(there[0]))
