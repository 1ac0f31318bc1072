"""What tests of recordings get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from recorders import ENDS_WITHIN_S, thread_names


@pytest.fixture
def ended() -> Iterator[Callable[[], None]]:
    """Call it when the recorder should be over: no thread is left, and it did not take long."""
    started_s = time.monotonic()

    def check() -> None:
        assert thread_names() == []
        assert time.monotonic() - started_s < ENDS_WITHIN_S

    yield check
    check()
