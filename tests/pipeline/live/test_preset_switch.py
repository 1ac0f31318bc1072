"""Presets on a run: by hand, by key, by a clock of the test's own; all or nothing; never the hidden user."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from livebg.core.errors import BackgroundError, LivebgError, SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.pipeline.live.preset_switch import LOOK_S, PresetSwitch, Schedule
from livebg.pipeline.presets import delete_preset, presets_folder, save_preset

MONDAY = datetime(2026, 11, 23, 8, 0)
USUAL = change(Settings(), {"background": "bookshelf", "smoothing": 0.5})


class World:
    """A run at MONDAY, 8:00."""

    def __init__(self, name: str = "", is_chosen: bool = False) -> None:
        self.now, self.passed_s = MONDAY, 0.0
        self.usual = USUAL
        self.controls = LiveSettings(USUAL)
        self.switch = PresetSwitch(
            self.controls, lambda: self.usual, name, is_chosen, lambda: self.now, lambda: self.passed_s
        )

    def at(self, clock: str, days: int = 0) -> Settings:
        """The settings once the loop has run on to this time."""
        hours, minutes = map(int, clock.split(":"))
        self.now = MONDAY.replace(hour=hours, minute=minutes) + timedelta(days=days)
        self.passed_s += LOOK_S
        self.switch.follow()
        return self.controls.settings


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for number, (name, values) in enumerate({"green": {"background": "#00ff00"}, "red": {"grow": 2.0}}.items()):
        save_preset(name, values, b"thumbnail %d" % number)
    return presets_folder()


@pytest.fixture
def world() -> World:
    return World()


def _schedule(folder: Path, name: str, **keys: str) -> None:
    """Adds these times to a preset's file."""
    path = folder / f"{name}.toml"
    lines = [f'{key.rstrip("_")} = "{value}"' for key, value in keys.items()]
    path.write_text("\n".join([path.read_text().partition("\n[schedule]")[0], "[schedule]", *lines]))


def test_a_preset_lies_over_the_usual_settings_and_replaces_the_one_before(world: World) -> None:
    assert world.switch.name == ""
    world.switch.apply("Green")
    assert world.controls.settings == change(USUAL, {"background": "#00ff00"})
    assert world.switch.name == "green"
    world.switch.apply("red")
    assert world.controls.settings == change(USUAL, {"grow": 2.0})
    world.usual = change(USUAL, {"feather": 1.0})  # the settings file, meanwhile
    world.switch.apply("off")
    assert (world.controls.settings, world.switch.name) == (world.usual, "")


def test_it_is_one_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = list[dict[str, object]]()
    propose = world.controls.propose
    monkeypatch.setattr(world.controls, "propose", lambda **values: (changes.append(values), propose(**values))[1])
    save_preset("both", {"background": "blur", "grow": 1.0, "feather": 2.0})
    world.switch.apply("both")
    assert changes == [{"background": "blur", "grow": 1.0, "feather": 2.0}]


def test_an_invalid_one_changes_nothing_and_says_why(world: World, folder: Path) -> None:
    world.switch.apply("red")
    before = world.controls.settings
    cases: list[tuple[str, type[LivebgError], str]] = [
        ("grow = 1\nfeather = 99", SettingsError, "--feather: 99 is outside 0..50"),
        ('grow = 1\nbackground = "gone.jpg"', BackgroundError, "background 'gone.jpg' is no file"),
        ('grow = 1\nbackground = "blur:900"', BackgroundError, "900"),
        ("grow = ", SettingsError, "is not valid TOML"),
        ("grow = 1\nlevel_low = 0.9\nlevel_high = 0.5", SettingsError, "is not below"),
        ("grow = 1\nhide = true", SettingsError, "no preset can hold this"),
    ]
    for text, error, message in cases:
        (folder / "bad.toml").write_text(text)
        with pytest.raises(error, match=message):
            world.switch.apply("bad")
        assert (world.controls.settings, world.switch.name) == (before, "red")
    with pytest.raises(SettingsError, match="there is no preset 'gren'; did you mean green"):
        world.switch.apply("gren")
    with pytest.raises(SettingsError, match=r"there is no preset '\.\./green'"):
        world.switch.apply("../green")
    assert world.controls.settings == before


def test_a_broken_settings_file_is_said_and_changes_nothing(world: World) -> None:
    def broken() -> Settings:
        raise SettingsError("settings file a.toml is not valid TOML")

    switch = PresetSwitch(world.controls, broken)
    with pytest.raises(SettingsError, match=r"a\.toml is not valid"):
        switch.apply("red")
    assert world.controls.settings == USUAL


@pytest.mark.parametrize("is_hidden", [True, False])
def test_who_is_hidden_stays_so_and_nobody_else_is(world: World, is_hidden: bool) -> None:
    world.usual = change(USUAL, {"hide": not is_hidden})  # livebg run --hide, or the settings file
    world.controls.propose(hide=is_hidden)
    for name in ("green", "off"):
        world.switch.apply(name)
        assert world.controls.settings.hide is is_hidden
    world.switch.apply("red")
    world.controls.propose(hide=not is_hidden)
    assert world.switch.name == "red"  # hiding is no change of the preset


def test_the_name_goes_when_the_settings_change_or_the_file(world: World) -> None:
    world.switch.apply("red")
    world.controls.propose(smoothing=0.1)
    assert world.switch.name == ""
    world.switch.apply("red")
    assert world.switch.name == "red"
    delete_preset("red")
    assert (world.switch.name, world.switch.waiting) == ("", ())
    assert world.controls.settings.grow == 2.0  # what is on stays on


def test_settings_of_the_next_start_wait_and_the_others_come_at_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    save_preset("desk", {"camera": "2", "size": Settings().size, "grow": 3.0, "background": "none"}, b"x")
    world.switch.apply("desk")
    assert world.switch.waiting == ("--camera", "--background")  # `none` needs other outputs; the size is the same
    assert world.controls.settings == change(USUAL, {"grow": 3.0})
    assert world.switch.name == "desk"
    assert "preset: desk; at the next start: --camera, --background" in caplog.text
    world.switch.apply("red")
    assert world.switch.waiting == ()


def test_the_windows_keys_are_the_presets_in_order(world: World) -> None:
    world.switch.press(2)
    assert world.switch.name == "red"
    world.switch.press(1)
    assert world.switch.name == "green"
    with pytest.raises(SettingsError, match="key 3 has no preset; there are 2"):
        world.switch.press(3)
    (presets_folder() / "red.toml").write_text("grow = ")
    with pytest.raises(SettingsError, match="not valid TOML"):
        world.switch.press(2)
    assert world.switch.name == "green"


def test_the_check_opens_what_only_a_decoder_finds_broken(world: World, folder: Path) -> None:
    (folder / "words.jpg").write_text("no picture")
    save_preset("broken", {"background": str(folder / "words.jpg")}, b"x")
    with pytest.raises(BackgroundError, match="no picture that can be used here"):
        world.switch.check("broken")
    save_preset("clear", {"background": "none"}, b"x")
    for each in ("green", "clear", "off"):  # `none` waits for the next start
        world.switch.check(each)
    assert world.controls.settings == USUAL


def test_the_schedule_puts_on_and_off(world: World, folder: Path) -> None:
    _schedule(folder, "green", days="mon-fri", from_="09:00", to="17:00")
    assert world.at("08:59") == USUAL
    assert world.at("09:00").background == "#00ff00"
    assert world.switch.name == "green"
    assert world.at("16:59").background == "#00ff00"
    assert world.at("17:00") == USUAL
    assert world.at("12:00", days=5) == USUAL  # a Saturday
    assert world.switch.name == ""


def test_it_costs_a_look_a_second_at_most(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _schedule(folder, "green", from_="09:00")
    looks = list[datetime]()
    monkeypatch.setattr(Schedule, "wanted", lambda _, now: (looks.append(now), "")[1])
    for _ in range(300):  # ten seconds of frames
        world.passed_s += LOOK_S / 30
        world.switch.follow()
    assert 9 <= len(looks) <= 10


def test_files_are_read_only_where_one_has_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livebg.pipeline.live import preset_switch

    reads, real = list[str](), preset_switch.list_presets
    monkeypatch.setattr(preset_switch, "list_presets", lambda: (reads.append("read"), real())[1])
    schedule = Schedule()
    assert [schedule.wanted(MONDAY) for _ in range(3)] == [""] * 3
    assert len(reads) == 1
    _schedule(folder, "red", from_="07:00")
    assert [schedule.wanted(MONDAY) for _ in range(3)] == ["red"] * 3
    assert len(reads) == 2


def test_a_choice_by_hand_holds_until_the_next_change(world: World, folder: Path) -> None:
    _schedule(folder, "green", from_="09:00", to="12:00")
    world.at("09:00")
    world.switch.apply("red")
    assert world.at("11:00").grow == 2.0
    assert world.at("12:00").grow == 2.0  # green's end is no reason to take red off
    assert world.at("09:00", days=1).background == "#00ff00"  # its beginning is
    world.controls.propose(smoothing=0.1)
    assert world.at("12:00", days=1) == USUAL


def test_a_lunch_within_the_hours_of_work_ends_in_them(world: World, folder: Path) -> None:
    _schedule(folder, "green", days="mon-fri", from_="09:00", to="17:00")
    _schedule(folder, "red", from_="12:00", to="13:00")
    names = [(world.at(each), world.switch.name)[1] for each in ("09:30", "12:00", "12:59", "13:00", "17:00")]
    assert names == ["green", "red", "red", "green", ""]


def test_over_midnight_and_when_the_clock_is_set(world: World, folder: Path) -> None:
    _schedule(folder, "red", days="mon", from_="22:00", to="02:00")
    assert world.at("23:59").grow == 2.0
    assert world.at("01:59", days=1).grow == 2.0
    assert world.at("02:00", days=1) == USUAL
    assert world.at("01:30", days=1).grow == 2.0  # the end of summer time: an hour comes twice
    assert world.at("03:00", days=9) == USUAL  # asleep for a week
    assert world.at("22:00", days=7).grow == 2.0


def test_who_is_hidden_stays_hidden_when_a_schedule_comes(world: World, folder: Path) -> None:
    _schedule(folder, "green", from_="09:00", to="10:00")
    world.controls.propose(hide=True)
    assert world.at("09:00") == change(USUAL, {"hide": True, "background": "#00ff00"})
    assert world.at("10:00") == change(USUAL, {"hide": True})


def test_the_schedule_can_be_switched_off_and_on(world: World, folder: Path) -> None:
    _schedule(folder, "green", from_="09:00", to="10:00")
    world.controls.propose(schedule=False)
    assert world.at("09:00").background == USUAL.background
    world.controls.propose(schedule=True)
    assert world.at("09:01").background == "#00ff00"


def test_a_preset_deleted_while_its_times_have_it_on_is_as_over(world: World, folder: Path) -> None:
    _schedule(folder, "green", from_="09:00", to="10:00")
    assert world.at("09:00").background == "#00ff00"
    delete_preset("green")
    assert world.at("09:01") == USUAL


def test_one_that_becomes_broken_is_said_once(world: World, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "green.toml").write_text('[schedule]\nfrom = "9 o\'clock"')
    for minute in range(3):
        assert world.at(f"09:0{minute}") == USUAL
        (folder / f"other-{minute}.toml").touch()
    assert caplog.text.count("is no time; write") == caplog.text.count("its times do not count") == 1


def test_one_whose_background_is_gone_is_said_once(
    world: World, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "green.toml").write_text('background = "gone.jpg"\n[schedule]\nfrom = "09:00"')
    for minute in range(3):
        assert world.at(f"09:0{minute}") == USUAL
    assert caplog.text.count("the settings stay as they were") == 1


@pytest.mark.parametrize("is_chosen", [True, False])
def test_the_preset_of_the_start(folder: Path, is_chosen: bool) -> None:
    _schedule(folder, "green", from_="07:00", to="10:00")
    world = World("red", is_chosen)  # as the command line made the settings, or the times a moment ago
    assert world.switch.name == "red"
    assert world.at("09:00").background == (USUAL.background if is_chosen else "#00ff00")
    assert world.switch.name == ("red" if is_chosen else "green")
    assert world.at("10:00").background == USUAL.background


def test_no_folder_is_no_schedule(folder: Path, world: World) -> None:
    for each in folder.iterdir():
        os.remove(each)
    folder.rmdir()
    assert world.at("09:00") == USUAL
    assert Schedule().wanted(MONDAY) == ""
