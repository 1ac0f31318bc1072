from __future__ import annotations

from pathlib import Path

import pytest
from dialogues import Answers, Ready, Runner, progress
from recorded_systems import DEBIAN, FEDORA, MACOS, NAMES, WINDOWS, system

from livebg.core.errors import SinkError
from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.findings_loopback import AT_BOOT, LOADING, UNLOAD
from livebg.pipeline.doctor.state import User
from livebg.pipeline.setup.record import load
from livebg.pipeline.setup.virtual_camera import has_pipewire, obstacles, set_up_virtual_camera, why_loopback

LOOPBACK = "linux.loopback"
ABSENT = {f"{LOOPBACK}.{each}": False for each in ("is_loaded", "is_built", "is_installed", "at_boot")}
UNLOADED = {f"{LOOPBACK}.is_loaded": False, f"{LOOPBACK}.at_boot": False}
OPEN_CAPS = {
    f"{LOOPBACK}.exclusive_caps": [False],
    f"{LOOPBACK}.nodes.0.name": "OBS",
    f"{LOOPBACK}.nodes.0.announces_capture": True,
    f"{LOOPBACK}.nodes.0.announces_output": True,
}
NO_PIPEWIRE = {"linux.pipewire.is_running": False}
GNOME_ONLY = {"linux.programs": [{"name": "OBS"}]}  # lists PipeWire's cameras, too


def stages() -> tuple[Runner, list[str]]:
    """A Debian without the module, after each mend."""
    changes = (ABSENT, UNLOADED, {f"{LOOPBACK}.at_boot": False}, {})
    return Runner(*(system(DEBIAN, each) for each in changes)), ["apt", "modprobe", "sh"]


@pytest.mark.parametrize("name", [each for each in NAMES if each not in (WINDOWS, MACOS)])
def test_a_system_that_is_well_needs_nothing(name: str, tmp_path: Path) -> None:
    answers, runner = Answers(), Runner(system(name))
    lines = list(set_up_virtual_camera(progress(tmp_path, answers, runner), runner.look()))
    assert answers.asked == []
    assert lines[-1].startswith(("v4l2loopback is loaded", "PipeWire: "))


def test_each_command_is_shown_asked_run_and_kept(tmp_path: Path) -> None:
    runner, programs = stages()
    answers = Answers(True, True, True)
    lines = list(set_up_virtual_camera(progress(tmp_path, answers, runner), runner.look()))
    assert [each.split()[:3] for each in answers.asked] == [["run", "sudo", each] for each in programs]
    assert [each.steps[0][0] for each in runner.ran] == programs
    assert lines[-1] == "v4l2loopback is loaded, at each boot, too"
    kept = load(tmp_path)
    assert kept.has_loaded
    assert kept.packages == ["sudo apt install -y v4l2loopback-dkms"]
    assert kept.root_files == list(dict.fromkeys(kept.root_files)) != []


def test_a_no_leaves_its_command_and_an_error(tmp_path: Path) -> None:
    runner = Runner(system(DEBIAN, UNLOADED | NO_PIPEWIRE))
    lines = list[str]()
    steps = set_up_virtual_camera(progress(tmp_path, Answers(False), runner), runner.look())
    with pytest.raises(SinkError, match="there is no virtual camera yet"):
        lines.extend(steps)
    assert any("do: sudo modprobe v4l2loopback" in each for each in lines)
    assert runner.ran == []
    assert load(tmp_path).is_empty


def test_what_fails_is_told_and_not_kept(tmp_path: Path) -> None:
    runner = Runner(system(DEBIAN, UNLOADED | NO_PIPEWIRE), failure="modprobe ended with exit code 1")
    steps, lines = set_up_virtual_camera(progress(tmp_path, Answers(True), runner), runner.look()), list[str]()
    with pytest.raises(SinkError):
        lines.extend(steps)
    assert "failed: modprobe ended with exit code 1" in lines
    assert load(tmp_path).is_empty


def test_a_module_that_was_there_is_not_kept_as_loaded_by_setup(tmp_path: Path) -> None:
    runner = Runner(system(DEBIAN, OPEN_CAPS), system(DEBIAN))
    list(set_up_virtual_camera(progress(tmp_path, Answers(True), runner), runner.look()))
    assert [each.steps[0] for each in runner.ran] == [UNLOAD]
    kept = load(tmp_path)
    assert not kept.has_loaded
    assert kept.load_again[-2:] == ["exclusive_caps=0", "card_label=OBS"]


@pytest.mark.parametrize("is_unloaded", [True, False])
def test_what_a_broken_reloading_changed_is_kept(is_unloaded: bool, tmp_path: Path) -> None:
    """Unloading fails where a program has the camera open; loading, where its options are wrong."""
    stages_seen = [system(DEBIAN, OPEN_CAPS), system(DEBIAN, UNLOADED if is_unloaded else OPEN_CAPS)]
    shared, tries = progress(tmp_path, Answers(True, False), Runner(stages_seen[0])), list[Mend]()
    shared.look = lambda: stages_seen[len(tries) > 0]

    def fail(wanted: Mend, _: User) -> str:
        tries.append(wanted)
        return "modprobe ended with exit code 1"

    shared.run = fail
    list(set_up_virtual_camera(shared, stages_seen[0]))
    assert UNLOAD in tries[0].steps
    assert bool(load(tmp_path).load_again) == is_unloaded
    assert not load(tmp_path).has_loaded


def test_a_module_that_was_loaded_before_ctrl_c_is_kept(tmp_path: Path) -> None:
    stages_seen, tries = [system(DEBIAN, UNLOADED), system(DEBIAN)], list[Mend]()
    shared = progress(tmp_path, Answers(True), Runner(stages_seen[0]))
    shared.look = lambda: stages_seen[len(tries) > 0]

    def interrupt(wanted: Mend, _: User) -> str:
        tries.append(wanted)
        raise KeyboardInterrupt

    shared.run = interrupt
    with pytest.raises(KeyboardInterrupt):
        list(set_up_virtual_camera(shared, stages_seen[0]))
    assert load(tmp_path).has_loaded


def test_a_boot_file_that_a_broken_step_left_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tmp_path / "modules.conf", tmp_path / "options.conf"
    monkeypatch.setattr("livebg.pipeline.setup.virtual_camera.BOOT_FILES", tuple(map(str, files)))
    runner = Runner(system(DEBIAN, {f"{LOOPBACK}.at_boot": False}))
    shared = progress(tmp_path, Answers(True), runner)

    def fail(wanted: Mend, _: User) -> str:
        assert wanted == AT_BOOT
        files[0].touch()
        return "sh ended with exit code 1"

    shared.run = fail
    list(set_up_virtual_camera(shared, runner.look()))
    assert load(tmp_path).root_files == [str(files[0])]


def test_another_program_that_writes_there_is_told(tmp_path: Path) -> None:
    taken = {"linux.loopback.nodes.0.has_writer": True, "linux.loopback.nodes.0.format": "YU12:320x240@10"}
    writer = [{"pid": 5, "name": "ffmpeg", "is_writer": True}]
    runner, lines = Runner(system(DEBIAN, taken | {"linux.loopback.nodes.0.users": writer} | NO_PIPEWIRE)), list[str]()
    steps = set_up_virtual_camera(progress(tmp_path, Answers(), runner), runner.look())
    with pytest.raises(SinkError, match="there is no virtual camera yet"):
        lines.extend(steps)
    assert any("ffmpeg (5) writes to it" in each for each in lines)
    assert any("do: kill 5" in each for each in lines)


def test_without_root_the_command_is_only_told(tmp_path: Path) -> None:
    runner, lines = Runner(system(DEBIAN, UNLOADED)), list[str]()
    shared = progress(tmp_path, Ready(), runner, may_be_root=False)
    lines.extend(set_up_virtual_camera(shared, runner.look()))
    assert runner.ran == []
    assert any("do: sudo modprobe v4l2loopback" in each for each in lines), "PipeWire's camera is there, so no error"


def test_pipewire_is_enough_where_nobody_needs_v4l2() -> None:
    state = system(FEDORA, {f"{LOOPBACK}.is_loaded": False} | GNOME_ONLY)
    assert state.linux is not None
    assert has_pipewire(state.linux)
    assert why_loopback(state.linux) == ""


def test_who_needs_v4l2_is_named() -> None:
    zoom = system(DEBIAN, {"linux.programs": [{"name": "Zoom"}]}).linux
    both = system(DEBIAN, {"linux.programs": [{"name": "Zoom"}, {"name": "Chrome"}]}).linux
    nobody = system(DEBIAN, NO_PIPEWIRE | {"linux.programs": []}).linux
    assert zoom is not None
    assert both is not None
    assert nobody is not None
    assert why_loopback(zoom) == "Zoom reads only V4L2 cameras"
    assert why_loopback(both) == "Zoom, Chrome read only V4L2 cameras"
    assert "PipeWire does not run" in why_loopback(nobody)


def test_the_files_at_boot_are_the_doctors() -> None:
    assert AT_BOOT.steps[0][0] == "sh"
    found = obstacles(system(DEBIAN, UNLOADED))
    assert [each.mend for each in found] == [LOADING]


@pytest.mark.parametrize(
    ("name", "changes", "command"),
    [
        (WINDOWS, {"windows.has_obs_camera": False, "windows.has_winget": True}, "run winget install"),
        (MACOS, {"macos.obs_extension": "", "macos.has_obs": False, "macos.has_brew": True}, "run brew install"),
    ],
)
def test_obs_is_offered_elsewhere(name: str, changes: dict[str, object], command: str, tmp_path: Path) -> None:
    before, answers = system(name, changes | ({"macos.has_obs_plugin": False} if name == MACOS else {})), Answers(True)
    runner = Runner(before, system(name))
    lines = list(set_up_virtual_camera(progress(tmp_path, answers, runner), before))
    assert answers.asked[0].startswith(command)
    assert lines[-1] == "the virtual camera is there"
