"""What the system asks of a running livebg: SIGINT and SIGTERM end it, SIGHUP reads the settings again, SIGUSR1 pauses
the recordings and lets them go on, SIGUSR2 sets a marker in them.

A SIGHUP whose terminal has gone means that its window was closed: that ends it too, as does any SIGHUP where there are
no settings to be read again, unless it is to be ignored (nohup). Only on the main thread; else nothing is listened to.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ACTIONS = {"SIGUSR1": "pause", "SIGUSR2": "marker"}
# As far as the system has them: SIGHUP is not Windows', which says SIGBREAK when a console's window is closed.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]


def interrupt_by_all() -> None:
    """Each signal that asks for an end raises KeyboardInterrupt from now on, as Ctrl-C does. Main thread."""
    for each in ENDING:
        if not _is_ignored(each):
            signal.signal(each, signal.default_int_handler)


def _is_ignored(number: int) -> bool:
    """As nohup asks for. That a shell starts its background jobs with SIGINT ignored is nothing the user asked for."""
    return number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN


class Signals:
    """What was asked for so far. reloads: there are settings to be read again while it runs."""

    def __init__(self, reloads: bool = True) -> None:
        self._reloads = reloads
        self.stopping = threading.Event()
        self._is_reload_asked = False
        self._actions: list[tuple[str, float]] = []
        self._had_terminal = _has_terminal()

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call."""
        asked, self._is_reload_asked = self._is_reload_asked, False
        return asked

    def take_actions(self) -> list[tuple[str, float]]:
        """The actions (see app.act) asked for since the last call, with the moment (monotonic clock)."""
        asked, self._actions = self._actions, []
        return asked

    @contextmanager
    def heard(self) -> Iterator[None]:
        """A second SIGINT interrupts at once."""
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

        handlers: dict[int, Callable[[int, FrameType | None], None]] = dict.fromkeys(ENDING, ask)
        if hasattr(signal, "SIGHUP"):  # Windows has none
            handlers[signal.SIGHUP] = hang_up
        handlers |= {getattr(signal, name): act for name in _ACTIONS if hasattr(signal, name)}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, old in before.items():
                signal.signal(number, old)


def _has_terminal() -> bool:
    """Whether this process can reach a terminal that controls it."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
