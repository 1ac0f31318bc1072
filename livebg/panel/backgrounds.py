"""The gallery: backgrounds with small pictures, and adding one. Names from outside are looked up, never used as paths.

What somebody adds keeps its bytes and gets a name of ours, in the user's own folder. Threads of the panel.
"""

from __future__ import annotations

import io
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps

from livebg.core.errors import BackgroundError, SourceError, one_line
from livebg.media.image.read import background_file
from livebg.media.video.clip import VideoClip
from livebg.media.video.open import open_media
from livebg.media.whole_file import move_whole, name_beside
from livebg.scene.backgrounds.catalog import Entry, find, list_backgrounds

LARGEST_BYTES = 500 * 2**20
LARGEST_PX = 60_000_000  # of a picture: a phone's, not a bomb
MOST_OWN = 300  # files in the user's folder
THUMBNAIL_PX = (320, 180)
KEPT = 256  # thumbnails
PICTURES = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp", "TIFF": ".tif",
            "AVIF": ".avif", "GIF": ".gif"}  # fmt: skip
VIDEOS = {"mov,mp4,m4a,3gp,3g2,mj2": ".mp4", "matroska,webm": ".mkv", "avi": ".avi"}


@dataclass(frozen=True, slots=True)
class Item:
    """One of the gallery; what: the text that the action `background` takes."""

    name: str
    kind: str
    is_own: bool
    what: str


class Gallery:
    """folder: the user's own, which need not exist yet; '' where there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
        """A JPEG of THUMBNAIL_PX; None where there is no such background, or it cannot be read."""
        entry = find(name, self._own)
        if entry is None:
            return None
        key = entry.path, entry.path.stat().st_mtime_ns
        with self._lock:  # one decoder at a time: the live loop needs the processor
            if key not in self._made:
                try:
                    self._made[key] = _thumbnail(entry.path, entry.kind)
                except (BackgroundError, SourceError):
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
        suffix = _sniffed(came, one_line(given)[:80])
        taken = {each.name for each in list_backgrounds(self._own)}
        stem, number = _stem(given), 1
        while (name := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        path = self.folder / f"{name}{suffix}"
        move_whole(came, path, force=False)
        return next(each for each in self.items() if each.what == str(path))


def _what(entry: Entry) -> str:
    """Another process has other folders in mind, so that the user's own go by their whole path."""
    return str(entry.path) if entry.is_own else entry.name


def _stem(given: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", Path(given.replace("\\", "/")).stem.casefold())
    return words.strip("-")[:40].strip("-") or "background"


def _sniffed(path: Path, given: str) -> str:
    """The ending that fits the content, whatever the name says. Raises BackgroundError for what is no background."""
    try:
        return _picture_suffix(path, given) or _video_suffix(path, given)
    except (BackgroundError, SourceError) as failure:
        raise BackgroundError(str(failure).replace(f"background {path}", given).replace(str(path), given)) from failure


def _picture_suffix(path: Path, given: str) -> str:
    """'' for what is no picture. Raises BackgroundError."""
    file = background_file(path)
    file.check()
    if not file.identify():
        return ""
    width, height = file.size()
    if width * height > LARGEST_PX:
        raise BackgroundError(
            f"{given} is too large: {width}x{height} px; livebg takes up to {LARGEST_PX // 1_000_000} million"
        )
    with file.reading(), file.opened() as picture:
        kind = picture.format or ""
        picture.load()
    return _known(PICTURES, kind, given)


def _video_suffix(path: Path, given: str) -> str:
    """Raises SourceError, BackgroundError."""
    with open_media(str(path), given, is_stream=False) as container:
        form = container.format.name
    VideoClip(str(path), given, is_backdrop=True).close()
    return _known(VIDEOS, form, given)


def _known(suffixes: dict[str, str], kind: str, given: str) -> str:
    if kind not in suffixes:
        raise BackgroundError(f"{given} is no picture or video that livebg takes as a background; try JPEG, PNG or MP4")
    return suffixes[kind]


def _thumbnail(path: Path, kind: str) -> bytes:
    """Raises BackgroundError, SourceError."""
    pixels: Any
    if kind == "picture":
        pixels = background_file(path).load(2 * THUMBNAIL_PX[0])
    else:
        clip = VideoClip(str(path), is_backdrop=True)
        try:
            first = clip.read()
            if first is None:
                raise BackgroundError(f"{path} holds no picture")
            pixels = first.render()
        finally:
            clip.close()
    small = ImageOps.fit(Pillow.fromarray(pixels[..., ::-1]), THUMBNAIL_PX, Pillow.Resampling.LANCZOS)
    made = io.BytesIO()
    small.save(made, "JPEG", quality=82)
    return made.getvalue()
