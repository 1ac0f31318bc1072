"""The backgrounds that have a name: those that livebg ships and those in the user's own folder.

A name is a file's stem, upper or lower case; where both folders have it, the user's file wins. Only reads a file to
learn its size. Any thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from livebg.core.errors import BackgroundError, LivebgError, SourceError
from livebg.core.plugins import plugins
from livebg.core.user_folders import data_folder

PACKAGE = Path(__file__).resolve().parents[2]
PICTURES = frozenset({".avif", ".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
VIDEOS = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".webm"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One background with a name. kind: 'picture' or 'video'. is_own: it lies in the user's folder."""

    name: str
    kind: str
    path: Path
    is_own: bool

    def size_px(self) -> tuple[int, int]:
        """(width, height), read from the file's header. Raises BackgroundError if the file cannot be read."""
        if self.kind == "picture":
            from livebg.media.image.read import background_file

            return background_file(self.path).size()
        from livebg.media.video.open import size_of

        try:
            return size_of(self.path, f"background {self.path}")
        except SourceError as failure:
            raise BackgroundError(str(failure)) from failure


def shipped_folder(package: Path = PACKAGE) -> Path:
    """The folder of livebg's own backgrounds: inside an installed package, beside the package in a source tree."""
    for folder in (package / "backgrounds", package.parent / "backgrounds"):
        if folder.is_dir():
            return folder
    raise BackgroundError(
        f"livebg's own backgrounds are missing: no folder {package / 'backgrounds'}; install it again"
    )


def added_folder() -> Path:
    """Where the panel puts what the user adds, unless a folder is named; it need not exist. Raises LivebgError for a
    user without a home folder."""
    return data_folder() / "backgrounds"


def list_backgrounds(folder: str) -> list[Entry]:
    """Every background with a name, sorted; folder: the user's own, '': what the panel has added. Raises
    BackgroundError."""
    shipped = _files(shipped_folder())
    own = _files(_own_folder(folder)) if folder else _added()
    entries = []
    for name, path in sorted({**shipped, **own}.items()):
        kind = "picture" if path.suffix.lower() in PICTURES else "video"
        if path.exists():  # else deleted since it was listed
            entries.append(Entry(name, kind, path, name in own))
    return entries


def find(name: str, folder: str) -> Entry | None:
    """The background of this name (or file name), None if there is none. Raises BackgroundError for a bad folder."""
    wanted = name.casefold()
    entries = list_backgrounds(folder)
    for entry in entries:
        if wanted in (entry.name, entry.path.name.casefold()):
            return entry
    return None


def missing(what: str, folder: str) -> BackgroundError:
    """The error for a background that is no name, no colour and no file; it suggests similar names."""
    if not what:
        return BackgroundError("no background given; 'livebg backgrounds' lists those that can be named")
    names = [entry.name for entry in list_backgrounds(folder)] + ["blur", "none"]
    names += [each.name for each in plugins("background")]
    path = Path(os.path.expanduser(what))
    near = get_close_matches(what.lower(), names, n=3)
    if not near and path.parent.is_dir():
        near = [str(path.parent / each) for each in get_close_matches(path.name, _names_in(path.parent), n=3)]
    advice = f"did you mean {' or '.join(near)}?" if near else "is the path right?"
    return BackgroundError(
        f"background {what!r} is no file, no colour and no known name; {advice} 'livebg backgrounds' lists the names"
    )


def file_path(what: str) -> Path | None:
    """The path as the user wrote it, ~ expanded, if something is there; None if not."""
    try:
        path = Path(os.path.expanduser(what))
        return path if what and path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long a name, no home folder, a zero byte
        return None


def _own_folder(folder: str) -> Path:
    path = file_path(folder)
    if path is None or not path.is_dir():
        problem = "does not exist" if path is None else "is not a folder"
        raise BackgroundError(f"background folder {folder!r} {problem}; give another --background-folder")
    return path


def _added() -> dict[str, Path]:
    try:
        folder = added_folder()
    except LivebgError:
        return {}
    return _files(folder) if folder.is_dir() else {}


def _files(folder: Path) -> dict[str, Path]:
    """Pictures and videos by name; of two with the same stem, the second is found by its whole file name."""
    found: dict[str, Path] = {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError as cause:
        raise BackgroundError(f"background folder {folder} cannot be read: {cause.strerror}") from cause
    for path in paths:
        if path.suffix.lower() in PICTURES | VIDEOS:
            stem = _as_text(path.stem)
            found[stem if stem not in found else _as_text(path.name)] = path
    return found


def _as_text(name: str) -> str:
    """With a sign in place of bytes that are no UTF-8: every name can be shown, and typed or sent back."""
    return os.fsencode(name).decode(errors="replace").casefold()


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:  # only a suggestion is lost
        return []
