"""Lets other programs of this user steer a running livebg: `livebg ctl`, the panel, key bindings, stream decks.

The server (server.py) has threads of its own; the main thread does the actions. The port and the token lie in a file
that only this user can read.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from livebg.core.errors import LivebgError, one_line
from livebg.core.private_files import make_runtime_folder, new_file
from livebg.core.user_folders import runtime_folder
from livebg.pipeline.live.client import PREFIX, SUFFIX, Kind, Picture
from livebg.pipeline.live.server import Limits, Server

log = logging.getLogger(__name__)

Command = Callable[[str, tuple[str, ...]], dict[str, Any] | Future[None]]
Check = Callable[[str, tuple[str, ...]], None]
Look = Callable[[], dict[str, Any]]
TakePicture = Callable[[Kind, int, int | None], Picture | None]

ANSWER_S = 10.0  # the main thread may open a device meanwhile


class Remote:
    """A server.Answers: the requests that wait for the main thread, which does them by serve(); and what needs none.

    looks: by path, what GET answers. picture: see previews.Previews. check: raises LivebgError for an action that
    should not reach the main thread; it may take long.
    """

    def __init__(
        self,
        looks: Mapping[str, Look] | None = None,
        picture: TakePicture = lambda of, width, after: None,  # noqa: ARG005 - their names are for readers
        limits: Limits = Limits(),  # noqa: B008 - frozen
        check: Check = lambda action, values: None,  # noqa: ARG005 - as above
    ) -> None:
        self._looks, self.picture, self._limits, self._check = looks or {}, picture, limits, check
        self._under_way: list[tuple[Future[None], Future[dict[str, Any]]]] = []
        self._waiting: queue.SimpleQueue[tuple[str, tuple[str, ...], Future[dict[str, Any]]]] = queue.SimpleQueue()

    def ask(self, action: str, values: tuple[str, ...]) -> dict[str, Any]:
        """From any other thread. Raises what the action raises, and TimeoutError."""
        self._check(action, values)
        answer: Future[dict[str, Any]] = Future()
        self._waiting.put((action, values, answer))
        return answer.result(ANSWER_S)

    def look(self, question: str) -> dict[str, Any] | None:
        """From any other thread. Raises LivebgError."""
        found = self._looks.get(question)
        return None if found is None else found()

    def serve(self, command: Command) -> None:
        """Does everything that waits, and answers what is done by now. Never waits itself. command: gives the status,
        or a future of what it has begun."""
        with suppress(queue.Empty):
            while True:
                action, values, answer = self._waiting.get_nowait()
                try:
                    said = command(action, values)
                except LivebgError as failure:
                    answer.set_exception(failure)
                    continue
                except Exception as failure:  # whatever a caller sends, the call goes on
                    log.debug("%s", action, exc_info=failure)
                    answer.set_exception(LivebgError(f"{action}: {one_line(f'{type(failure).__name__}: {failure}')}"))
                    continue
                if isinstance(said, Future):
                    self._under_way.append((said, answer))
                else:
                    answer.set_result(said)
        self._answer_what_is_done(command)

    def _answer_what_is_done(self, command: Command) -> None:
        for done, answer in [each for each in self._under_way if each[0].done()]:
            self._under_way.remove((done, answer))
            failure = done.exception()
            if failure is not None:
                answer.set_exception(failure)
                continue
            status = command("status", ())
            assert not isinstance(status, Future)
            answer.set_result(status)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Takes requests within the context. Where that is impossible, it says so, and livebg runs without."""
        try:
            make_runtime_folder()
            server = Server(self, self._limits)
        except OSError as cause:
            log.warning("livebg ctl cannot reach this run: %s", cause)
            yield
            return
        thread = threading.Thread(target=server.serve_forever, name="livebg-remote", daemon=True)
        thread.start()
        file = runtime_folder() / f"{PREFIX}{os.getpid()}{SUFFIX}"
        try:
            try:
                new_file(file).write_text(json.dumps({"port": server.server_port, "token": server.token}))
            except OSError as cause:
                log.warning("livebg ctl cannot reach this run: %s", cause)
            yield
        finally:
            with suppress(OSError):
                file.unlink()
            server.shutdown()
            server.server_close()
