"""Loops that are stored are only loaded; missing ones are compiled elsewhere, and whoever waits hears of it."""

from __future__ import annotations

import logging
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from numba.core.event import install_recorder
from patience import HANGS_S

from livebg.core.errors import ModelError
from livebg.core.frame_difference import measure_change
from livebg.core.jit import Kernel
from livebg.core.settings import Settings
from livebg.core.threads import Closed
from livebg.pipeline import loops
from livebg.pipeline.loops import Preparation, begin_loops, load_loops, prepare_loops


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    """The only kernel that a start needs, stored nowhere."""
    kernel = Kernel(measure_change.function, measure_change._arguments)
    monkeypatch.setitem(sys.modules, "livebg.alone", SimpleNamespace(prepare=kernel.prepare))  # type: ignore[arg-type]
    monkeypatch.setattr(loops, "MODULES", {"alone": lambda settings: settings.colours})
    monkeypatch.setattr(loops, "FEW", 0)
    monkeypatch.setattr("livebg.core.jit.SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    return kernel


def _said(caplog: pytest.LogCaptureFixture, preparation: Preparation | None = None) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.INFO), install_recorder("numba:compile") as compiled:
        prepare_loops(Settings(), preparation)
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
def test_what_these_settings_do_not_need_is_compiled_later(alone: Kernel) -> None:
    settings = Settings(colours=False)
    prepare_loops(settings)
    assert alone._machine_code is None
    is_over = threading.Event()
    end = begin_loops(settings, Preparation(is_over.is_set))
    deadline_s = time.monotonic() + HANGS_S
    while alone._machine_code is None and time.monotonic() < deadline_s:
        is_over.wait(0.05)
    is_over.set()
    end()
    assert alone._machine_code is not None
    assert load_loops() == []


def test_a_step_that_is_off_needs_no_loops() -> None:
    off = Settings(smoothing=0, settle=False, plate="off", colours=False)
    idle = {name for name, is_needed in loops.MODULES.items() if not is_needed(off)}
    assert idle == {name for name in loops.MODULES if name.startswith("matting.temporal.")} | {
        "matting.plate.correction",
        "matting.refine.local_colour",
        "matting.refine.adjust",
    }
    assert {name for name, is_needed in loops.MODULES.items() if not is_needed(Settings())} == {"matting.refine.adjust"}
    assert loops.MODULES["matting.refine.adjust"](Settings(grow=1.0))


@pytest.mark.parametrize(
    ("elapsed_s", "done", "left"), [(0.1, 0.0, "15 s"), (6.0, 0.5, "10 s"), (30.0, 0.5, "20 s"), (40.0, 1.0, "5 s")]
)
def test_the_time_that_is_left_follows_what_is_done(elapsed_s: float, done: float, left: str) -> None:
    assert loops._caption(12.0, elapsed_s, done) == f"Preparing livebg, once: about {left}"


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
        prepare_loops(Settings(), preparation)
    begin_loops(Settings(), preparation)()
    assert alone._machine_code is None
    assert not preparation.caption


def test_an_early_failure_is_left_to_whoever_needs_the_loops(alone: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ModelError("broken")

    monkeypatch.setitem(sys.modules, "livebg.alone", SimpleNamespace(prepare=fail))  # type: ignore[arg-type]
    begin_loops(Settings(), Preparation())()
    with pytest.raises(ModelError):
        prepare_loops(Settings())
    assert alone._machine_code is None
