from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from dialogues import Answers, Ready, Runner, progress
from recorded_systems import DEBIAN, system

from livebg import models
from livebg.core.errors import ModelError, SourceError
from livebg.pipeline.doctor.state import Camera
from livebg.pipeline.setup.choices import camera_name, choose_background, choose_camera, choose_engine
from livebg.pipeline.setup.record import load

TWO = {"cameras": [{"name": "Integrated", "path": "/dev/video0"}, {"name": "Brio 4K", "path": "/dev/video2"}]}
NVIDIA = {
    "gpu.cards": ["nvidia"],
    "gpu.driver": "580.10",
    "gpu.has_library": True,
    "gpu.has_node": True,
    "gpu.capabilities": ["8.9"],
    "gpu.torch_cuda": "12.8",
}


def test_weights_come_only_after_their_licence_was_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "fetch_model", lambda name, model: [tmp_path / f"{name} of {model.replace('/', ' ')}"])
    shared, state = progress(tmp_path, Answers(True), Runner()), system(DEBIAN)
    lines = list(choose_engine(shared, state))
    assert any("licence: bria-rmbg-1.4, for non-commercial use only" in each for each in lines[:-1])
    assert lines[-1].startswith("fetched: ")
    assert load(tmp_path).weights == [str(tmp_path / "rmbg of briaai RMBG-1.4")]
    assert shared.values == {}


@pytest.mark.parametrize("dialogue", [Answers(False), Ready()])
def test_without_a_yes_nothing_is_fetched(dialogue: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "fetch_model", lambda *_: pytest.fail("fetched"))
    shared = progress(tmp_path, dialogue, Runner())
    assert list(choose_engine(shared, system(DEBIAN)))[-1] == "not fetched; later: livebg models fetch rmbg"
    assert shared.values == {}
    list(choose_engine(progress(tmp_path, Ready(), Runner()), system(DEBIAN, NVIDIA)))


def test_on_a_gpu_selfie_is_written_so_that_auto_fetches_nothing(tmp_path: Path) -> None:
    shared = progress(tmp_path, Ready(), Runner())
    list(choose_engine(shared, system(DEBIAN, NVIDIA)))
    assert shared.values == {"engine": "selfie"}


def test_without_rmbgs_packages_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    state = system(DEBIAN, {"packages": [{"name": "torch", "version": "", "wanted": ">=2.6", "fits": False}]})
    (line,) = choose_engine(progress(tmp_path, Answers(), Runner()), state)
    assert line == "engine: selfie; torch not installed, which rmbg needs"


def test_a_failed_fetch_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise ModelError("the hub broke off")

    monkeypatch.setattr(models, "fetch_model", fail)
    with pytest.raises(ModelError, match="broke off"):
        list(choose_engine(progress(tmp_path, Answers(True), Runner()), system(DEBIAN)))
    assert load(tmp_path).is_empty


def test_the_only_camera_is_taken_and_not_written(tmp_path: Path) -> None:
    shared = progress(tmp_path, Answers(), Runner())
    assert list(choose_camera(shared, system(DEBIAN))) == ["camera: Integrated Camera"]
    assert shared.values == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PipeWire is Linux'")
def test_cameras_that_only_pipewire_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livebg.capture.camera import devices, pipewire

    found = [SimpleNamespace(description=each) for each in ("Front", "Back")]
    monkeypatch.setattr(pipewire, "list_pipewire_cameras", lambda: found)
    monkeypatch.setattr(devices, "has_real_camera", lambda: False)
    shared = progress(tmp_path, Answers("Back"), Runner())
    assert list(choose_camera(shared, system(DEBIAN))) == ["camera: pipewire:Back"]
    assert shared.values == {"camera": "pipewire:Back"}
    monkeypatch.setattr(devices, "has_real_camera", lambda: True)
    assert list(choose_camera(shared, system(DEBIAN))) == ["camera: Integrated Camera"]


def test_of_several_the_user_chooses(tmp_path: Path) -> None:
    shared = progress(tmp_path, Answers("Brio"), Runner())
    assert list(choose_camera(shared, system(DEBIAN, TWO))) == ["camera: Brio 4K"]
    assert shared.values == {"camera": "Brio 4K"}


def test_a_name_that_two_have_gives_way_to_the_path() -> None:
    cameras = [Camera("Cam", "/dev/video0"), Camera("Cam", "/dev/video2"), Camera("Other", "/dev/video4")]
    assert [camera_name(each, cameras) for each in cameras] == ["/dev/video0", "/dev/video2", "Other"]


def test_no_camera_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no camera: none; plug one in"):
        list(choose_camera(progress(tmp_path, Answers(), Runner()), system(DEBIAN, {"cameras": []})))


def test_a_background_by_name_without_a_look(tmp_path: Path) -> None:
    shared = progress(tmp_path, Answers("bookshelf", False), Runner())
    assert list(choose_background(shared)) == ["background: bookshelf"]
    assert shared.values == {"background": "bookshelf"}


@pytest.mark.parametrize("now", ["blur", "blur:60", "#204060"])
def test_no_answer_keeps_the_background(tmp_path: Path, now: str) -> None:
    (tmp_path / "settings.toml").write_text(f"background = '{now}'\n")
    shared = progress(tmp_path, Answers(None, False), Runner())
    assert list(choose_background(shared)) == [f"background: {now}"]
    assert shared.values == {}
    (line,) = choose_background(progress(tmp_path, Ready(), Runner()))
    assert line.startswith(f"background: {now}; ")


@pytest.mark.slow
def test_a_look_without_a_screen_is_a_picture_and_another_may_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "settings.toml").write_text("size = '64x36'\nengine = 'selfie'\n")
    answers = Answers("bookshelf", True, 1, "blur", False)
    shared = progress(tmp_path, answers, Runner())
    lines = list(choose_background(shared))
    assert lines == [f"written: {tmp_path / 'setup.png'}", "background: blur"]
    assert (tmp_path / "setup.png").read_bytes().startswith(b"\x89PNG")
    assert "of a drawn person" in answers.asked[1]
    assert answers.are_all_used()
