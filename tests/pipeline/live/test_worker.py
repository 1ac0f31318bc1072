"""The processing thread is tested by what the loop sees of it: test_supervisor.py. Here: what it says of a failure."""

from __future__ import annotations

import pytest

from livebg.core.errors import ModelError
from livebg.core.settings import OPTIONS
from livebg.pipeline.live.worker import ENGINE, _sentence


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (ModelError("no matte"), "no matte"),
        (MemoryError(), "MemoryError:"),
        (RuntimeError("driver\n  lost"), "RuntimeError: driver lost"),
    ],
)
def test_a_failure_is_sentence_in_one_line(failure: Exception, words: str) -> None:
    assert _sentence(failure) == words


def test_what_names_an_engine_may_change_while_livebg_runs() -> None:
    assert all(OPTIONS[name].is_live for name in ENGINE)
