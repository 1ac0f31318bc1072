"""`livebg preset` in a home of its own, with and without a livebg to steer; and what its user may get wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from steering import steered

from livebg.cli import build_parser, main
from livebg.cli.preset import NAMES, choice
from livebg.cli.setup import SHELLS
from livebg.core.errors import SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings, change
from livebg.core.user_folders import runtime_folder
from livebg.pipeline.live.client import Kind, Picture, running
from livebg.pipeline.presets import load_preset, presets_folder, save_preset


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs `livebg preset WORDS`; the exit code, and what it answered."""

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["preset", *words])
        printed = capsys.readouterr()
        return code, (printed.err if code else printed.out).rstrip()

    return run


Said = Callable[..., tuple[int, str]]


@pytest.fixture
def livebg() -> Iterator[LiveSettings]:
    """One that runs, and shows its state as its picture."""

    def picture(of: Kind, width: int, after: int | None) -> Picture:
        assert (of, width, after) == ("composite", 320, None)
        return Picture(b"the composite", 1, 5.0, "live")

    with steered(picture) as controls:
        yield controls


def test_from_the_first_to_the_last(said: Said) -> None:
    assert said() == (0, "no preset is saved yet; to save one: livebg preset save NAME --background bookshelf")
    code, text = said("save", "my office", "--background", "bookshelf", "--low-light", "0.4", "--to", "window")
    assert (code, text.splitlines()[0]) == (
        0,
        "saved my office: --low-light 0.4; --background bookshelf; --to window",
    )
    assert said("my office") == (
        1,
        'livebg: no livebg runs here; start one with it: livebg run --preset "my office"',
    )
    assert said("save", "Abend", "--background", "blur")[0] == 0
    _, text = said()
    assert text.splitlines() == [
        "KEY  NAME       WHAT                                                  NOW",
        "1    Abend      --background blur",
        "2    my office  --low-light 0.4; --background bookshelf; --to window",
    ]
    assert said("show", "abend")[1].splitlines() == [
        "Abend",
        "  --background blur",
        f"  {presets_folder()}/Abend.toml",
    ]
    assert said("rename", "Abend", "evening") == (0, "Abend is now evening")
    assert said("delete", "evening") == (0, "deleted evening")
    assert said("delete", "evening")[0] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nix", "there is no preset 'nix'; none is saved yet"),
        ("save", "say it so: livebg preset save NAME; put a name of several words in quotes"),
        ("my office", "say it so: livebg preset NAME; put a name of several words in quotes"),
        ("rename a", "say it so: livebg preset rename NAME NAME"),
        ("show", "say it so: livebg preset show NAME"),
        ("save ../x --grow 1", "'../x' cannot name a preset: take up to 40 letters"),
        ("save delete --grow 1", "'delete' cannot name a preset: the word means something else"),
        ("save x --grow 99", "--grow: 99 is outside -20..20 px"),
        ("save x --grow much", "--grow: 'much' is not a number"),
        ("save x --background nix", "background 'nix' is no file, no colour and no known name"),
        ("x --grow 1", "settings go into a preset by 'save': livebg preset save NAME --background blur"),
        ("save x", "no livebg runs here; start one: livebg run; or give the settings: livebg preset save x --back"),
        ("off", "no livebg runs here; start one: livebg run"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_leaves_nothing(words: str, message: str, said: Said) -> None:
    code, text = said(*words.split())
    assert code
    assert text.startswith(f"livebg: {message}")
    assert "\n" not in text
    assert not presets_folder().exists()


@pytest.mark.parametrize("option", ["--hide", "--show-camera", "--no-schedule", "--settings x"])
def test_no_preset_has_an_option_for_what_none_can_hold(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["preset", "save", "x", *option.split()])
    assert "there is no option" in capsys.readouterr().err


def test_an_existing_one_needs_force(said: Said) -> None:
    said("save", "a", "--grow", "1")
    assert said("save", "A", "--grow", "2") == (
        2,
        "livebg: there is a preset 'A' already; --force replaces its settings",
    )
    assert said("save", "A", "--grow", "2", "--force")[0] == 0
    assert load_preset("a").values == {"grow": 2.0}


def test_a_running_one_gets_it_and_the_list_says_so(said: Said, livebg: LiveSettings) -> None:
    said("save", "green", "--background", "#00ff00", "--camera", "2")
    assert said("Green") == (0, "green: on; at the next start: --camera")
    assert livebg.settings == change(Settings(), {"background": "#00ff00"})
    assert said()[1].splitlines()[1].endswith("  on")
    assert said("off") == (0, "the usual settings: on")
    assert livebg.settings == Settings()
    assert not said()[1].endswith("on")


def test_ctl_puts_it_on_too_and_the_status_names_it(livebg: LiveSettings, capsys: pytest.CaptureFixture[str]) -> None:
    save_preset("green", {"background": "#00ff00", "camera": "2"})
    assert main(["ctl", "preset", "green"]) == 0
    assert livebg.settings.background == "#00ff00"
    assert main(["ctl"]) == 0
    assert "preset: green; at the next start: --camera" in capsys.readouterr().out
    assert main(["ctl", "preset", "gren"]) == 2
    assert "livebg: there is no preset 'gren'; did you mean green?" in capsys.readouterr().err


def test_a_running_ones_settings_are_saved_with_what_viewers_see(said: Said, livebg: LiveSettings, home: Path) -> None:
    (home / "beach.png").touch()
    livebg.propose(smoothing=0.25, background="#102030", hide=True)
    assert said("save", "now")[0] == 0
    saved = load_preset("now")
    assert saved.values == {"smoothing": 0.25, "background": "#102030"}
    assert saved.thumbnail is not None
    assert saved.thumbnail.read_bytes() == b"the composite"


@pytest.mark.parametrize("state", ["hidden", "standby", ""])
def test_where_viewers_do_not_see_the_user_the_thumbnail_is_the_background(said: Said, state: str) -> None:
    with steered(lambda *_: Picture(b"the standby image", 1, 0.0, state) if state else None):
        assert said("save", "now")[0] == 0
    thumbnail = load_preset("now").thumbnail
    assert thumbnail is not None
    assert thumbnail.read_bytes()[:3] == b"\xff\xd8\xff"


@pytest.mark.usefixtures("livebg")
def test_of_two_that_run_the_user_names_one(said: Said) -> None:
    save_preset("green", {"background": "#00ff00"})
    ((pid, file),) = running().items()
    (runtime_folder() / "run-77.json").write_text(file.read_text())
    for words in (("green",), ("save", "now")):
        code, text = said(*words)
        assert code == 1
        assert "livebg runs 2 times here; say which: --pid " in text
        assert f"--pid {pid}" in text
    assert said()[0] == 0  # the list needs none
    assert said("green", "--pid", str(pid)) == (0, "green: on")
    assert said()[1].splitlines()[1].split()[-1] == "#00ff00"
    assert said("--pid", str(pid))[1].splitlines()[1].split()[-1] == "on"


def test_a_run_begins_with_the_one_it_names_or_that_is_due() -> None:
    save_preset("green", {"background": "#00ff00"})
    path = save_preset("red", {"background": "#ff0000"}).name
    with (presets_folder() / f"{path}.toml").open("a") as stream:
        stream.write("[schedule]\n")  # always
    parser = build_parser()

    def begun(*words: str) -> str:
        return choice(
            parser.parse_args(["run", *words]), change(Settings(), {"schedule": "--no-schedule" not in words})
        ).name

    assert begun() == "red"
    assert begun("--no-schedule") == ""
    assert begun("--preset", "GREEN") == "green"
    with pytest.raises(SettingsError, match="there is no preset 'blue'"):
        begun("--preset", "blue")


def test_run_takes_the_presets_name_and_says_what_is_wrong_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--preset", "nix"]) == 2
    assert capsys.readouterr().err == "livebg: there is no preset 'nix'; none is saved yet\n"
    presets_folder().mkdir(parents=True)
    (presets_folder() / "bad.toml").write_text("backgroun = 1")
    assert main(["run", "--preset", "bad"]) == 2
    assert "bad.toml: there is no setting backgroun; did you mean background" in capsys.readouterr().err


def test_a_shell_completes_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    for each in ("one", "two words", "other"):
        save_preset(each, {}, b"x")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    def completed(*words: str) -> list[str]:
        line = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_livebg; "
        line += 'printf "%s\\n" "${COMPREPLY[@]}"'
        found = subprocess.run(["bash", "-c", script + line], capture_output=True, text=True, check=True)
        return found.stdout.split("\n")[:-1]

    assert completed("livebg", "preset", "o") == ["one", "other"]
    assert completed("livebg", "run", "--preset", "t") == ["two words"]
    assert all(NAMES[shell] and NAMES["preamble"][shell] for shell in SHELLS)
