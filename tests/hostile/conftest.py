"""How much memory something takes, and how long, at most: what is hostile may be refused, never swallowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

Within = Callable[[int, float], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def within() -> Within:
    """`with within(megabytes, seconds):` fails where the block takes more. Memory is measured on Linux only."""
    return _within


@contextmanager
def _within(megabytes: int, seconds: float) -> Iterator[None]:
    before = _peak_bytes()
    begun_s = time.monotonic()
    yield
    taken_s, grown = time.monotonic() - begun_s, _status("VmHWM") - before
    assert taken_s < seconds, f"took {taken_s:.1f} s"
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
