"""The studio: owns the folder, the queue, the decoder and the uploads on their way; the rest is routes.py.

Any thread, where nothing else is said.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from livebg.core.errors import LivebgError, SinkError
from livebg.core.private_files import new_file
from livebg.core.threads import Worker
from livebg.panel.answer import Refused
from livebg.panel.decoding import Decoding
from livebg.panel.studio import choices
from livebg.panel.studio.item import GB, Item, Wish, amount, shown_name
from livebg.panel.studio.queue import Queue
from livebg.panel.studio.store import Store
from livebg.panel.upload import full

MOST_UPLOADS = 8
BEGIN_S = 60.0  # from its announcement to its first byte
SWEEP_S = 5.0


@dataclass(slots=True)
class Upload:
    """A file on its way: its content lies in its folder, and no record names it yet."""

    id: str
    name: str
    bytes: int
    wish: Wish
    is_background: bool
    announced_s: float
    received: int = 0
    has_begun: bool = False


class Studio:
    """folder: of its files, private to it; background_folder: the user's own backgrounds, or ''. The caller closes the
    decoding, afterwards. Raises LivebgError."""

    def __init__(self, folder: Path, background_folder: str, decoding: Decoding) -> None:
        self.store = Store(folder)
        self.background_folder = background_folder
        self.queue = Queue(self.store, partial(choices.named, folder=background_folder))
        self.decoding = decoding
        self._mutex = threading.Lock()
        self.uploads: dict[str, Upload] = {}
        self._sweeper = Worker("livebg-studio-sweeper", self._sweep)

    def close(self) -> None:
        """Ends all work, and removes the files, unless they are kept. May be called twice."""
        self._sweeper.stop()
        self.queue.close()
        for each in list(self.uploads):
            self.drop(each)
        self.store.close()

    def _sweep(self, stopping: threading.Event) -> None:
        while not stopping.wait(SWEEP_S):
            self.store.sweep()
            now_s = time.monotonic()
            for each in [*self.uploads.values()]:
                if not each.has_begun and now_s - each.announced_s > BEGIN_S:
                    self.drop(each.id)

    def announce(self, name: str, count: int, wish: Wish, is_background: bool) -> Upload:
        """A place for a file of so many bytes. Raises Refused."""
        name = shown_name(name)
        if count < 1:
            raise Refused(400, f"{name} is empty (0 bytes), as a copy that was broken off leaves it; try another file")
        if count > self.store.rules.largest_gb * GB:
            limit = f"{self.store.rules.largest_gb} GB"
            raise Refused(
                413, f"{name} has {amount(count)}, and the limit is {limit} for a file; the page can raise it"
            )
        if not is_background:
            wish = choices.checked(wish, self.store.backgrounds(), self.background_folder)
        with self._mutex:
            if len(self.uploads) >= MOST_UPLOADS:
                raise Refused(429, f"{MOST_UPLOADS} uploads are on their way; wait for one of them")
            self.store.check_count(len(self.uploads))
            upload = Upload(self.store.new_id(), name, count, wish, is_background, time.monotonic())
            self.store.promise(upload.id, count, name)
            self.uploads[upload.id] = upload
        self.store.touch()
        return upload

    def begin(self, upload_id: str) -> tuple[Upload, Path]:
        """The upload, and the new, empty file for its content. Raises Refused."""
        with self._mutex:
            upload = self.uploads.get(upload_id)
            if upload is None or upload.has_begun:
                raise Refused(404, "no upload of that name is announced; add the file again")
            upload.has_begun = True
        try:
            self.store.place(upload_id).mkdir(0o700)
            return upload, new_file(self.store.original(upload_id))
        except OSError as cause:
            raise full(upload.name, cause) from cause

    def has_received(self, upload: Upload, count: int) -> None:
        """So many bytes more. Raises Refused where they are too many, or somebody cancelled it meanwhile."""
        if upload.id not in self.uploads:
            raise Refused(409, f"the upload of {upload.name} was cancelled")
        if upload.received + count > upload.bytes:
            raise Refused(400, f"{upload.name} is longer than its Content-Length says; add it again")
        upload.received += count
        self.store.still_promised(upload.id, upload.bytes - upload.received)
        self.store.touch()

    def finish(self, upload: Upload) -> Item:
        """The whole file has come: it is looked at, and waits for its work. Raises LivebgError."""
        if upload.received != upload.bytes:
            raise Refused(400, f"{upload.name} came with {upload.received} of {upload.bytes} bytes; add it again")
        look = self.decoding.look(self.store.original(upload.id), upload.name)
        now_s = time.time()
        state = "background" if upload.is_background else "waiting"
        item = Item(upload.id, upload.name, upload.bytes, look, upload.wish, state, now_s, now_s)  # type: ignore[arg-type]
        try:
            self.store.add(item)
        except SinkError as cause:
            raise Refused(507, f"{upload.name} has no room: the disk is full; free space, then add it again") from cause
        self._forget(upload.id)
        self.queue.wake()
        return item

    def drop(self, upload_id: str) -> None:
        """Nothing of the upload stays."""
        if self._forget(upload_id):
            self.store.remove(upload_id)

    def _forget(self, upload_id: str) -> bool:
        with self._mutex:
            was_there = self.uploads.pop(upload_id, None) is not None
        self.store.take_back(upload_id)
        self.store.touch()
        return was_there

    def again(self, item_id: str, wish: Wish | None) -> Item:
        """Starts the work again; of a file that is done, another version beside it. Raises Refused."""
        item = self.store.get(item_id)
        if item.state not in ("done", "failed", "cancelled", "interrupted"):
            raise Refused(409, f"{item.name} is not over yet; cancel it first")
        wish = choices.checked(wish or item.wish, self.store.backgrounds(), self.background_folder)
        if item.state == "done":
            item = self._another(item, wish)
        else:
            item = self.store.change(item_id, state="waiting", wish=wish, error="") or item
        self.queue.wake()
        return item

    def _another(self, item: Item, wish: Wish) -> Item:
        self.store.check_count(len(self.uploads))
        now_s, new_id = time.time(), self.store.new_id()
        twin = replace(item, id=new_id, wish=wish, state="waiting", created_s=now_s, since_s=now_s, result="", notes=(),
                       result_bytes=0)  # fmt: skip
        source, target = self.store.original(item.id), self.store.original(new_id)
        try:
            target.parent.mkdir(0o700)
            try:
                os.link(source, target)
            except OSError:  # a file system without
                with self.store.room_for(new_id, item.bytes, item.name):
                    shutil.copyfile(source, target)
            return self.store.add(twin)
        except (OSError, LivebgError) as cause:
            self.store.remove(new_id)
            if isinstance(cause, Refused):
                raise
            raise full(item.name, cause) from cause

    def remove(self, item_id: str) -> None:
        """Ends its work first. Raises Refused."""
        self.queue.cancel(item_id)
        self.store.remove(item_id)

    def remove_finished(self) -> None:
        for each in self.store.items():
            if each.state in ("done", "failed", "cancelled", "interrupted"):
                self.store.remove(each.id)

    def picture(self, item_id: str, of: str, at_s: float, width: int) -> tuple[str, bytes]:
        """(media type, content): the file before or after its work, at this time. Raises Refused, SourceError."""
        item = self.store.get(item_id)
        if of == "after" and not item.result:
            raise Refused(404, f"{item.name} has no result yet")
        path = self.store.place(item.id) / item.result if of == "after" else self.store.original(item.id)
        is_alpha = of == "after" and item.has_alpha
        is_video = item.look.kind == "video"
        return self.decoding.picture(path, item.name, is_video=is_video, at_s=at_s, width=width, with_alpha=is_alpha)
