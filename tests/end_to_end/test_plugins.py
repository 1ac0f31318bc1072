"""A package that adds an output, a background and an engine, installed beside livebg; the command line uses them, and
what is wrong with one never shows the room."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from patience import HANGS_S
from plugin_package import installed, make_package

from livebg.cli import main

RUN = ["run", "--source", "synthetic", "--size", "64x36", "--seconds", "0.4", "--no-control"]
LEVEL = 60  # of the background


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with installed(tmp_path / "package"):
        yield tmp_path


def notes(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "notes.txt").read_text().splitlines()]


@pytest.mark.process
def test_the_command_line_takes_one_of_each(tmp_path: Path) -> None:
    make_package(tmp_path / "package")
    ours = os.environ["PYTHONPATH"]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "package"), ours]),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "livebg", *RUN, "--engine", "half", "--background", f"plain:{LEVEL}"]
    finished = subprocess.run(
        [*command, "--no-presence", "--to", "notebook:notes.txt"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
    )
    assert finished.returncode == 0, finished.stderr
    assert "engine: half of livebg-extra 1.2: upper half" in finished.stderr
    seen = notes(tmp_path)
    assert len(seen) > 3
    assert all(0.3 < each["alpha"] < 0.7 and not each["fault"] for each in seen)
    assert all(each["of frame"] == each["corner"] for each in seen), "the room, in the frame's picture"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--engine", "raising"], 4, "engine raising (plug-in of livebg-extra 1.2) fails: ZeroDivisionError"),
        (["--engine", "bare"], 4, "gives a ndarray, not a plain Alpha"),
        (["--engine", "absent"], 4, "cannot be loaded"),
        (["--engine", "selfie", "--background", "dark"], 5, "gives NoneType, not uint8 (36, 64, 3)"),
        (["--engine", "selfie", "--background", "plain:x"], 5, "cannot be opened: ValueError"),
        (["--engine", "selfie", "--to", "full"], 6, "sink full (plug-in of livebg-extra 1.2) fails: OSError"),
        (["--engine", "selfie", "--to", "illegible"], 6, "reads 'tea leaves'"),
    ],
)
@pytest.mark.expects_error_log
def test_what_cannot_work_ends_with_one_sentence(
    here: Path, capfd: pytest.CaptureFixture[str], options: list[str], code: int, words: str
) -> None:
    more = [] if "--to" in options else ["--to", "notebook:notes.txt"]
    assert main([*RUN, *options, *more]) == code
    told = capfd.readouterr().err
    assert words in told.splitlines()[-1]
    assert "Traceback" not in told
    assert not (here / "notes.txt").exists() or not notes(here)


@pytest.mark.slow
@pytest.mark.expects_error_log
def test_a_background_that_gives_the_room_shows_the_standby_image(here: Path) -> None:
    assert main([*RUN, "--engine", "half", "--background", "mirror", "--to", "notebook:notes.txt"]) == 0
    seen = notes(here)
    assert seen
    assert all(each["standby"] and "camera's own picture" in each["fault"] for each in seen)
    assert all(each["corner"] == [100, 100, 100] and each["alpha"] is None for each in seen)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_films_and_photos_take_them_too(capfd: pytest.CaptureFixture[str]) -> None:
    from films import make_film
    from photos import scene
    from PIL import Image as Pillow

    make_film(Path("talk.mp4"), 6)
    Pillow.fromarray(scene()).save("me.png")
    for command, name in (("video", "talk.mp4"), ("image", "me.png")):
        options = [name, "--engine", "half", "--background", "plain:9", "--no-presence", "--force"]
        assert main([command, *options]) == 0, capfd.readouterr().err
        assert (
            main([command, *options, "--engine", "raising", "-o", f"x{Path(name).suffix}"]) != 0 or command == "video"
        )
        assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_the_lists_have_them(capfd: pytest.CaptureFixture[str]) -> None:
    for command, words in {
        "models": "half ",
        "backgrounds": "plain[:REST]",
        "devices": "notebook[:REST]  livebg-extra 1.2: --to notebook",
    }.items():
        assert main([command]) == 0
        assert words in capfd.readouterr().out
