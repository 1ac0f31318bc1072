"""Signals to a running livebg: SIGINT and SIGTERM end it, SIGHUP reads the settings again, SIGUSR1 pauses and resumes
the recordings, SIGUSR2 sets a marker in them, SIGRTMIN hides and shows the user.

A SIGHUP without a terminal means that the user closed its window: it ends livebg, too, as does any SIGHUP if there is
no settings file to read again, unless the process ignores it (nohup). Main thread only; other threads get no signals.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], None]

_ACTIONS = {"SIGUSR1": "pause", "SIGUSR2": "marker", "SIGRTMIN": "hide-or-show"}
# As far as the system has them: Windows has no SIGHUP; it sends SIGBREAK when the user closes a console window.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]


def interrupt_by_all() -> None:
    """From now on each ending signal raises KeyboardInterrupt, as Ctrl-C does. Main thread.

    Where one arrives within a destructor, Python cannot raise it, and would print a traceback; livebg says nothing.
    """
    sys.unraisablehook = _say_unless_interrupted
    for each in ENDING:
        if not _is_ignored(each):
            signal.signal(each, signal.default_int_handler)


def _say_unless_interrupted(found: Any) -> None:
    if not issubclass(found.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(found)


def _is_ignored(number: int) -> bool:
    """Ignored on request, by nohup. A shell starts background jobs with SIGINT ignored; that is no request."""
    return number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN


@contextmanager
def interrupted_later() -> Iterator[None]:
    """An ending signal within the context raises KeyboardInterrupt at its end: for a start that must be whole, of a
    process that somebody must end. Main thread."""
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    with _handled({number: note for number in ENDING if not _is_ignored(number)}):
        yield
    if arrived:
        raise KeyboardInterrupt


@contextmanager
def _handled(handlers: Mapping[int, Handler]) -> Iterator[None]:
    """Signals, by number, go to these handlers within the context. Main thread."""
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


class _Stopping(threading.Event):
    """An event that a signal handler may set at any time.

    A handler runs in the main thread between two steps of whatever that does: also while an earlier signal sets this
    event, or while the main thread waits for it. A plain Event's lock would then wait for its own thread for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cond = threading.Condition(threading.RLock())


class Signals:
    """The requests so far. reloads: there is a settings file to read again during the run."""

    def __init__(self, reloads: bool = True) -> None:
        self._reloads = reloads
        self.stopping: threading.Event = _Stopping()
        self._is_reload_asked = False
        self._actions: list[tuple[str, float]] = []
        self._had_terminal = _has_terminal()

    def take_reload(self) -> bool:
        """Whether a signal requested a reload since the last call."""
        asked, self._is_reload_asked = self._is_reload_asked, False
        return asked

    def take_actions(self) -> list[tuple[str, float]]:
        """The actions (see live/actions.py) requested since the last call, with their times (monotonic clock)."""
        asked, self._actions = self._actions, []
        return asked

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Handles signals within the context. A second SIGINT interrupts at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask(number: int, _frame: FrameType | None) -> None:
            if self.stopping.is_set() and number == signal.SIGINT:
                raise KeyboardInterrupt
            self.stopping.set()

        is_nohup = hasattr(signal, "SIGHUP") and _is_ignored(signal.SIGHUP)

        def hang_up(_number: int, _frame: FrameType | None) -> None:
            if not is_nohup and (not self._reloads or (self._had_terminal and not _has_terminal())):
                self.stopping.set()
            self._is_reload_asked = True

        def act(number: int, _frame: FrameType | None) -> None:
            self._actions.append((_ACTIONS[signal.Signals(number).name], time.monotonic()))

        handlers: dict[int, Handler] = dict.fromkeys(ENDING, ask)
        if hasattr(signal, "SIGHUP"):  # Windows has none
            handlers[signal.SIGHUP] = hang_up
        handlers |= {getattr(signal, name): act for name in _ACTIONS if hasattr(signal, name)}
        with _handled(handlers):
            yield


def _has_terminal() -> bool:
    """Whether this process can reach a terminal that controls it."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
