"""Presets in a config folder of their own: saved, read, renamed, deleted; and whatever else lies there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livebg.core.errors import BackgroundError, LivebgError, SettingsError
from livebg.core.option import Option
from livebg.core.settings import OPTIONS, Settings, change
from livebg.media.image.read import background_file
from livebg.pipeline import presets
from livebg.pipeline.presets import (
    MOST,
    NEVER,
    background_thumbnail,
    checked_name,
    delete_preset,
    is_known,
    list_presets,
    load_preset,
    names,
    presets_folder,
    rename_preset,
    save_preset,
    to_keep,
)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return presets_folder()


def _write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_what_is_saved_comes_back_in_order_with_a_thumbnail(folder: Path) -> None:
    assert list_presets() == []
    save_preset("work", {"background": "bookshelf", "low_light": 0.5, "auto_frame": True})
    save_preset("Evening at home", {"background": "blur:80", "to": ("window", "a.mp4")})
    evening, work = list_presets()
    assert (evening.name, work.name) == ("Evening at home", "work")
    assert work.values == {"background": "bookshelf", "low_light": 0.5, "auto_frame": True}
    assert evening.values == {"background": "blur:80", "to": ("window", "a.mp4")}
    assert work.lines() == ["--background bookshelf", "--low-light 0.5", "--auto-frame yes"]
    assert work.thumbnail is not None
    assert background_file(work.thumbnail).size() == (320, 180)
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}  # a thumbnail may show the user


def test_a_given_thumbnail_is_kept_as_it_is(folder: Path) -> None:
    saved = save_preset("work", {}, b"a JPEG file")
    assert saved.thumbnail == folder / "work.jpg"
    assert saved.thumbnail.read_bytes() == b"a JPEG file"
    assert saved.lines() == ["the usual settings"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "x ",
        "-x",
        "../x",
        "a/b",
        "a\\b",
        "..",
        ".hidden",
        "a.toml",
        "CON",
        "com1",
        "save",
        "Off",
        "x" * 41,
        "a\0b",
    ],
)
def test_a_name_is_never_a_path_a_device_or_an_action(name: str, folder: Path) -> None:
    with pytest.raises(SettingsError, match="cannot name a preset"):
        checked_name(name)
    with pytest.raises(SettingsError, match="cannot name a preset"):
        save_preset(name, {})
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../../settings", "/etc/passwd", "work/../work", "wörk"])
def test_only_what_lies_in_the_folder_is_found(name: str, folder: Path) -> None:
    save_preset("work", {})
    (folder.parent.parent / "settings.toml").touch()
    for act in (load_preset, delete_preset):
        with pytest.raises(SettingsError, match="there is no preset"):
            act(name)
    with pytest.raises(SettingsError, match="there is no preset"):
        rename_preset(name, "b")
    assert names() == ["work"]


def test_letters_of_every_language_and_one_spelling() -> None:
    assert checked_name("Büro 2_b-c") == "Büro 2_b-c"
    save_preset("Büro", {"grow": 1})  # one character, or two that look alike
    assert load_preset("büro").values == {"grow": 1.0}
    assert is_known("BÜRO")
    assert not is_known("Buro")
    with pytest.raises(SettingsError, match="there is a preset 'Büro' already"):
        save_preset("BÜRO", {})


def test_where_a_disk_has_two_that_differ_by_case_the_exact_one_is_meant(folder: Path) -> None:
    for name in ("a", "A"):
        _write(folder, name, f"grow = {len(names()) + 1}")
    if len(names()) == 2:  # else the disk takes both for one
        assert [load_preset(each).values["grow"] for each in ("a", "A")] == [1.0, 2.0]


def test_an_existing_one_is_replaced_only_by_force_and_keeps_what_its_user_wrote(folder: Path) -> None:
    text = '# mine\nlight-wrap = 0.2 # a little\ngrow = 2\n\n[schedule] # at work\ndays = "mon-fri"\n'
    path = _write(folder, "work", text)
    with pytest.raises(SettingsError, match="there is a preset 'work' already; take another name, or replace that one"):
        save_preset("Work", {"grow": 1})
    assert path.read_text() == text
    saved = save_preset("Work", {"light_wrap": 0.4, "background": "#102030"}, force=True)
    assert path.read_text().splitlines()[:2] == ["# mine", "light-wrap = 0.4 # a little"]
    assert "grow" not in path.read_text()
    assert saved.name == "work"
    assert [str(each) for each in saved.spans] == ["mon-fri 00:00-24:00"]
    assert saved.lines()[-1] == "on by itself: mon-fri 00:00-24:00"


def test_a_broken_one_is_replaced_by_force(folder: Path) -> None:
    _write(folder, "work", "background = ")
    assert save_preset("work", {"grow": 1}, force=True).values == {"grow": 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("background = ", "preset file .*work.toml is not valid TOML"),
        ('backgroun = "x"', "preset file .*work.toml: there is no setting backgroun; did you mean background"),
        ("smoothing = 2", "preset file .*work.toml: --smoothing: 2 is outside 0..1"),
        ("level-low = 0.9\nlevel-high = 0.2", "is not below --level-high"),
        ("hide = false", "hide: no preset can hold this"),
        ("show-camera = true", "show_camera: no preset can hold this"),
        ("[schedule]\nfrom = 9", "schedule: from: 9 is no time"),
        ('schedule = "mon"', "schedule: 'mon' is no table"),
        ("a" * 5000, "is no file of settings"),
        ("x = \ud800", "is not valid TOML"),
    ],
)
def test_a_broken_file_is_a_fault_and_the_others_stay(text: str, message: str, folder: Path) -> None:
    save_preset("home", {"grow": 1})
    _write(folder, "work", "").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(SettingsError, match=message):
        load_preset("work")
    home, work = list_presets()
    assert home.fault == ""
    assert work.fault.startswith("preset file")
    delete_preset("work")
    assert names() == ["home"]


def test_other_files_are_no_presets_or_have_a_fault(folder: Path) -> None:
    _write(folder, "my.own", "")
    (folder / "dir.toml").mkdir()
    (folder / "notes.txt").touch()
    (folder / "no\udcff text.toml").touch()
    (folder / ".hidden.toml").touch()
    assert {each.name: each.fault.partition(":")[0][:30] for each in list_presets()} == {
        "dir": f"preset file {folder}/dir.toml is not a plain file"[:30],
        "my.own": "'my.own' cannot name a preset",
    }


def test_renamed_with_its_thumbnail_and_never_over_another(folder: Path) -> None:
    save_preset("work", {"grow": 1})
    save_preset("home", {"grow": 2})
    with pytest.raises(SettingsError, match="there is a preset 'Home' already; take another name"):
        rename_preset("work", "Home")
    with pytest.raises(SettingsError, match="cannot name a preset"):
        rename_preset("work", "../work")
    assert rename_preset("WORK", "office") == ("work", "office")
    assert rename_preset("home", "Home") == ("home", "Home")
    assert {each.name for each in folder.iterdir()} == {"office.toml", "office.jpg", "Home.toml", "Home.jpg"}
    assert load_preset("office").values == {"grow": 1.0}


def test_what_cannot_be_kept_is_refused_and_leaves_nothing(folder: Path) -> None:
    for values, error in (
        ({"grow": 99}, SettingsError),
        ({"hide": True}, SettingsError),
        ({"background": "no-such-thing"}, BackgroundError),  # a preset that could never be put on
    ):
        with pytest.raises(error):
            save_preset("work", values)
    assert not folder.exists()
    with pytest.raises(SettingsError, match="there is no preset 'work'; none is saved yet"):
        load_preset("work")


def test_a_background_of_the_users_own_folder_is_known(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "garden.jpg").write_bytes(background_thumbnail({"background": "#00ff00"}))
    folder.parent.mkdir(parents=True)
    (folder.parent / "settings.toml").write_text(f'background_folder = "{own}"')
    assert save_preset("work", {"background": "garden"}).thumbnail is not None
    (folder.parent / "settings.toml").write_text("background_folder = ")  # broken: livebg run says so
    with pytest.raises(BackgroundError, match="'garden' is no file"):
        save_preset("home", {"background": "garden"}, b"even with a thumbnail")


def test_a_folder_that_cannot_be_made_is_one_sentence(folder: Path) -> None:
    folder.parent.parent.mkdir(exist_ok=True)
    folder.parent.touch()  # a file in its place
    with pytest.raises(LivebgError, match=r"the folder of presets .* cannot be changed"):
        save_preset("work", {})


def test_there_is_an_end_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 100
    monkeypatch.setattr(presets, "MOST", 1)
    save_preset("a", {}, b"x")
    with pytest.raises(SettingsError, match="there are 1 presets already; delete one"):
        save_preset("b", {})


def test_of_a_running_one_the_unusual_settings_are_kept_but_never_what_hides_shows_or_overwrites() -> None:
    unlike = change(Settings(), {name: _other(name, option) for name, option in OPTIONS.items()})
    kept = to_keep({name: getattr(unlike, name) for name in OPTIONS})
    assert not set(kept) & {*NEVER, "source", "to", "matte_to", "seconds", "split", "pace"}
    assert {"background", "smoothing", "camera", "engine", "auto_frame"} <= set(kept)


def test_what_is_usual_by_default_is_kept_where_the_settings_file_differs(folder: Path) -> None:
    defaults = {name: getattr(Settings(), name) for name in OPTIONS}
    assert to_keep(defaults) == {"background": Settings().background}
    folder.parent.mkdir(parents=True)
    (folder.parent / "settings.toml").write_text("smoothing = 0.5")
    assert to_keep(defaults) == {"background": Settings().background, "smoothing": Settings().smoothing}


def _other(name: str, option: Option) -> Any:
    """A value that is allowed and no default."""
    default = getattr(Settings(), name)
    if option.choices:
        return next(each for each in option.choices if each != default)
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return ("window",)
    if isinstance(default, str):
        return "640x360" if option.is_size else "#123456"
    values = {"level_low": 0.1, "level_high": 0.9}
    return values.get(name, option.high if default != option.high else option.low)


@pytest.mark.parametrize("background", ["bookshelf", "#123456", "none", "blur"])
def test_a_thumbnail_of_every_kind_of_background(background: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(background_thumbnail({"background": background}))
    assert background_file(path).size() == (320, 180)
