"""Which engine runs and why: --engine auto, rmbg, selfie, with every answer of machine and hub."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livebg import models
from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.machine import processor
from livebg.core.settings import Settings, change
from livebg.core.threads import FAR_STEP, STEP
from livebg.core.types import SourceInfo
from livebg.models import allowance, device, hub
from livebg.models.allowance import Allowance
from livebg.models.constant import ConstantEngine
from livebg.models.device import Device

WIDE, TALL = SourceInfo("test", 1280, 720, 30.0, True), SourceInfo("test", 720, 1280, 30.0, True)
GPU, CPU = Device("cuda", "float16", "a card"), Device("cpu", "float32", "no CUDA driver found")


class Warm(ConstantEngine):
    """Stands for the rmbg engine, which is prepared for the source's size before the first frame."""

    warmed_by, niceness = "", 0

    def warm_up(self, height: int, width: int) -> None:
        assert {height, width} == {WIDE.height, WIDE.width}
        Warm.warmed_by = threading.current_thread().name
        Warm.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 0


class Machine:
    """What the choice asks about, set by each test; records which engine was opened and why."""

    device = CPU
    is_cached = False
    is_reachable = False
    opened = ""
    threads: int | None = None
    closer = ""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()

    def open_selfie(_path: Path, shape: str, reason: str, square: Path, is_close: bool) -> MattingEngine:
        if reason == "finds the people":
            made.opened += f", guided by selfie {shape}"
            return ConstantEngine(0.5)
        made.opened = f"selfie {shape}: {reason}"
        made.closer = square.name if is_close else ""
        return ConstantEngine(0.5)

    def open_rmbg(_settings: Settings, chosen: Device, threads: int | None) -> MattingEngine:
        made.opened, made.threads = f"rmbg on {chosen.kind}", threads
        return Warm(0.5)

    monkeypatch.setattr(models, "choose_device", lambda *_: made.device)
    monkeypatch.setattr(allowance, "remembered", lambda: None)
    monkeypatch.setattr(hub, "find_cached", lambda _: Path("cached") if made.is_cached else None)
    monkeypatch.setattr(hub, "can_reach_hub", lambda: made.is_reachable)
    monkeypatch.setattr("livebg.models.selfie.engine.SelfieEngine", open_selfie)
    monkeypatch.setattr("livebg.models.rmbg.engine.open_rmbg", open_rmbg)
    return made


def _open(machine: Machine, info: SourceInfo = WIDE, **values: object) -> str:
    models.open_engine(change(Settings(), values), info)
    return machine.opened


def test_auto_without_an_accelerator_is_selfie(machine: Machine) -> None:
    assert _open(machine) == "selfie landscape: no CUDA driver found; rmbg is for accelerators"
    assert _open(machine, TALL).startswith("selfie square")


def test_the_closer_look_takes_the_square_network_too(machine: Machine) -> None:
    for source in (WIDE, TALL):
        _open(machine, source)
        assert machine.closer == "selfie_segmentation.tflite"
    _open(machine, closer_look=False)
    assert machine.closer == ""


def test_auto_with_an_accelerator_is_rmbg_when_its_weights_can_be_had(machine: Machine) -> None:
    machine.device = GPU
    assert "not cached and the hub does not answer" in _open(machine)
    machine.is_reachable = True
    assert _open(machine) == "rmbg on cuda, guided by selfie landscape"
    machine.is_reachable, machine.is_cached = False, True
    assert _open(machine, TALL) == "rmbg on cuda, guided by selfie square"


def test_auto_on_a_cpu_whose_benchmark_holds_the_rate_is_rmbg_live(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    machine.is_cached = True
    model = "schirrmacher/ormbg"
    held = Allowance(model, WIDE.width, WIDE.height, WIDE.fps, processor())
    monkeypatch.setattr(allowance, "remembered", lambda: held)
    assert _open(machine, model=model) == "rmbg on cpu, guided by selfie landscape"
    assert "by its benchmark this processor runs rmbg live, with schirrmacher/ormbg (Apache-2.0)" in caplog.text
    light = "selfie landscape: no CUDA driver found; rmbg is for accelerators"
    assert _open(machine) == light, "other weights than the user measured"
    assert _open(machine, model=model, latency="matched") == light
    assert _open(machine, replace(WIDE, is_live=False), model=model) == light, "a film, which waits for nobody"
    machine.is_cached = False
    assert "not cached and the hub does not answer" in _open(machine, model=model)
    machine.is_cached, machine.device = True, replace(CPU, reason="asked for")
    assert _open(machine, model=model) == "selfie landscape: the CPU was asked for"
    assert not models.finds_anything(Settings(model=model)), "a photo"


def test_auto_takes_rmbg_for_photos_wherever_its_weights_are(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    photo = replace(WIDE, is_live=False, fps=0.0, is_photo=True)
    missing = "the weights of briaai/RMBG-1.4 are not on this machine; livebg models fetch rmbg fetches them"
    machine.is_reachable = True
    assert _open(machine, photo) == f"selfie landscape: {missing}", "nothing is fetched unasked"
    with pytest.raises(ModelError, match="livebg models fetch rmbg fetches them, and the selfie engine finds people"):
        _open(machine, photo, subject="anything")
    machine.is_cached, machine.is_reachable = True, False
    assert _open(machine, photo) == "rmbg on cpu, guided by selfie landscape"
    assert "photos take rmbg, with briaai/RMBG-1.4 (bria-rmbg-1.4, for non-commercial use" in caplog.text
    assert _open(machine, photo, subject="anything") == "rmbg on cpu"
    assert _open(machine, photo, engine="selfie") == "selfie landscape: asked for"
    machine.device = replace(CPU, reason="asked for")
    assert _open(machine, photo) == "selfie landscape: the CPU was asked for"


def test_auto_follows_weights_that_were_named(machine: Machine) -> None:
    assert _open(machine, weights="~/model.safetensors") == "rmbg on cpu, guided by selfie landscape"


def test_what_was_asked_for_is_what_runs(machine: Machine) -> None:
    machine.device = GPU
    machine.is_cached = True
    assert _open(machine, engine="selfie", selfie_model="square") == "selfie square: asked for"
    machine.device = CPU
    assert _open(machine, engine="rmbg", subject="people") == "rmbg on cpu, guided by selfie landscape"
    assert _open(machine, engine="rmbg", subject="anything") == "rmbg on cpu"


def test_live_on_a_cpu_the_guided_network_leaves_a_core_to_the_picture(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "cores", lambda: 4)
    film = SourceInfo("film", 1280, 720, 30.0, False)
    for info, subject, expected in ((WIDE, "people", 3), (film, "people", None), (WIDE, "anything", None)):
        _open(machine, info, engine="rmbg", subject=subject)
        assert machine.threads == expected
    machine.device = GPU
    _open(machine, engine="rmbg")
    assert machine.threads is None


@pytest.mark.parametrize("engine", ["selfie", "auto"])
def test_the_light_engine_cannot_find_anything_but_people(machine: Machine, engine: str) -> None:
    with pytest.raises(ModelError, match="the selfie engine finds people alone; take --engine rmbg"):
        _open(machine, engine=engine, subject="anything")
    machine.is_cached, machine.device = True, GPU
    if engine == "auto":
        assert _open(machine, subject="anything") == "rmbg on cuda"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_a_network_that_only_adds_detail_gives_way_the_most(machine: Machine) -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    for values, step in (({}, FAR_STEP), ({"latency": "matched"}, STEP), ({"subject": "anything"}, STEP)):
        _open(machine, engine="rmbg", **values)
        assert Warm.niceness == min(19, before + step)


@pytest.mark.usefixtures("machine")
def test_only_rmbg_finds_anything() -> None:
    assert models.finds_anything(Settings(engine="rmbg"))
    assert models.finds_anything(Settings(weights="here"))
    assert not models.finds_anything(Settings(engine="selfie"))
    assert not models.finds_anything(Settings())


def test_what_infers_on_the_cpu_gives_way_to_the_picture(machine: Machine) -> None:
    """Its helpers keep the priority of the thread that warms it up."""
    here = threading.current_thread().name
    for device_, pace, name in ((CPU, "own", "livebg-prepare"), (CPU, "every-frame", here), (GPU, "own", here)):
        machine.device = device_
        _open(machine, engine="rmbg", pace=pace)
        assert Warm.warmed_by == name


def test_the_int8_form_is_made_from_the_users_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def quantise(settings: Settings, pictures: list[np.ndarray]) -> str:
        seen.append((settings.weights, len(pictures)))
        return "int8"

    monkeypatch.setattr("livebg.models.rmbg.engine.quantise_rmbg", quantise)
    pictures = [np.zeros((90, 160, 3), np.uint8)] * 3
    assert models.quantise_model(Settings(weights="here"), pictures) == ["rmbg: int8"]
    assert seen == [("here", 3)]


def test_an_accelerator_that_is_not_there_is_said() -> None:
    if device.has_cuda_driver():
        pytest.skip("this machine has a CUDA driver")
    with pytest.raises(ModelError, match="--device cuda"):
        models.open_engine(Settings(device="cuda"), WIDE)


def test_every_engine_is_listed_with_its_licence() -> None:
    listed = {each.name: each for each in models.list_engines("briaai/RMBG-1.4")}
    assert "non-commercial" in listed["rmbg"].licence
    assert listed["selfie (landscape)"].licence == "Apache-2.0"


def test_an_unknown_engine_cannot_be_fetched() -> None:
    with pytest.raises(ModelError, match="'magic'"):
        models.fetch_model("magic", "briaai/RMBG-1.4")
