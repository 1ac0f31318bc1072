"""The studio's folder: what was uploaded and what became of it, each in a folder of its own with a random name.

Only its owner can read it. Whoever ends livebg's panel, even by force, leaves records from which the next one goes on;
whatever no record names is removed. Any thread.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from livebg.core.errors import LivebgError, SinkError, reason_of
from livebg.core.file_lock import FileLock
from livebg.core.private_files import make_folder
from livebg.media.free_space import LEAST_BYTES, free_bytes
from livebg.media.whole_file import put_whole
from livebg.panel.answer import Refused
from livebg.panel.decoding import Look
from livebg.panel.studio.choices import OWN
from livebg.panel.studio.item import MOST_FILES, OVER, Item, Rules, Wish, amount

log = logging.getLogger(__name__)
RECORD, RULES, LOCK = "item.json", "rules.json", ".lock"
INTERRUPTED = "livebg's panel ended before this was done; start it again"


class Store:
    """folder: made if it is not there. Raises LivebgError where it cannot be used, or another panel uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.RLock()
        self._items: dict[str, Item] = {}
        self._promised: dict[str, int] = {}  # bytes that uploads and works may still write
        self.version = 1  # rises with every change
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            make_folder(folder)
            self._lock = FileLock(folder / LOCK)
            if not self._lock.is_held:
                raise LivebgError(f"another livebg panel uses the studio's folder {folder}; use that one, or end it")
            self.rules = self._read_rules()
            self._read_items()
        except OSError as cause:
            raise LivebgError(f"the studio's folder {folder} cannot be used: {reason_of(cause)}") from cause

    def _read_rules(self) -> Rules:
        try:
            return Rules(**json.loads((self.folder / RULES).read_text()))
        except (OSError, ValueError, TypeError, Refused):
            return Rules()

    def _read_items(self) -> None:
        for each in self.folder.iterdir():
            if each.name in (LOCK, RULES):
                continue
            item = _read(each)
            if item is None:
                _remove(each)
                continue
            self._items[item.id] = item
            if item.state in ("waiting", "working"):
                self.change(item.id, state="interrupted", error=INTERRUPTED)

    def place(self, item_id: str) -> Path:
        """Its folder; item_id: of an item, or from new_id()."""
        return self.folder / item_id

    def original(self, item_id: str) -> Path:
        """The upload: its name is random, too, so that it stands for nothing else in a sentence about it."""
        return self.place(item_id) / item_id

    def new_id(self) -> str:
        return secrets.token_hex(16)

    def items(self) -> list[Item]:
        """The oldest first."""
        with self._mutex:
            return sorted(self._items.values(), key=lambda each: each.created_s)

    def backgrounds(self) -> Mapping[str, Item]:
        return {each.id: each for each in self.items() if each.state == "background"}

    def get(self, item_id: str) -> Item:
        """Raises Refused."""
        with self._mutex:
            if item_id not in self._items:
                raise Refused(404, "that file is no longer here; its time was over, or somebody removed it")
            return self._items[item_id]

    def add(self, item: Item) -> Item:
        """Its folder is there. Raises SinkError where the disk is full."""
        put_whole(json.dumps(asdict(item)).encode(), self.place(item.id) / RECORD, True, is_private=True)
        with self._mutex:
            self._items[item.id] = item
            self.version += 1
        return item

    def change(self, item_id: str, **values: Any) -> Item | None:
        """The changed item; None if it was removed meanwhile. A new state begins now."""
        with self._mutex:
            if item_id not in self._items:
                return None
            if "state" in values:
                values.setdefault("since_s", time.time())
            item = self._items[item_id] = replace(self._items[item_id], **values)
            self.version += 1
            try:
                put_whole(json.dumps(asdict(item)).encode(), self.place(item_id) / RECORD, True, is_private=True)
            except SinkError as failure:  # a full disk: the page shows it nevertheless
                log.warning("the studio's record is not written: %s", failure)
            return item

    def touch(self) -> None:
        """Something that the page shows has changed, but no record."""
        with self._mutex:
            self.version += 1

    def set_rules(self, rules: Rules) -> None:
        """Raises SinkError."""
        put_whole(json.dumps(asdict(rules)).encode(), self.folder / RULES, True, is_private=True)
        with self._mutex:
            self.rules = rules
            self.version += 1

    def remove(self, item_id: str) -> None:
        """The file and all that came of it. It must not be in work."""
        with self._mutex:
            self._items.pop(item_id, None)
            self.version += 1
        _remove(self.place(item_id))

    def ends_s(self, item: Item) -> float | None:
        """The time of day at which it goes; None while its work is not over."""
        return item.since_s + 3600 * self.rules.after_h if item.state in OVER else None

    def sweep(self) -> None:
        """Removes what is over its time."""
        now_s, items = time.time(), self.items()
        wanted = {each.wish.background for each in items if each.state not in OVER}
        for each in items:
            ends_s = self.ends_s(each)
            if ends_s is not None and ends_s <= now_s and OWN + each.id not in wanted:
                self.remove(each.id)

    def clear(self, item: Item) -> None:
        """Leaves of its folder only the upload and the record."""
        for each in self.place(item.id).iterdir():
            if each.name not in (RECORD, item.id):
                _remove(each)

    def free(self) -> int | None:
        """Bytes that nobody was promised; None where the system does not say."""
        free = free_bytes(self.folder / RULES)
        with self._mutex:
            return None if free is None else max(0, free - LEAST_BYTES - sum(self._promised.values()))

    @contextmanager
    def room_for(self, item_id: str, count: int, what: str) -> Iterator[None]:
        """Keeps so many bytes for it within the context. what: it, for the sentence. Raises Refused."""
        self.promise(item_id, count, what)
        try:
            yield
        finally:
            self.take_back(item_id)

    def promise(self, item_id: str, count: int, what: str) -> None:
        """As room_for, until take_back()."""
        with self._mutex:
            free = self.free()
            if free is not None and count > free:
                raise Refused(
                    507, f"{what} needs about {amount(count)}, and {amount(free)} are free; remove files, or free space"
                )
            self._promised[item_id] = count

    def still_promised(self, item_id: str, count: int) -> None:
        """So much of it is not yet written."""
        with self._mutex:
            if item_id in self._promised:
                self._promised[item_id] = max(0, count)

    def take_back(self, item_id: str) -> None:
        with self._mutex:
            self._promised.pop(item_id, None)

    def check_count(self, coming: int) -> None:
        """coming: files on their way. Raises Refused."""
        if len(self.items()) + coming >= MOST_FILES:
            raise Refused(409, f"the studio holds {MOST_FILES} files; remove some, then add others")

    def close(self) -> None:
        """Unless they are kept, all files go. Nothing must be in work."""
        if not self.rules.keeps:
            for each in self.items():
                self.remove(each.id)
        self._lock.release()


def _read(folder: Path) -> Item | None:
    try:
        values = json.loads((folder / RECORD).read_text())
        parts = {"look": Look(**values["look"]), "wish": Wish(**values["wish"]), "notes": tuple(values["notes"])}
        item = Item(**values | parts)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return item if item.id == folder.name and (folder / item.id).is_file() else None


def _remove(path: Path) -> None:
    """Follows no link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
