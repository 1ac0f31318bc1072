"""One file's work: a livebg of its own as child process, what it says, and its end, also before the time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from livebg.core.own_module import own_environment, own_module
from livebg.panel.studio.choices import arguments
from livebg.panel.studio.item import Item, Progress

LOG = "work.log"  # what the command says on stderr
PATIENCE_S = 5.0  # for an end in order
TAIL_BYTES = 4000
SPOKEN_BY_LIVEBG = "livebg: "


class Work:
    """Starts at once. folder: the item's. background: as --background takes it. names: {ours of a file: its user's}.

    One thread, but cancel(): any."""

    def __init__(self, item: Item, folder: Path, background: str, names: Mapping[str, str]) -> None:
        self._names, self._log = names, folder / LOG
        self._ending = threading.Lock()
        self.progress = Progress(began_s=time.monotonic())
        self.notes: tuple[str, ...] = ()
        self.is_cancelled = False
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                own_module("livebg.panel.studio.worker_process", *arguments(item, background)),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=own_environment(),
                start_new_session=True,  # so that all that it starts ends with it
            )

    def events(self) -> Iterator[Progress]:
        """One for each thing that it reports, until it has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # a line for people
                self._take(json.loads(line))
                yield self.progress

    def _take(self, event: dict[str, Any]) -> None:
        if event.get("event") in ("began", "progress"):
            self.progress.done, self.progress.frames = event["done"], event["frames"]
            self.progress.fps, self.progress.left_s = event.get("fps", 0.0), event.get("left_s")
        if event.get("event") in ("began", "ended"):
            told = [*self.notes, *(self._for_users(each) for each in event["notes"])]
            self.notes = tuple(dict.fromkeys(told))  # most come twice

    def note(self) -> str:
        """What it says that it is doing, while it does not count frames."""
        return "" if self.progress.frames else self._last_line()

    def end(self) -> str:
        """Waits for its end; '' if it went well, else why not, a sentence."""
        code = self._process.wait()
        for each in (self._process.stdin, self._process.stdout):
            if each is not None:
                each.close()
        if code == 0 or self.is_cancelled:
            return ""
        if code < 0 or code == 130:
            what = "another program" if code == 130 else f"the system (signal {-code})"
            return f"{what} ended the work; if memory is short, close other programs, then start it again"
        return self._last_line() or f"the work ended without a word (exit code {code}); start it again"

    def _last_line(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - TAIL_BYTES))
                lines = log.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        said = [each for each in lines if each.startswith(SPOKEN_BY_LIVEBG)]
        return self._for_users(said[-1].removeprefix(SPOKEN_BY_LIVEBG)) if said else ""

    def _for_users(self, text: str) -> str:
        """With the files' own names in place of ours."""
        for ours, own in self._names.items():
            text = text.replace(ours, own)
        return text

    def cancel(self) -> None:
        """Ends it and all that it started. Waits for that. May be called twice, and after its end."""
        self.is_cancelled = True
        with self._ending:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                self._process.wait()

    def _signal(self, number: int) -> None:
        if sys.platform == "win32":
            self._process.kill()
        elif self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
