"""`livebg setup`, `service` and `completion` as commands."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recorded_systems import MACOS, system

from livebg.cli import main, setup
from livebg.core.settings_file import load_file
from livebg.pipeline.doctor import probe
from livebg.pipeline.service import manage
from livebg.pipeline.setup import read_back
from livebg.pipeline.setup.read_back import Seen


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a Mac that is well."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    state = system(MACOS)
    monkeypatch.setattr(probe, "probe", lambda: state)
    monkeypatch.setattr(probe, "look_again", lambda before: before)
    monkeypatch.setattr(read_back, "cameras_written", lambda _: ["OBS"])
    monkeypatch.setattr(read_back, "read_back", lambda *_: [Seen("OBS", 6, 2.0, True)])
    return tmp_path


class Keyboard(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_it_asks_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["setup"]) == main(["setup", "--undo"]) == 2
    assert "stdin is no terminal; run it in one, or give --yes" in capsys.readouterr().err
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("home")
def test_yes_then_undo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["setup", "--yes"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("looking at this system")
    assert "OBS: 6 pictures read back, as they were sent" in told
    assert main(["setup", "--undo", "--yes"]) == 0
    assert capsys.readouterr().out == "setup has changed nothing here\n"


def test_answers_are_written_and_undone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard("n\nbookshelf\nn\nn\n"))
    assert main(["setup"]) == 0, capsys.readouterr()
    (file,) = home.rglob("settings.toml")
    assert load_file(file) == {"background": "bookshelf"}
    monkeypatch.setattr(sys, "stdin", Keyboard(""))
    assert main(["setup", "--undo"]) == 0
    assert not file.exists()


@pytest.mark.usefixtures("home")
def test_a_broken_settings_file_is_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    from livebg.pipeline.inventory import settings_file

    settings_file().parent.mkdir(exist_ok=True)
    settings_file().write_text("fps = many")
    assert main(["setup", "--yes"]) == 2
    assert "is not valid TOML" in capsys.readouterr().err


def test_service_status_without_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "here", lambda: manage.on_windows(("python",), home))
    assert main(["service"]) == 1
    assert capsys.readouterr().err == "livebg: no service is installed; livebg service install\n"
    assert main(["service", "install"]) == main(["service", "status"]) == main(["service", "uninstall"]) == 0


@pytest.mark.parametrize("shell", setup.SHELLS)
def test_the_completion_is_a_script_of_that_shell(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "--background" in text
    assert "doctor" in text
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(text)
        subprocess.run([shell, "-n", str(script)], check=True)


def completed(line: str, script: Path) -> set[str]:
    """What bash offers at the end of this line."""
    words = line.split(" ")
    ask = f". {script}; COMP_WORDS=({' '.join(words[:-1])} '{words[-1]}'); COMP_CWORD={len(words) - 1}; "
    ask += "_shtab_livebg; printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="needs bash")
def test_bash_completes_commands_options_and_choices(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out)
    assert {"run", "setup", "service", "doctor"} <= completed("livebg ", tmp_path / "script")
    assert completed("livebg se", tmp_path / "script") == {"setup", "service"}
    assert "--background" in completed("livebg run --back", tmp_path / "script")
    assert completed("livebg service un", tmp_path / "script") == {"uninstall"}
