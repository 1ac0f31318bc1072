"""How much memory and processor time something takes at most: what is hostile may be refused, never swallowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from patience import SLACK

Within = Callable[[int, float], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def within() -> Within:
    """`with within(megabytes, seconds):` fails where the block takes more of memory or of the processor, and where it
    only waits, SLACK times as long. Memory is measured on Linux only."""
    return _within


@contextmanager
def _within(megabytes: int, seconds: float) -> Iterator[None]:
    before = _peak_bytes()
    begun_s, busy_s = time.monotonic(), time.process_time()
    yield
    taken_s, busy_s = time.monotonic() - begun_s, time.process_time() - busy_s
    grown = _status("VmHWM") - before
    assert busy_s < seconds, f"took {busy_s:.1f} s of the processor"
    assert taken_s < SLACK * seconds, f"took {taken_s:.1f} s"
    assert grown < megabytes * 2**20, f"took {grown // 2**20} MiB"


def _peak_bytes() -> int:
    """The peak of this process's memory, begun anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 2**60  # no measuring here
    return _status("VmRSS")


def _status(name: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(name)), 0)
