"""What keys, signals and other programs may do to a running livebg."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.pipeline.live.actions import Actions
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.live.preset_switch import PresetSwitch
from livebg.pipeline.live.status import Status
from livebg.scene.backgrounds import is_none
from livebg.scene.backgrounds.selector import check_background
from livebg.sinks.recording.session import RecordingSession

STATUS = Status("live", "", 29.96, 41.2, "selfie square", "blur", ("window", "recording a.mp4"), False, "")


class World:
    def __init__(self) -> None:
        self.controls, self.stopping, self.session = LiveSettings(Settings()), threading.Event(), RecordingSession()
        switch = PresetSwitch(self.controls, Settings)
        self.actions = Actions(self.controls, self.stopping, self.session, LiveOutputs(), lambda: STATUS, switch)


@pytest.fixture
def world() -> World:
    return World()


def test_keys_change_the_background_and_stop(world: World) -> None:
    world.actions.do("blur")
    assert world.controls.settings.background == "blur"
    world.actions.do("blur")
    assert world.controls.settings.background == Settings().background
    for own in ("#102030", "bookshelf"):
        world.controls.propose(background=own)
        world.actions.do("blur")
        world.actions.do("blur")
        assert world.controls.settings.background == own, "the one that was there before"
    world.controls.propose(background="blur:80")
    world.actions.do("blur")
    assert world.controls.settings.background == "bookshelf"
    seen = []
    for _ in range(20):
        world.actions.do("next-background")
        seen.append(world.controls.settings.background)
    assert len(set(seen)) >= 14
    assert not world.stopping.is_set()
    world.actions.do("quit")
    assert world.stopping.is_set()


def test_keys_pause_and_mark_recordings(world: World) -> None:
    world.session.recordings = 1
    world.actions.do("pause", 5.0)
    world.actions.do("marker", 6.0)
    assert (world.session.is_paused, world.session.markers) == (True, (6.0,))
    world.actions.do("pause")
    assert not world.session.is_paused


def test_who_hides_twice_stays_hidden_and_one_key_does_both(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for action, expected in (
        ("hide", True),
        ("hide", True),
        ("show", False),
        ("hide-or-show", True),
        ("hide-or-show", False),
    ):
        world.actions.do(action)
        assert world.controls.settings.hide is expected
    assert caplog.text.count("you are hidden: every output shows the standby image") == 2
    assert caplog.text.count("you are shown again") == 2


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (("background", "#00ff00"), "background", "#00ff00"),
        (("set", "smoothing", "0.5"), "smoothing", 0.5),
        (("set", "--smoothing", "0"), "smoothing", 0.0),
        (("set", "auto-frame", "yes"), "auto_frame", True),
        (("set", "auto_frame", "off"), "auto_frame", False),
        (("hide",), "hide", True),
    ],
)
def test_a_program_changes_a_setting(world: World, words: tuple[str, ...], name: str, value: object) -> None:
    assert world.actions.command(words[0], words[1:])["state"] == "live"
    assert getattr(world.controls.settings, name) == value


def test_a_background_that_cannot_be_shown_is_found_before_anything_changes(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "a.png"
    broken.write_bytes(b"no picture")
    wrong = {"no-such-thing": "no-such-thing", str(broken): "a.png", "none": "needs other outputs", "blur:x": "blur"}
    for what, message in wrong.items():
        for action in (("background", what), ("set", "background", what), ("set", "--background", what)):
            with pytest.raises(LivebgError, match=message):
                world.actions.check(action[0], action[1:])
    for what in ("studio-warm", "#102030", "blur:30"):
        world.actions.check("background", (what,))
    world.actions.check("background", ())
    world.actions.check("set", ("smoothing", "0.5"))
    assert world.controls.settings == Settings()
    transparent = change(Settings(), {"background": "none"})
    check_background(transparent, transparent)
    with pytest.raises(LivebgError, match="needs other outputs"):
        check_background(Settings(), transparent)
    assert (is_none(transparent), is_none(Settings(background="NONE ")), is_none(Settings())) == (True, True, False)


def test_recordings_begin_and_end_by_one_key_and_by_name(world: World, caplog: pytest.LogCaptureFixture) -> None:
    for action, values in (("record", ("a.mp4",)), ("output-on", ("window",)), ("record-or-stop", ())):
        with pytest.raises(SettingsError, match="livebg is starting; ask again in a moment"):
            world.actions.command(action, values)
    with pytest.raises(SettingsError, match="livebg does not record"):
        world.actions.command("record-stop", ())
    world.actions.do("record-or-stop")
    assert "livebg is starting" in caplog.text, "who presses a key sees the log"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("jump",), "'jump' is no action; there are status, hide, show, hide-or-show, blur"),
        (("hide", "now"), "'hide now' does not fit; say it so: hide"),
        (("status", "x"), "'status x' does not fit; say it so: status"),
        (("background",), "'background' does not fit; say it so: background WHAT"),
        (("set", "smoothing"), "'set smoothing' does not fit; say it so: set SETTING VALUE"),
        (("hidee",), "'hidee' is no action; did you mean hide"),
        (("set", "smoothin", "1"), "there is no setting 'smoothin'; did you mean smoothing"),
        (("set", "smoothing", "2"), "--smoothing: 2 is outside 0..1"),
        (("set", "smoothing", "much"), "--smoothing: 'much' is not a number"),
        (("set", "hide", "maybe"), "--hide: 'maybe' is neither yes nor no"),
        (("set", "camera", "1"), "--camera applies at the next start"),
        (("set", "to", "a.mp4"), "--to applies at the next start"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_changes_nothing(
    world: World, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        world.actions.command(words[0], words[1:])
    assert world.controls.settings == Settings()


def test_the_status_in_words() -> None:
    assert STATUS.short() == "live 30 fps"
    assert STATUS.lines() == [
        "live",
        "30.0 frames a second, the picture is 41 ms old",
        "engine: selfie square",
        "background: blur",
        "outputs: window, recording a.mp4",
    ]
    values: dict[str, Any] = {"state": "standby", "why": "the camera is lost", "last_error": "disk full"}
    standby = Status(**values, fps=0.0, latency_ms=0.0, engine="", background="", outputs=(), is_recording_paused=True)
    assert standby.short() == "standby"
    assert standby.lines()[0] == "standby: the camera is lost"
    assert standby.lines()[-1] == "last error: disk full"
    assert "recordings paused" in standby.lines()[4]
