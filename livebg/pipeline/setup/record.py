"""What setup has changed, so that `livebg setup --undo` takes it back: a small file in the user's state folder."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from livebg.core.errors import LivebgError
from livebg.core.user_folders import state_folder

FILE = "setup.json"


@dataclass(slots=True)
class Record:
    """settings: the settings file that setup wrote, '' for none; backup: the one from before, '' if there was none;
    digest: SHA-256 of what setup wrote, '' where the user changed it before setup wrote again. root_files: files that
    root wrote. has_loaded: setup loaded v4l2loopback; load_again: the command that loads it with the devices that it
    had before setup, () where setup left them.

    packages: commands that installed packages; weights: files that were fetched. Undo names both and leaves them.
    """

    settings: str = ""
    backup: str = ""
    digest: str = ""
    root_files: list[str] = field(default_factory=list)
    has_loaded: bool = False
    load_again: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self == Record()

    def save(self, folder: Path | None = None) -> None:
        """Called after each change; an empty one leaves no file. Raises LivebgError."""
        from livebg.media.whole_file import put_whole

        path = (folder or state_folder()) / FILE
        try:
            if self.is_empty:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise LivebgError(f"what setup changes cannot be kept in {path}: {cause.strerror}") from cause
        put_whole(json.dumps(asdict(self), indent=2).encode(), path, force=True)


def load(folder: Path | None = None) -> Record:
    """The one kept; an empty one where there is none. Raises LivebgError for a file that is no record."""
    path = (folder or state_folder()) / FILE
    text = ""
    with contextlib.suppress(FileNotFoundError):
        text = path.read_text(encoding="utf-8")
    if not text:
        return Record()
    try:
        record, usual = Record(**json.loads(text)), Record()
    except (ValueError, TypeError) as cause:
        raise LivebgError(f"{path} is no record of livebg setup ({cause}); remove it") from cause
    if any(type(getattr(record, each.name)) is not type(getattr(usual, each.name)) for each in fields(Record)):
        raise LivebgError(f"{path} is no record of livebg setup; remove it")
    return record
