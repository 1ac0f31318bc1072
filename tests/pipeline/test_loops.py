"""Loops that are stored are only loaded; missing ones are compiled elsewhere, and whoever waits hears of it."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from numba.core.event import install_recorder
from patience import HANGS_S

from livebg.capture import open_source
from livebg.core.errors import ModelError
from livebg.core.frame_difference import measure_change
from livebg.core.jit import Kernel
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.core.threads import Closed
from livebg.pipeline import cpu_build, loops
from livebg.pipeline.cpu_build import open_cpu_processor
from livebg.pipeline.loops import Preparation, begin_loops, live_loops, load_loops, prepare_loops
from livebg.scene.backgrounds.still import ColourBackground


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
    assert not alone.is_coming
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


@pytest.fixture
def coming() -> Iterator[list[Kernel]]:
    """All kernels of a live frame: none has machine code, and other processes compile them."""
    assert load_loops() == []
    kernels = list(dict.fromkeys(chain(*map(loops._kernels_of, loops.MODULES))))
    codes = [each._machine_code for each in kernels]
    for each in kernels:
        each._machine_code, each.is_coming = None, True
    yield kernels
    for each, code in zip(kernels, codes, strict=True):
        each._machine_code, each.is_coming = code, False


@pytest.mark.slow
def test_a_live_picture_waits_for_no_loop(coming: list[Kernel], monkeypatch: pytest.MonkeyPatch) -> None:
    """A person before a drawn room, moving and standing still, by the real engine, which a busy machine makes slow."""
    monkeypatch.setattr(cpu_build, "_time_of", lambda *_: 1.0)
    preparation, settings = Preparation(), Settings(engine="selfie", source="synthetic", size="640x360")
    preparation.is_begun.set()
    source = open_source(settings)
    assert source.info.is_live
    processor, _ = open_cpu_processor(settings, source, Stats(), preparation)
    background, frame = ColourBackground((0, 255, 0)), None
    with closing(source), closing(processor):
        for number in range(8):
            frame = source.read(HANGS_S) if number < 6 else replace(frame, sequence=frame.sequence + 1)
            assert frame is not None
            composite = processor.begin(frame, settings, background).finish()
            processor.govern(settings)
            assert 0.05 < composite.coverage < 0.9
            assert (composite.image == (0, 255, 0)).all(axis=2).any()
    assert not any(each._machine_code for each in coming)


@pytest.mark.usefixtures("coming")
def test_each_step_joins_when_its_loops_are_there() -> None:
    preparation, settings = Preparation(), Settings(engine="selfie", smoothing=0.5)
    preparation.is_begun.set()
    joined = live_loops(settings, preparation)
    off = joined(settings)
    assert (off.edges, off.foreground, off.plate, off.smoothing) == ("plain", "plain", "off", 0)
    assert (off.settle, off.colours, off.still_gate) == (False, False, False)
    for name in loops.OFF_WITHOUT:
        before = joined(settings)
        for each in loops._kernels_of(name):
            each.is_coming = False
        assert joined(settings) != before or name == "matting.temporal.motion", "which smoothing needs, too"
    assert joined(settings) is settings


@pytest.mark.parametrize(
    "settings",
    [
        {"pace": "every-frame"},
        {"latency": "matched"},
        {"engine": "rmbg"},
        {"auto_frame": True},
        {"background": "none"},
        {"background": " None"},
        {"grow": -2.0},
    ],
)
def test_what_would_show_more_of_the_room_or_must_be_the_same_each_time_waits(settings: dict[str, object]) -> None:
    assert loops._may_be_plain(Settings())
    assert not loops._may_be_plain(Settings(**settings))  # type: ignore[arg-type]


def test_who_no_longer_waits_for_the_beginning_ends() -> None:
    with pytest.raises(Closed):
        live_loops(Settings(), Preparation(lambda: True))


def test_a_step_that_is_off_needs_no_loops() -> None:
    off = Settings(smoothing=0, settle=False, plate="off", colours=False)
    idle = {name for name, is_needed in loops.MODULES.items() if not is_needed(off)}
    unusual = {"matting.refine.adjust", "scene.framing.crop_numba"}
    assert idle == unusual | {name for name in loops.MODULES if name.startswith("matting.temporal.")} | {
        "matting.plate.correction",
        "matting.refine.local_colour",
    }
    assert {name for name, is_needed in loops.MODULES.items() if not is_needed(Settings())} == unusual
    assert loops.MODULES["matting.refine.adjust"](Settings(grow=1.0))
    assert loops.MODULES["scene.framing.crop_numba"](Settings(auto_frame=True))


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
