"""The settings file: what was chosen goes in, all else stays as it is, comments too; the old file is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit

from livebg.core.errors import LivebgError
from livebg.core.settings_file import load_file
from livebg.media.whole_file import put_whole
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.record import Record

BACKUP = ".before-setup"


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """TOML text with these settings. Names stay as the text spells them; new ones get underscores, at the end."""
    document = tomlkit.parse(text)
    spelled = {key.replace("-", "_"): key for key in document}
    for name, value in values.items():
        document[spelled.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return tomlkit.dumps(document)


def write_settings(progress: Progress) -> Iterator[str]:
    """Writes what was chosen and differs. Raises LivebgError, and leaves the file as it was then."""
    path, record = progress.path, progress.record
    try:
        old = path.read_bytes() if path.exists() else None
        known = load_file(path) if old is not None else {}
        values = {name: value for name, value in progress.values.items() if known.get(name) != value}
        if not values:
            yield f"settings: nothing to write; {path} {'stays as it is' if old is not None else 'is not needed'}"
            return
        path = path.resolve()  # a link to it stays one
        path.parent.mkdir(parents=True, exist_ok=True)
        is_private = old is not None and not path.stat().st_mode & 0o077  # it may hold a stream's key
        new = with_values("" if old is None else old.decode(), values).encode()
    except OSError as cause:
        raise LivebgError(f"settings file {path} cannot be written: {cause.strerror}") from cause
    before = replace(record)
    is_setups = record.settings != str(path) or old is None or hashlib.sha256(old).hexdigest() == record.digest
    if record.settings != str(path):
        record.settings, record.backup = str(path), ""
        if old is not None:
            backup = free_name(path.with_name(path.name + BACKUP))
            put_whole(old, backup, force=False, is_private=is_private)
            record.backup = str(backup)
    record.digest = hashlib.sha256(new).hexdigest() if is_setups else ""
    try:
        progress.keep()  # before the file: a killed setup must not leave one that undo does not know
        put_whole(new, path, force=True, is_private=is_private)
    except LivebgError:
        _forget(progress, before)
        raise
    yield f"settings: {', '.join(f'{name} = {value}' for name, value in values.items())} in {path}"
    if record.backup:
        yield f"  the file from before is {record.backup}"


def _forget(progress: Progress, before: Record) -> None:
    """Nothing was written: neither the record nor a copy of the file says so."""
    record = progress.record
    if record.backup != before.backup:
        Path(record.backup).unlink(missing_ok=True)
    record.settings, record.backup, record.digest = before.settings, before.backup, before.digest
    with suppress(LivebgError):  # the first failure is the one to tell
        progress.keep()


def free_name(path: Path) -> Path:
    """This path, or the first with a number that nothing has."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
