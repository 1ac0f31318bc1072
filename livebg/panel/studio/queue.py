"""The queue: one film at a time, and one photo beside it. A failure is a sentence in its row; the queue goes on.

Two threads, one for each kind; the other methods: any thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from livebg.core.errors import LivebgError, reason_of
from livebg.core.threads import Worker
from livebg.panel.decoding import Kind
from livebg.panel.studio import choices
from livebg.panel.studio.choices import OWN, RESULT
from livebg.panel.studio.item import Item, Progress
from livebg.panel.studio.store import Store
from livebg.panel.studio.work import Work

log = logging.getLogger(__name__)
LOOK_S = 1.0
END_S = 15.0


class Queue:
    """background_path: of a background with a name. Raises Refused where there is none any more."""

    def __init__(self, store: Store, background_path: Callable[[str], Path]) -> None:
        self._store, self._background_path = store, background_path
        self._changed = threading.Condition()
        self._works: dict[str, Work] = {}
        self._is_closed = False
        kinds: tuple[Kind, ...] = ("video", "photo")
        self._threads = [Worker(f"livebg-studio-{kind}", partial(self._run, kind), self.wake) for kind in kinds]

    def wake(self) -> None:
        """There may be something to do."""
        with self._changed:
            self._changed.notify_all()

    def progress(self, item_id: str) -> Progress | None:
        """None: it is not in work."""
        work = self._works.get(item_id)
        if work is None:
            return None
        work.progress.note = work.note()
        return work.progress

    def cancel(self, item_id: str) -> None:
        """Ends its work, or its waiting; returns when that has ended. Nothing happens to one that is over."""
        with self._changed:
            item = self._store.get(item_id)
            if item.state == "waiting":
                self._store.change(item_id, state="cancelled")
                return
            work = self._works.get(item_id)
        if work is not None:
            work.cancel()
            with self._changed:
                self._changed.wait_for(lambda: item_id not in self._works, END_S)

    def close(self) -> None:
        """Ends all work. Raises TimeoutError if a thread does not end."""
        with self._changed:
            self._is_closed = True
            works = list(self._works.values())
        for each in works:
            each.cancel()
        for thread in self._threads:
            thread.stop(END_S)

    def _run(self, kind: Kind, stopping: threading.Event) -> None:
        while not (stopping.is_set() or self._is_closed):
            item = next((each for each in self._store.items() if self._is_next(each, kind)), None)
            if item is None:
                with self._changed:
                    self._changed.wait(LOOK_S)
                continue
            try:
                self._do(item)
            except (LivebgError, OSError) as failure:
                text = str(failure) if isinstance(failure, LivebgError) else f"no work began: {reason_of(failure)}"
                self._store.change(item.id, state="failed", error=text)

    def _is_next(self, item: Item, kind: Kind) -> bool:
        return item.state == "waiting" and item.look.kind == kind

    def _do(self, item: Item) -> None:
        """Raises Refused, OSError."""
        with self._store.room_for(item.id, choices.needed_bytes(item), item.name):
            with self._changed:
                if self._is_closed or self._store.get(item.id).state != "waiting":
                    return
                self._store.clear(item)
                folder = self._store.place(item.id)
                work = self._works[item.id] = Work(item, folder, self._background(item), self._names(item))
                self._store.change(item.id, state="working", error="", notes=())
            try:
                for _ in work.events():
                    self._store.touch()
                self._end(item, work, work.end())
            finally:
                with self._changed:
                    del self._works[item.id]
                    self._changed.notify_all()

    def _background(self, item: Item) -> str:
        """As --background takes it. Raises Refused where an uploaded one is gone."""
        name = item.wish.background
        if not name.startswith(OWN):
            return name if choices.is_no_file(name) else str(self._background_path(name))
        own = self._store.get(name.removeprefix(OWN))
        self._store.change(own.id, since_s=time.time())
        return str(self._store.original(own.id))

    def _names(self, item: Item) -> dict[str, str]:
        """{our name of a file, as livebg's sentences have it: its user's}."""
        own = self._store.backgrounds().values()
        return {str(self._store.original(each.id)): each.name for each in own} | {item.id: item.name}

    def _end(self, item: Item, work: Work, failure: str) -> None:
        result = self._store.place(item.id) / f"{RESULT}.{choices.ending_of(item)}"
        took_s = time.monotonic() - work.progress.began_s
        if work.is_cancelled:
            self._store.clear(item)
            self._store.change(item.id, state="interrupted" if self._is_closed else "cancelled")
        elif failure or not result.is_file():
            self._store.clear(item)
            self._store.change(item.id, state="failed", error=failure or "the work left no result; start it again")
        else:
            self._store.change(
                item.id,
                state="done",
                notes=work.notes,
                result=result.name,
                result_bytes=result.stat().st_size,
                has_alpha=item.wish.background == "none",
                took_s=round(took_s, 1),
            )
