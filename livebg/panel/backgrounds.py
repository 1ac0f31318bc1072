"""The gallery: backgrounds with small pictures, and adding one. Names from outside are looked up, never used as paths.

What somebody adds keeps its bytes and gets a name of ours, in the user's own folder; only the decoder's process opens
it. Threads of the panel.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import BackgroundError, SourceError, one_line
from livebg.media.whole_file import move_whole, name_beside
from livebg.panel.decoding import Decoding
from livebg.scene.backgrounds.catalog import Entry, find, list_backgrounds

LARGEST_BYTES = 500 * 2**20
LARGEST_PX = 60_000_000  # of a picture: a phone's, not a bomb
MOST_OWN = 300  # files in the user's folder
THUMBNAIL_PX = 320  # its longer side
KEPT = 256  # thumbnails


@dataclass(frozen=True, slots=True)
class Item:
    """One of the gallery; what: the text that the action `background` takes."""

    name: str
    kind: str
    is_own: bool
    what: str


class Gallery:
    """folder: the user's own, which need not exist yet."""

    def __init__(self, folder: Path, decoding: Decoding) -> None:
        self.folder, self._decoding = folder, decoding
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[Path, int], bytes] = OrderedDict()

    @property
    def _own(self) -> str:
        return str(self.folder) if self.folder.is_dir() else ""

    def items(self) -> list[Item]:
        """The user's own first. Raises BackgroundError."""
        found = sorted(list_backgrounds(self._own), key=lambda each: not each.is_own)
        return [Item(each.name, each.kind, each.is_own, _what(each)) for each in found]

    def thumbnail(self, name: str) -> bytes | None:
        """A JPEG file of THUMBNAIL_PX at most; None where there is no such background, or it cannot be read."""
        entry = find(name, self._own)
        if entry is None:
            return None
        key = _version(entry.path)
        with self._lock:  # one decoder at a time: the live loop needs the processor
            if key not in self._made:
                try:
                    self._made[key] = self._drawn(entry.path, entry.name, entry.kind == "video")
                except SourceError:
                    return None
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
            return self._made[key]

    def room_for(self, given: str) -> Path:
        """A hidden path in the user's folder for the bytes of a file that comes. Raises BackgroundError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if sum(1 for _ in self.folder.iterdir()) >= MOST_OWN:
                raise BackgroundError(f"{self.folder} holds {MOST_OWN} files already; remove some that you do not use")
        except OSError as cause:
            raise BackgroundError(f"the folder {self.folder} cannot be written: {cause.strerror}") from cause
        return name_beside(self.folder / f"{_stem(given)}.upload")

    def add(self, came: Path, given: str) -> Item:
        """The file that came at room_for(), under a name made from the given one. Raises BackgroundError,
        SinkError."""
        ending, thumbnail = self._seen(came, one_line(given)[:80])
        taken = {each.name for each in list_backgrounds(self._own)}
        stem, number = _stem(given), 1
        while (name := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        path = self.folder / f"{name}{ending}"
        move_whole(came, path, force=False)
        with self._lock:
            self._made[_version(path)] = thumbnail
        return next(each for each in self.items() if each.what == str(path))

    def _seen(self, came: Path, given: str) -> tuple[str, bytes]:
        """Its ending, as its content wants it, whatever the name says, and its thumbnail. Raises BackgroundError for
        what is no background."""
        try:
            look = self._decoding.look(came, given)
            if look.ending and look.width * look.height <= LARGEST_PX:
                return look.ending, self._drawn(came, given, look.kind == "video")
        except SourceError as failure:
            raise BackgroundError(str(failure)) from failure
        if look.ending:
            size, most = f"{look.width}x{look.height} px", LARGEST_PX // 1_000_000
            raise BackgroundError(f"{given} is too large: {size}; livebg takes up to {most} million")
        raise BackgroundError(f"{given} is no picture or video that livebg takes as a background; try JPEG, PNG or MP4")

    def _drawn(self, path: Path, name: str, is_video: bool) -> bytes:
        """Its thumbnail. Raises SourceError."""
        return self._decoding.picture(path, name, is_video=is_video, at_s=0.0, width=THUMBNAIL_PX, with_alpha=False)[1]


def _version(path: Path) -> tuple[Path, int]:
    """Another one once the file changes."""
    return path, path.stat().st_mtime_ns


def _what(entry: Entry) -> str:
    """Another process has other folders in mind, so that the user's own go by their whole path."""
    return str(entry.path) if entry.is_own else entry.name


def _stem(given: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", Path(given.replace("\\", "/")).stem.casefold())
    return words.strip("-")[:40].strip("-") or "background"
