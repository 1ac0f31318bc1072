"""The live loop that the panel shows: found or started, asked, ended. A process of its own; this file never draws.

Its methods block, for seconds where the live loop is busy: for threads. One lock guards what they share.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.own_module import own_environment, own_module
from livebg.core.settings import Settings, change, option_name, setting_from
from livebg.panel.frames import Shown

log = logging.getLogger(__name__)
SAID = 12  # lines of the live loop's stderr that the page may show
ENDING_S = 20.0  # a recording may have much to write
FRESH_S = 0.2  # a status this young is as good as a new one


class Steering(Protocol):
    """A running live loop; livebg.pipeline.live.client.Client. Blocking, for one thread at a time. LivebgError."""

    @property
    def pid(self) -> int: ...

    def status(self) -> dict[str, Any]: ...

    def settings(self) -> dict[str, Any]: ...

    def do(self, action: str, *values: str) -> dict[str, Any]: ...

    def preview(self, of: Any, width: int, after: int | None) -> Any: ...

    def close(self) -> None: ...


class Live:
    """connect(pid): the live loop of this process, or of the only one there is; raises LivebgError. None: any.

    options: of `livebg run`, where the panel starts it; pid: of the live loop that the panel belongs to, or None.
    """

    def __init__(
        self, connect: Callable[[int | None], Steering], options: Sequence[str] = (), pid: int | None = None
    ) -> None:
        self._connect, self._options, self._pid = connect, list(options), pid
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._said: deque[str] = deque(maxlen=SAID)
        self._client: Steering | None = None
        self._watching: dict[tuple[str, int], Steering] = {}  # a client for each kind and width
        self._run = 0
        self._began: dict[str, Any] = {}
        self._chosen: dict[str, Any] = {}
        self._before: dict[str, Any] | None = None  # what was chosen before a restart that has not yet answered
        self._known: tuple[float, dict[str, Any]] = (float("-inf"), {})
        self._has_run = False

    def status(self) -> dict[str, Any]:
        """process: 'running', 'starting', 'ended' or 'none'; live: its own status, or None; is_ours: whether the panel
        started it; says: the last lines of its stderr, where the panel reads them; failure: why it cannot be asked."""
        with self._lock:
            at_s, known = self._known
            if time.monotonic() - at_s < FRESH_S:
                return known
            live, failure = None, ""
            try:
                live = self._ask(lambda client: client.status())
            except LivebgError as cause:
                failure = str(cause)
            is_ours, is_alive = self._child is not None, self._is_alive
            process = "running" if live else "starting" if is_alive else "ended" if self._has_run else "none"
            known = {
                "process": process,
                "live": live,
                "is_ours": is_ours or not live,
                "says": [] if live else list(self._said),
                "failure": "" if live else failure,
                "run": self._run,
            }
            self._known = time.monotonic(), known
            return known

    @property
    def pid(self) -> int | None:
        """The process of the live loop that the page shows; None: any that runs."""
        with self._lock:
            return self._client.pid if self._client is not None else self._pid_wanted

    @property
    def _is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def settings(self) -> dict[str, Any]:
        """Every setting with its value and declaration. Raises LivebgError."""
        with self._lock:
            return self._ask(lambda client: client.settings())

    def do(self, action: str, *values: str) -> dict[str, Any]:
        """The live loop's status afterwards. Raises SettingsError for what it refuses, else LivebgError."""
        with self._lock:
            answer = self._ask(lambda client: client.do(action, *values))
            self._known = float("-inf"), {}
            return answer

    def picture(self, of: str, width: int, last: tuple[int, int]) -> Shown | None:
        """The newest picture but this one. Waits up to a second for it, while others ask for other things.

        One thread at a time for each kind and width.
        """
        if self._client is None:
            self.status()  # looks for one; the source page asks for nothing else
        known, run = self._client, self._run
        if known is None:
            return None
        client = self._watching.get((of, width))
        try:
            if client is None or client.pid != known.pid:
                client = self._watching[of, width] = self._connect(known.pid)
            found = client.preview(of, width, last[1] if last[0] == run else None)
        except LivebgError:
            self._forget((of, width))
            return None
        if found is None:
            return None
        now_s = time.monotonic()
        return Shown(found.content, run, found.sequence, now_s - found.age_ms / 1000, now_s, found.state)

    def _forget(self, which: tuple[str, int]) -> None:
        client = self._watching.pop(which, None)
        if client is not None:
            client.close()

    def _ask(self, question: Callable[[Steering], dict[str, Any]]) -> dict[str, Any]:
        """Under the lock. Looks for the live loop where the known one does not answer."""
        if self._client is not None:
            try:
                return question(self._client)
            except SettingsError:
                raise
            except LivebgError:
                self._client.close()
                self._client = None
        client = self._connect(self._pid_wanted)
        answer = question(client)
        self._client, self._run, self._has_run = client, self._run + 1, True
        self._before = None
        self._began = {}
        with suppress(LivebgError, KeyError):
            self._began = {name: about["value"] for name, about in client.settings().items()}
        return answer

    @property
    def _pid_wanted(self) -> int | None:
        if self._child is not None and self._is_alive and sys.platform != "win32":  # there, a launcher is between
            return self._child.pid
        return self._pid

    def start(self) -> None:
        """Starts the live loop, unless one runs; without the new settings of a restart that failed."""
        with self._lock:
            if self._is_alive:
                return
            with suppress(LivebgError):
                self._ask(lambda client: client.status())
                return
            if self._before is not None:
                self._chosen, self._before = self._before, None
            self._start()

    def _start(self) -> None:
        self._said.clear()
        self._pid = None
        options = [*self._options, *as_options(self._chosen)]
        command = own_module("livebg", "run", *options)
        log.info("the panel starts livebg run")  # without its options: an address of a stream is a secret
        apart: dict[str, Any] = {"start_new_session": True}  # Ctrl-C reaches the panel alone, which ends both
        if sys.platform == "win32":
            apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=own_environment(),
            **apart,
        )
        self._has_run = True
        self._known = float("-inf"), {}
        self._reader = threading.Thread(target=self._read, args=(self._child,), name="livebg-panel-stderr")
        self._reader.start()

    def _read(self, child: subprocess.Popen[bytes]) -> None:
        """Its messages: for this terminal, and for the page."""
        assert child.stderr is not None
        with child.stderr:
            for raw in child.stderr:
                line = raw.decode(errors="replace").rstrip()
                self._said.append(line)
                print(line, file=sys.stderr, flush=True)

    def stop(self) -> None:
        """Ends the live loop whole: recordings are finished. Raises LivebgError where it does not end."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        self._remember_changes()
        with suppress(LivebgError):
            self._ask(lambda client: client.do("quit"))
        if self._client is not None:
            self._client.close()
        elif self._child is not None and self._is_alive:  # it is starting: nobody can ask it yet
            self._child.terminate()
        self._client, self._known = None, (float("-inf"), {})
        if self._child is not None:
            try:
                self._child.wait(ENDING_S)
            except subprocess.TimeoutExpired as cause:
                self._child.kill()
                self._child.wait()
                raise LivebgError(f"livebg did not end within {ENDING_S:g} s, so it was cut off") from cause
            finally:
                if self._reader is not None:
                    self._reader.join()
                self._child = self._reader = None

    def restart(self, texts: Mapping[str, str]) -> None:
        """Ends the live loop, and starts it with these settings, too. Raises SettingsError, LivebgError."""
        values: dict[str, Any] = {}
        for name, text in texts.items():
            values |= setting_from(name, text)
        change(Settings(), values)
        with self._lock:
            if self._child is None:
                raise LivebgError("this livebg was started elsewhere; end it there, and start it with the new settings")
            self._stop()
            if self._before is None:
                self._before = dict(self._chosen)
            self._chosen |= values
            self._start()

    def _remember_changes(self) -> None:
        """What was changed while it ran lasts over a restart, `hide` above all."""
        with suppress(LivebgError, KeyError):
            now = {name: about["value"] for name, about in self._ask(lambda client: client.settings()).items()}
            self._chosen |= {name: now[name] for name in now if self._began and now[name] != self._began.get(name)}
            if now["hide"]:  # also where the user hid before the panel first asked, or livebg began so by itself
                self._chosen["hide"] = True

    def close(self) -> None:
        """Ends the live loop that the panel started; leaves another alone."""
        with self._lock:
            if self._child is not None:
                with suppress(LivebgError):
                    self._stop()
            elif self._client is not None:
                self._client.close()
            for which in list(self._watching):
                self._forget(which)


def as_options(values: Mapping[str, Any]) -> list[str]:
    """Settings as options of the command line."""
    options: list[str] = []
    for name, value in values.items():
        option = option_name(name)
        if isinstance(value, bool):
            options.append(option if value else f"--no-{option[2:]}")
        elif isinstance(value, list | tuple):
            options += [f"{option}={each}" for each in value]
        else:
            options.append(f"{option}={value}")
    return options
