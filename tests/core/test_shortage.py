"""A want of memory is known, whoever says it."""

from __future__ import annotations

import errno

import pytest

from livebg.cli import main
from livebg.core import shortage
from livebg.core.shortage import is_limited, is_of_memory


@pytest.mark.parametrize(
    "failure",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        ImportError("libx.so: failed to map segment from shared object"),
        ValueError("OpenCV(4.12) (-4:Insufficient memory) Failed to allocate 3 bytes"),
        RuntimeError("std::bad_alloc"),
    ],
    ids=repr,
)
def test_a_want_of_memory(failure: Exception) -> None:
    assert is_of_memory(failure)
    outer = RuntimeError("the picture failed")
    outer.__cause__ = failure
    assert is_of_memory(outer)


def test_anything_else() -> None:
    failure = ValueError("no")
    failure.__context__ = failure
    assert not is_of_memory(failure)
    assert not is_of_memory(None)


def test_a_limit_that_is_too_low_is_told_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert not is_limited()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (shortage.LEAST_BYTES - 1, resource.RLIM_INFINITY))
    assert main(["devices"]) == 1
    assert capsys.readouterr().err == f"livebg: {shortage.MESSAGE}\n"
