"""Asks the decoder, a process of its own (decoder.py), what a file of the user's is and what it shows.

The process starts with the first question and ends when nobody has asked for a while. Any thread; one question at a
time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from livebg.core.errors import SourceError
from livebg.core.own_module import own_environment, own_module

LONGEST_S = 30.0  # for one answer; a photo of 200 megapixels takes five
IDLE_S = 60.0

Kind = Literal["video", "photo"]


@dataclass(frozen=True, slots=True)
class Look:
    """What the decoder says of a file. seconds: 0 for a photo. media_type: '' where browsers play no such file.

    ending: '.jpg', '.mp4' ..., as the content wants it; '' where livebg takes no such file as a background."""

    kind: Kind
    width: int
    height: int
    seconds: float = 0.0
    fps: float = 0.0
    media_type: str = ""
    ending: str = ""


class Decoding:
    """longest_s: an answer that takes longer ends the process."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._mutex = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_s = 0.0

    def look(self, path: Path, name: str) -> Look:
        """What the file is, by its content; name: for sentences. Raises SourceError."""
        answer, _ = self._ask(name, {"do": "look", "path": str(path), "name": name})
        return Look(**answer)

    def picture(
        self, path: Path, name: str, *, is_video: bool, at_s: float, width: int, with_alpha: bool
    ) -> tuple[str, bytes]:
        """(media type, content) of a picture at most `width` wide and high: the photo, or the video's at this time.

        Raises SourceError."""
        request = {"do": "picture", "path": str(path), "is_video": is_video, "at_s": at_s, "width": width}
        answer, content = self._ask(name, request | {"with_alpha": with_alpha})
        return str(answer["type"]), content

    def rest(self) -> None:
        """Ends the process if nobody has asked for a while."""
        if self._mutex.acquire(blocking=False):
            try:
                if time.monotonic() - self._asked_s > IDLE_S:
                    self._end()
            finally:
                self._mutex.release()

    def close(self) -> None:
        """May be called twice; a question in between starts the process again."""
        with self._mutex:
            self._end()

    def _ask(self, name: str, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        with self._mutex:
            process = self._begun()
            assert process.stdin is not None
            assert process.stdout is not None
            timer = threading.Timer(self._longest_s, process.kill)
            timer.start()
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                answer: dict[str, Any] = json.loads(process.stdout.readline() or b"{}")
                content = process.stdout.read(answer.pop("bytes"))
            except (OSError, ValueError, KeyError) as cause:  # it ended, by itself or by the timer
                self._end()
                raise SourceError(f"{name} cannot be read: the decoder gave up on it; try another file") from cause
            finally:
                timer.cancel()
                self._asked_s = time.monotonic()
        if "error" in answer:
            raise SourceError(str(answer["error"]).replace(request["path"], name))
        return answer, content

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                own_module("livebg.panel.decoder"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=own_environment(),
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for each in (process.stdin, process.stdout):
                if each is not None:
                    with contextlib.suppress(OSError):  # what was not yet sent
                        each.close()
