"""Loops that are stored are only loaded; missing ones are compiled elsewhere, and whoever waits hears of it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from numba.core.event import install_recorder

from livebg.core.errors import ModelError
from livebg.core.frame_difference import measure_change
from livebg.core.jit import Kernel
from livebg.core.threads import Closed
from livebg.pipeline import loops
from livebg.pipeline.loops import Preparation, begin_loops, load_loops, prepare_loops


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    """The only kernel that a start needs, stored nowhere."""
    kernel = Kernel(measure_change.function, measure_change._arguments)
    monkeypatch.setitem(sys.modules, "livebg.alone", SimpleNamespace(prepare=kernel.prepare))  # type: ignore[arg-type]
    monkeypatch.setattr(loops, "MODULES", ("alone",))
    monkeypatch.setattr(loops, "FEW", 0)
    monkeypatch.setattr("livebg.core.jit.SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    return kernel


def _said(caplog: pytest.LogCaptureFixture, preparation: Preparation | None = None) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.INFO), install_recorder("numba:compile") as compiled:
        prepare_loops(preparation)
    assert not compiled.buffer, "this process only loads"
    return [each.getMessage() for each in caplog.records]


@pytest.mark.process
def test_what_is_missing_is_compiled_elsewhere_and_stored(alone: Kernel, caplog: pytest.LogCaptureFixture) -> None:
    captions = list[str]()

    def is_over() -> bool:
        captions.append(preparation.caption)
        return False

    preparation = Preparation(is_over)
    first, last = _said(caplog, preparation)
    assert first.startswith("compiling 1 loop over pixels for this processor, once, in about ")
    assert last.endswith("; the next start loads them from the disk")
    assert captions[-1].startswith("Preparing livebg, once: about ")
    assert not preparation.caption
    alone._machine_code = None
    assert _said(caplog) == [], "a later start"
    assert load_loops() == []


@pytest.mark.process
def test_what_cannot_be_stored_is_said(
    alone: Kernel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert "livebg cannot store them, so each start compiles them again" in _said(caplog)[-1]
    assert alone._machine_code is not None


@pytest.mark.process
def test_who_no_longer_waits_ends_it(alone: Kernel) -> None:
    preparation = Preparation(lambda: True)
    with pytest.raises(Closed):
        prepare_loops(preparation)
    begin_loops(preparation)()
    assert alone._machine_code is None
    assert not preparation.caption


def test_an_early_failure_is_left_to_whoever_needs_the_loops(alone: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ModelError("broken")

    monkeypatch.setitem(sys.modules, "livebg.alone", SimpleNamespace(prepare=fail))  # type: ignore[arg-type]
    begin_loops(Preparation())()
    with pytest.raises(ModelError):
        prepare_loops()
    assert alone._machine_code is None
