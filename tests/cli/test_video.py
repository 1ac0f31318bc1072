"""`livebg video` from its command line: what is understood, what is refused, in one line."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import pytest
from films import make_film, open_red, pictures_of

from livebg import models
from livebg.cli import build_parser, main
from livebg.cli.video import CODECS, film_jobs_from
from livebg.core.errors import LivebgError
from livebg.media.video import formats
from livebg.pipeline.film.spec import FilmJob


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(models, "open_engine", open_red)


def _parsed(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["video", *words])


def _orders(*words: str) -> list[FilmJob]:
    return film_jobs_from(_parsed(*words))


def test_one_film_to_the_file_that_is_named() -> None:
    Path("a.mp4").touch()
    (job,) = _orders("a.mp4", "-o", "b.webm", "--start", "1:30", "--end", "0:02:00.5", "--quality", "60")
    assert job.target == Path("b.webm")
    assert (job.job_options.start_s, job.job_options.end_s, job.job_options.quality) == (90.0, 120.5, 60)
    assert not job.has_background


def test_the_codecs_that_are_offered_are_those_that_are_written() -> None:
    assert ("auto", *formats.CODECS) == CODECS


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "a-livebg.mp4"),
        (["--format", "webm"], "a-livebg.webm"),
        (["--codec", "prores"], "a-livebg.mov"),
        (["--background", "none"], "a-livebg.mov"),
        (["--what", "alpha"], "a-livebg.mov"),
        (["-o", "out/"], "out/a.mp4"),
    ],
)
def test_a_name_where_none_is_given(words: list[str], name: str) -> None:
    Path("a.mp4").touch()
    assert _orders("a.mp4", *words)[0].target == Path(name)


def test_force_counts_wherever_it_is_set(tmp_path: Path) -> None:
    Path("a.mp4").touch()
    (tmp_path / "mine.toml").write_text("force = true\n")
    assert not _orders("a.mp4")[0].settings.force
    assert _orders("a.mp4", "--force")[0].settings.force
    assert _orders("a.mp4", "--settings", "mine.toml")[0].settings.force


def test_a_folder_of_films() -> None:
    Path("in").mkdir()
    for name in ("2.mp4", "10.mov", "notes.txt", "2-livebg.mp4"):
        Path("in", name).touch()
    orders = _orders("in", "-o", "out", "--background", "blur")
    assert [(each.source.name, each.target) for each in orders] == [
        ("2.mp4", Path("out/2.mp4")),
        ("10.mov", Path("out/10.mp4")),
    ]
    assert all(each.has_background and each.job_options.end_s == math.inf for each in orders)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["missing.mp4"], 3, "does not exist"),
        (["a.mp4", "--start", "soon"], 2, "is no time; give seconds, M:SS or H:MM:SS"),
        (["a.mp4", "--start", "5", "--end", "2"], 2, "is not after"),
        (["a.mp4", "--quality", "0"], 2, "--quality"),
        (["a.mp4", "--jobs", "0"], 2, "--jobs"),
        (["a.mp4", "--preview", "x"], 2, "--preview"),
        (["a.mp4", "-o", "b.docx"], 6, ".docx"),
        (["a.mp4", "-o", "b.webm", "--codec", "h264"], 6, "does not hold"),
        (["a.mp4", "-o", "a.mp4"], 6, "is the input itself"),
        (["a.mp4", "-o", "no/such/folder/b.mp4", "--background", "nonesuch"], 5, "nonesuch"),
        (["text.mp4"], 3, "text.mp4"),
        (["empty.mp4"], 3, "empty.mp4"),
        (["a.mp4", "text.mp4", "-o", "b.mp4"], 2, "name a folder"),
    ],
)
def test_one_line_and_an_exit_code(words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    make_film(Path("a.mp4"), 5)
    Path("text.mp4").write_text("nothing to see\n" * 20)
    Path("empty.mp4").touch()
    assert main(["video", *words]) == code
    lines = [each for each in capsys.readouterr().err.splitlines() if each]
    assert told in lines[-1]
    assert lines[-1].startswith("livebg: ")
    assert not list(Path().glob("*livebg*"))
    assert not list(Path().glob(".*livebg*"))


@pytest.mark.slow
def test_a_report_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    make_film(Path("a.mp4"), 5)
    make_film(Path("b.mp4"), 5)
    Path("c.mp4").write_text("text\n" * 20)
    assert main(["video", "a.mp4", "b.mp4", "c.mp4", "-o", "out", "--progress", "json"]) == 7
    told = capsys.readouterr()
    events = [json.loads(line) for line in told.out.splitlines()]
    assert [each["input"] for each in events if each["event"] == "ended"] == ["a.mp4", "b.mp4"]
    assert [each["input"] for each in events if each["event"] == "failed"] == ["c.mp4"]
    assert "1 of 3 films failed: c.mp4" in told.err
    assert len(pictures_of(Path("out/b.mp4"))) == 5


def test_without_ray_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_film(Path("a.mp4"), 5)
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert main(["video", "a.mp4", "--ray"]) == LivebgError.exit_code
    assert "pip install 'livebg[ray]'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_second_run_leaves_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in").mkdir()
    make_film(Path("in/a.mp4"), frames=6)
    words = ["video", "in", "-o", "out", "--skip-existing", "--progress", "lines"]
    assert main(words) == 0
    made = Path("out/a.mp4").read_bytes()
    make_film(Path("in/b.mp4"), frames=6)
    capsys.readouterr()
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.mp4: already done: out/a.mp4"
    assert any(line.startswith("b.mp4 → out/b.mp4") for line in lines)
    assert Path("out/a.mp4").read_bytes() == made
    assert main(["video", "in", "-o", "out", "--skip-existing", "--progress", "json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0] == {"event": "skipped", "input": "a.mp4", "outputs": ["out/a.mp4"]}
    assert len(told) == 2
    assert main(["video", "in", "-o", "out"]) == 7
    assert "2 of 2 films failed" in (said := capsys.readouterr().err)
    assert "--skip-existing" in said
    assert said.rstrip().endswith("; none is done")


@pytest.mark.parametrize("command", ["video", "image"])
def test_to_skip_and_to_overwrite_are_two_things(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.mp4").touch()
    assert main([command, "a.mp4", "--skip-existing", "--force"]) == 2
    assert "--skip-existing leaves what is there, --force overwrites it; give one of the two" in capsys.readouterr().err
