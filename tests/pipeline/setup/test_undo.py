from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogues import Answers, Ready, Runner, progress
from recorded_systems import DEBIAN, system

from livebg.core.errors import LivebgError
from livebg.pipeline.service.manage import Service
from livebg.pipeline.setup.record import Record, load
from livebg.pipeline.setup.undo import undo, users_of
from livebg.pipeline.setup.write_settings import write_settings

OLD = "# mine\ncamera = 'Old'\n"
READER = [{"pid": 77, "name": "zoom", "is_writer": False, "is_streaming": True}]


def no_service(home: Path) -> Service:
    return Service({home / "livebg.service": b""}, "")


def after_setup(home: Path, old: str = OLD, **more: Any) -> None:
    if old:
        (home / "settings.toml").write_text(old)
    shared = progress(home, Answers(), Runner())
    shared.values, shared.record = {"camera": "Brio"}, Record(**more)
    list(write_settings(shared))


def test_settings_are_as_before(tmp_path: Path) -> None:
    after_setup(tmp_path)
    lines = list(undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path)))
    assert (tmp_path / "settings.toml").read_text() == OLD
    assert sorted(each.name for each in tmp_path.iterdir()) == ["settings.toml"], "neither backup nor record"
    assert lines == [f"{tmp_path / 'settings.toml'} is as it was before setup"]


def test_a_file_that_setup_made_goes(tmp_path: Path) -> None:
    after_setup(tmp_path, old="")
    list(undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_changed_since_is_kept_beside(tmp_path: Path) -> None:
    after_setup(tmp_path)
    (tmp_path / "settings.toml").write_text("camera = 'Newest'\n")
    lines = list(undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path)))
    assert (tmp_path / "settings.toml").read_text() == OLD
    assert (tmp_path / "settings.toml.before-undo").read_text() == "camera = 'Newest'\n"
    assert lines[0].endswith(f"that one is {tmp_path / 'settings.toml.before-undo'}")


def test_what_the_user_changed_before_another_setup_is_kept_beside(tmp_path: Path) -> None:
    after_setup(tmp_path)
    path = tmp_path / "settings.toml"
    path.write_text(path.read_text() + "fps = 24\n")
    for camera in ("Other", "Third"):  # the second of them changes a file that setup wrote last
        again = progress(tmp_path, Answers(), Runner())
        again.values = {"camera": camera}
        list(write_settings(again))
    list(undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path)))
    assert path.read_text() == OLD
    assert "fps = 24\n" in (tmp_path / "settings.toml.before-undo").read_text()


AGAIN = ["modprobe", "v4l2loopback", "devices=1", "video_nr=7", "exclusive_caps=0", "card_label=OBS"]


@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_module_that_was_loaded_before_is_loaded_as_it_was(is_loaded: bool, tmp_path: Path) -> None:
    """Not loaded: setup's reloading had failed half-way."""
    Record(load_again=AGAIN).save(tmp_path)
    runner = Runner(system(DEBIAN, {"linux.loopback.is_loaded": is_loaded}))
    list(undo(progress(tmp_path, Answers(True), runner), no_service(tmp_path)))
    assert [each.steps for each in runner.ran] == [(("modprobe", "-r", "v4l2loopback"),) * is_loaded + (tuple(AGAIN),)]
    assert load(tmp_path).is_empty


def test_a_module_in_use_keeps_its_devices_until_later(tmp_path: Path) -> None:
    Record(load_again=AGAIN).save(tmp_path)
    runner = Runner(system(DEBIAN, {"linux.loopback.nodes.0.users": READER}))
    with pytest.raises(LivebgError, match="run: sudo modprobe -r v4l2loopback && sudo modprobe v4l2loopback devices=1"):
        list(undo(progress(tmp_path, Answers(), runner), no_service(tmp_path)))
    assert runner.ran == []
    assert load(tmp_path).load_again == AGAIN


def test_settings_stay_where_the_users_own_are_nowhere_else(tmp_path: Path) -> None:
    after_setup(tmp_path)
    (tmp_path / "settings.toml.before-setup").unlink()
    (line,) = undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path))
    assert "was removed" in line
    assert (tmp_path / "settings.toml").read_text().startswith("# mine\n")
    assert [each.name for each in tmp_path.iterdir()] == ["settings.toml"]


def test_what_root_did_is_asked_and_taken_back(tmp_path: Path) -> None:
    after_setup(tmp_path, root_files=["/etc/modprobe.d/livebg.conf"], has_loaded=True, packages=["apt install it"])
    answers, runner = Answers(True, True), Runner(system(DEBIAN))
    lines = list(undo(progress(tmp_path, answers, runner), no_service(tmp_path)))
    assert answers.asked == ["run sudo rm -f /etc/modprobe.d/livebg.conf", "run sudo modprobe -r v4l2loopback"]
    assert [each.steps for each in runner.ran] == [
        (("rm", "-f", "/etc/modprobe.d/livebg.conf"),),
        (("modprobe", "-r", "v4l2loopback"),),
    ]
    assert lines[-1] == "installed, and left: apt install it"
    assert load(tmp_path).is_empty


@pytest.mark.parametrize(
    ("answers", "may_be_root", "failure"),
    [(Answers(False), True, ""), (Ready(), False, ""), (Answers(True), True, "rm ended with exit code 1")],
)
def test_what_is_left_is_told_with_its_command_and_stays_known(
    answers: Answers, may_be_root: bool, failure: str, tmp_path: Path
) -> None:
    after_setup(tmp_path, root_files=["/etc/modprobe.d/livebg.conf"])
    runner = Runner(system(DEBIAN), failure=failure)
    with pytest.raises(LivebgError, match=r"not all is taken back; run: sudo rm -f /etc/modprobe\.d/livebg\.conf"):
        list(undo(progress(tmp_path, answers, runner, may_be_root), no_service(tmp_path)))
    assert load(tmp_path) == Record(root_files=["/etc/modprobe.d/livebg.conf"])
    assert (tmp_path / "settings.toml").read_text() == OLD


def test_a_module_in_use_stays_loaded(tmp_path: Path) -> None:
    used = system(DEBIAN, {"linux.loopback.nodes.0.users": READER})
    assert users_of(used) == ["zoom (77)"]
    Record(has_loaded=True).save(tmp_path)
    lines, runner = list[str](), Runner(used)
    steps = undo(progress(tmp_path, Answers(), runner), no_service(tmp_path))
    with pytest.raises(LivebgError, match="modprobe -r v4l2loopback"):
        lines.extend(steps)
    assert runner.ran == []
    assert load(tmp_path).has_loaded


def test_a_module_that_is_gone_needs_nothing(tmp_path: Path) -> None:
    Record(has_loaded=True).save(tmp_path)
    runner = Runner(system(DEBIAN, {"linux.loopback.is_loaded": False}))
    assert list(undo(progress(tmp_path, Answers(), runner), no_service(tmp_path))) == []
    assert load(tmp_path).is_empty


def test_the_service_goes_too(tmp_path: Path) -> None:
    (tmp_path / "livebg.service").touch()
    answers = Answers(True)
    lines = list(undo(progress(tmp_path, answers, Runner(system(DEBIAN))), no_service(tmp_path)))
    assert answers.asked[0].startswith("uninstall the service")
    assert lines == [f"removed: {tmp_path / 'livebg.service'}"]


def test_where_setup_did_nothing_there_is_nothing_to_undo(tmp_path: Path) -> None:
    told = list(undo(progress(tmp_path, Answers(), Runner()), no_service(tmp_path)))
    assert told == ["setup has changed nothing here"]
