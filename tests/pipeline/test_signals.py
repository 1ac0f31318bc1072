"""What the system asks for while livebg runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from livebg.pipeline import signals
from livebg.pipeline.signals import ENDING, Signals, interrupt_by_all, interrupted_later

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_clean_end_is_asked_for_and_the_handlers_come_back(number: signal.Signals) -> None:
    before, asked = signal.getsignal(number), Signals()
    with asked.heard():
        os.kill(os.getpid(), number)
        assert asked.stopping.is_set()
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_must_be_whole_is_interrupted_at_its_end(number: signal.Signals) -> None:
    before, steps = signal.getsignal(number), list[str]()
    with pytest.raises(KeyboardInterrupt), interrupted_later():  # noqa: PT012 - the context's end raises
        os.kill(os.getpid(), number)
        steps.append("the rest of it")
    assert steps
    assert signal.getsignal(number) is before
    with interrupted_later():
        """Nothing arrives, nothing is raised."""


def test_a_second_interrupt_does_not_wait() -> None:
    with Signals().heard():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_hanging_up_asks_for_the_settings_once() -> None:
    asked = Signals()
    with asked.heard():
        os.kill(os.getpid(), signal.SIGHUP)
        assert not asked.stopping.is_set()
        assert [asked.take_reload(), asked.take_reload()] == [True, False]


def test_a_closed_terminal_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [True, False]
    monkeypatch.setattr(signals, "_has_terminal", lambda: answers.pop(0))
    asked = Signals()
    with asked.heard():
        os.kill(os.getpid(), signal.SIGHUP)
        assert asked.stopping.is_set()


def test_pause_and_marker_come_with_their_moment() -> None:
    asked, before_s = Signals(), time.monotonic()
    with asked.heard():
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR1):
            os.kill(os.getpid(), number)
    words, moments_s = zip(*asked.take_actions(), strict=True)
    assert words == ("pause", "marker", "pause")
    assert before_s <= moments_s[0] <= moments_s[1] <= moments_s[2] <= time.monotonic()
    assert asked.take_actions() == []


def test_another_thread_hears_nothing() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def listen() -> None:
        with Signals().heard():
            seen.append(signal.getsignal(signal.SIGTERM))

    seen: list[object] = []
    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert seen == [before]


def test_each_ending_signal_interrupts_but_one_that_is_ignored() -> None:
    before = {each: signal.getsignal(each) for each in ENDING}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        interrupt_by_all()
        for each in set(ENDING) - {signal.SIGHUP}:
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), each)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


WITHIN = """
import signal, sys, threading
from livebg.pipeline.signals import Signals

asked, sent = Signals(), []

def trace(frame, event, _):
    if frame.f_code is CODE:
        if event == "line" and "LINE" in lines[frame.f_lineno - first] and not sent:
            sent.append(1)
            signal.raise_signal(signal.SIGTERM)
        return trace

import inspect
CODE = threading.Event.EVENT.__code__
lines, first = inspect.getsourcelines(threading.Event.EVENT)
with asked.heard():
    sys.settrace(trace)
    ACTION
    sys.settrace(None)
assert sent and asked.stopping.is_set()
"""


@pytest.mark.parametrize(
    ("event", "line", "action"),
    [
        ("set", "notify_all", "signal.raise_signal(signal.SIGTERM)"),
        ("wait", "signaled = self._flag", "asked.stopping.wait(0.1)"),
    ],
    ids=["while an earlier one is noted", "while the main thread begins to wait"],
)
def test_a_signal_that_arrives_at_the_worst_moment_does_not_hang(event: str, line: str, action: str) -> None:
    """The handler runs while the main thread holds the event's own lock."""
    script = WITHIN.replace("EVENT", event).replace("LINE", line).replace("ACTION", action)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_an_interrupt_within_a_destructor_says_nothing_and_other_faults_do() -> None:
    program = """
from livebg.pipeline.signals import interrupt_by_all
interrupt_by_all()
class Interrupted:
    def __del__(self):
        raise KeyboardInterrupt
class Broken:
    def __del__(self):
        raise ValueError("seen")
Interrupted()
Broken()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.count("Traceback") == 1
    assert "ValueError: seen" in done.stderr
