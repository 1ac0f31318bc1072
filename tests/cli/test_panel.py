"""`livebg panel` and `livebg run --panel`: what the command line hands on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from livebg.cli import main
from livebg.core.own_module import own_module
from livebg.panel import beside, server
from livebg.panel.server import Wish
from livebg.pipeline.live import run as app
from livebg.pipeline.presets import save_preset


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Wish]:
    """What server.run is called with."""
    seen = list[Wish]()

    def run(wish: Wish) -> Iterator[str]:
        seen.append(wish)
        yield "the panel: http://there"

    monkeypatch.setattr(server, "run", run)
    monkeypatch.setattr(server, "why_no_virtual_camera", lambda: "no camera; get one")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return seen


def test_options_go_to_the_live_loop_that_it_starts(wishes: list[Wish], capsys: pytest.CaptureFixture[str]) -> None:
    argv = [
        "panel",
        "--no-browser",
        "--port",
        "9000",
        "--background",
        "blur",
        "--no-mirror-preview",
        "--feather",
        "2",
        "--to",
        "a.mp4",
    ]
    assert main([*argv, "--to", "window", "--background-folder", "~"]) == 0
    (wish,) = wishes
    assert (wish.port, wish.has_browser, wish.host, wish.own_backgrounds) == (9000, False, "127.0.0.1", "~")
    options = [
        "--background=blur",
        "--background-folder=~",
        "--feather=2",
        "--no-mirror-preview",
        "--to=a.mp4",
        "--to=window",
    ]
    assert sorted(wish.options) == sorted(options)
    assert wish.hint == "", "it has outputs"
    assert capsys.readouterr().out == "the panel: http://there\n"


def test_it_begins_with_a_preset(wishes: list[Wish]) -> None:
    save_preset("office", {"background": "bookshelf"})
    assert main(["panel", "--preset", "office"]) == 0
    assert "--preset=office" in wishes[0].options


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["panel", "--no-control"], 2, "--no-control keeps the panel out, too"),
        (["run", "--panel", "--no-control"], 2, "--no-control keeps the panel out, too"),
        (["panel", "--background", "bookshelff"], 5, "did you mean bookshelf?"),
        (["panel", "--preset", "nix"], 2, "there is no preset 'nix'"),
    ],
)
def test_what_no_page_could_mend_is_said_at_once(
    argv: list[str], code: int, said: str, wishes: list[Wish], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == code
    assert said in capsys.readouterr().err
    assert not wishes


def test_without_a_virtual_camera_it_runs_without_outputs_and_says_what_to_do(wishes: list[Wish]) -> None:
    assert main(["panel"]) == 0
    assert (wishes[0].options, wishes[0].hint, wishes[0].port) == (("--to=none",), "no camera; get one", 0)


@pytest.mark.parametrize(
    ("argv", "message"),
    [(["panel", "--port", "0"], "--port: 0 is outside 1..65535"),
     (["panel", "--port", "x"], "--port: 'x' is not a number"),
     (["panel", "--feather", "99"], "--feather: 99 is outside 0..50 px"),
     (["run", "--port", "90"], "--port is about the panel; give --panel"),
     (["run", "--no-browser"], "--no-browser is about the panel"),
     (["run", "--host", "::"], "--host is about the panel")],
)  # fmt: skip
def test_a_mistake_is_one_line(
    wishes: list[Wish], argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert message in capsys.readouterr().err
    assert not wishes


def test_run_with_a_panel_starts_it_beside_and_ends_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started, during = list[list[str]](), list[int | None]()

    class Popen(beside.subprocess.Popen):  # type: ignore[type-arg, name-defined, misc]
        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)
            super().__init__([command[0], "-c", "input()"], stdin=beside.subprocess.PIPE)  # type: ignore[call-overload]
            panels.append(self)

    panels = list[Popen]()

    def run(*_: object, **__: object) -> object:
        during.append(panels[0].poll())
        raise KeyboardInterrupt

    monkeypatch.setattr(beside.subprocess, "Popen", Popen)
    monkeypatch.setattr(app, "run", run)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    main(["run", "--panel", "--port", "9001", "--no-browser"])
    (command,) = started
    assert command[: len(own_module("livebg", "panel"))] == own_module("livebg", "panel")
    assert command[-3:] == ["--port=9001", "--host=127.0.0.1", "--no-browser"]
    assert during == [None], "it ran meanwhile"
    assert panels[0].poll() is not None, "and ended with the run (beside.panel_beside)"
    assert panels[0].stdin is not None
    panels[0].stdin.close()
