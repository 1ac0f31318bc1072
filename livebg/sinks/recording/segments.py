"""The files of one recording, one after another: a split loses neither pictures nor sound.

This file also decides when a recording continues in another file, and names that file. Every file begins with a key
frame at 0, so each plays alone. Sound comes later than its pictures: the previous file stays open until its sound has
arrived. Recorder's thread.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from livebg.core.errors import SettingsError
from livebg.core.types import Image
from livebg.media.audio.encode import RATE_HZ
from livebg.media.audio.types import Samples
from livebg.media.files import taken
from livebg.media.video.writer import Recording
from livebg.sinks.recording.chapters import Chapters

_UNITS_S = {"s": 1.0, "min": 60.0, "h": 3600.0}
_UNITS_BYTES = {"MB": 1e6, "GB": 1e9}
_LEAST_S, _LEAST_BYTES = 1.0, 1e6
_ROUNDING_S = 0.0005  # Matroska counts ms; after a pause, 2 s can be 1.9999999 s
_RESERVE_S = 2.0  # data that an encoder, and a file in pieces of a second, still hold back


@dataclass(slots=True)
class _Part:
    path: Path
    file: Recording
    chapters: Chapters
    begin_s: float  # on the recording's time line
    sound_end: int = 0  # index of the next part's first sample in the recording; known once there is a next part

    def close(self, end_s: float) -> None:
        """end_s: on the recording's time line."""
        self.file.close(self.chapters.inside(end_s - self.begin_s))
        if not self.file.is_failed:
            self.chapters.done()


class SegmentedFile:
    """open_file: makes a part's file; raises SinkError. channels: of the sound, 0 for none."""

    def __init__(
        self, path: Path, open_file: Callable[[Path], Recording], split: Split, *, channels: int, force: bool
    ) -> None:
        self._path, self._open_file, self._split = path, open_file, split
        self._channels, self._force = channels, force
        self.paths: list[Path] = []
        self._number = 0
        self._ending: _Part | None = None
        self._finished_bytes = 0
        self._samples = 0  # of the whole recording, up to now
        self._part = self._new_part(0.0)

    def _new_part(self, begin_s: float) -> _Part:
        while True:
            self._number += 1
            path = part_path(self._path, self._number)
            # It does not overwrite a file that somebody made meanwhile: the recording continues under the next name.
            if self._number == 1 or self._force or not os.path.lexists(path):
                break
        part = _Part(path, self._open_file(path), Chapters(path, self._force), begin_s)
        self.paths.append(path)
        return part

    def add(self, picture: Image, at_s: float) -> None:
        """Adds a picture: BGR uint8 (H, W, 3), BGRA uint8 (H, W, 4) or gray uint8 (H, W), as the encoding takes it.

        at_s: on the recording's time line, which begins at 0. Raises SinkError.
        """
        # One cut at a time: the next one waits until the part before has all of its sound.
        if self._ending is None and self._split.is_due(at_s - self._part.begin_s, self._part.file.written_bytes):
            self._cut(at_s)
        self._part.file.add(picture, at_s - self._part.begin_s)

    def _cut(self, at_s: float) -> None:
        part = self._new_part(at_s)
        self._ending, self._part = self._part, part
        cut = round(at_s * RATE_HZ)
        self._ending.sound_end = max(cut, self._samples)
        if not self._channels:
            self._end()
        elif self._samples > cut:  # some sound came before a frame with a late stamp
            part.file.add_sound(np.zeros((self._samples - cut, self._channels), np.float32))

    def _end(self) -> None:
        """Finishes the part before the newest one."""
        assert self._ending is not None
        ending, self._ending = self._ending, None
        ending.close(self._part.begin_s)
        self._finished_bytes += ending.file.written_bytes

    def add_sound(self, samples: Samples) -> None:
        """Adds float32 (n, channels) in -1..1 at RATE_HZ after the last samples, the first at 0. Raises SinkError."""
        if self._ending is not None:
            old = samples[: max(0, self._ending.sound_end - self._samples)]
            self._put(self._ending.file, old)
            samples = samples[len(old) :]
            if self._samples >= self._ending.sound_end:
                self._end()
        self._put(self._part.file, samples)

    def _put(self, file: Recording, samples: Samples) -> None:
        if len(samples):
            file.add_sound(samples)
            self._samples += len(samples)

    @property
    def sound_s(self) -> float:
        """Length of the sound so far."""
        return self._samples / RATE_HZ

    def mark(self, at_s: float, title: str) -> None:
        """Sets a marker at this time; one from just before the newest part goes to its beginning."""
        self._part.chapters.add(max(0.0, at_s - self._part.begin_s), title)

    @property
    def written_bytes(self) -> int:
        """Of all parts."""
        open_parts = [each for each in (self._ending, self._part) if each is not None]
        return self._finished_bytes + sum(each.file.written_bytes for each in open_parts)

    def sync(self) -> None:
        """Waits until the written data is on the disk; that can take long. Raises SinkError."""
        self._part.file.sync()

    def close(self, end_s: float) -> None:
        """Finishes the open files. end_s: on the recording's time line. Raises SinkError if that fails."""
        with ExitStack() as parts:
            parts.callback(self._part.close, end_s)
            if self._ending is not None:
                self._end()


@dataclass(frozen=True, slots=True)
class Split:
    """When a recording continues in a new file: after this time, or before this size; 0: no limit."""

    after_s: float = 0.0
    before_bytes: float = 0.0

    @property
    def is_any(self) -> bool:
        return bool(self.after_s or self.before_bytes)

    def is_due(self, lasted_s: float, written_bytes: int) -> bool:
        """lasted_s: from this file's first frame to the next one; written_bytes: this file's size on the disk."""
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
    """Raises SinkError where an earlier recording left files of these names."""
    names = re.compile(re.escape(path.stem) + r"-\d{3,}" + re.escape(path.suffix))
    there = sorted(each.name for each in path.parent.iterdir() if names.fullmatch(each.name))
    if there and not force:
        raise taken(path.with_name(there[0]))
