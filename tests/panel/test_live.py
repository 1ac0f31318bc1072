"""The live loop that the panel starts, loses, ends and starts again: small processes stand in for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from fake_live import FakeLoop
from patience import until

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.settings import Settings
from livebg.panel import live as module
from livebg.panel.live import Live, as_options

SLEEPS = "import sys, time; print('engine: selfie', file=sys.stderr, flush=True); time.sleep(600)"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is started: a process that says one line and sleeps."""
    seen = list[list[str]]()

    def own(name: str, *arguments: str) -> list[str]:
        seen.append([name, *arguments])
        return [sys.executable, "-c", SLEEPS]

    monkeypatch.setattr(module, "own_module", own)
    monkeypatch.setattr(module, "FRESH_S", 0.0)
    monkeypatch.setattr(module, "ENDING_S", 0.05)
    return seen


@pytest.fixture
def loop() -> FakeLoop:
    return FakeLoop(is_there=False)


@pytest.fixture
def live(loop: FakeLoop) -> Iterator[Live]:
    made = Live(loop.connect, ["--size=640x360"])
    yield made
    made.close()


def _end(live: Live) -> None:
    assert live._child is not None
    live._child.kill()
    live._child.wait()


def test_it_starts_runs_and_ends_with_its_last_words(live: Live, loop: FakeLoop, commands: list[list[str]]) -> None:
    assert live.status()["process"] == "none"
    live.start()
    live.start()
    assert commands == [["livebg", "run", "--size=640x360"]]
    assert live.status()["process"] == "starting"
    until(lambda: live.status()["says"] == ["engine: selfie"], "its first words")
    loop.is_there = True
    known = live.status()
    assert (known["process"], known["is_ours"], known["run"]) == ("running", True, 1)
    loop.is_there = False
    _end(live)
    known = live.status()
    assert (known["process"], known["says"]) == ("ended", ["engine: selfie"])


def test_a_restart_keeps_what_was_changed_and_hidden_stays_hidden(
    live: Live, loop: FakeLoop, commands: list[list[str]]
) -> None:
    live.start()
    loop.is_there = True
    live.status()
    from livebg.core.settings import change

    loop.settings = change(loop.settings, {"hide": True, "background": "blur:60"})
    with pytest.raises(SettingsError, match="--fps: 'x' is not a number"):
        live.restart({"fps": "x"})
    with pytest.raises(SettingsError, match="there is no setting 'nothing'"):
        live.restart({"nothing": "1"})
    assert len(commands) == 1
    with pytest.raises(LivebgError, match="did not end within"):  # the sleeper does not hear of it
        live.restart({"fps": "24"})
    live.start()
    assert loop.done == [("quit",)]
    assert commands[1][2:] == ["--size=640x360", "--background=blur:60", "--hide"]


def test_who_hid_before_the_panel_first_asked_stays_hidden_over_a_restart(
    live: Live, loop: FakeLoop, commands: list[list[str]]
) -> None:
    """By another program, or as livebg died while hidden and began so by itself."""
    loop.settings = Settings(hide=True)
    live.start()
    loop.is_there = True
    live.status()
    with pytest.raises(LivebgError, match="did not end within"):
        live.restart({"fps": "24"})
    live.start()
    assert "--hide" in commands[1]


def test_what_is_starting_can_be_restarted(
    live: Live, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    monkeypatch.setattr(module, "ENDING_S", 10.0)
    live.start()
    until(lambda: live.status()["says"], "its first words")
    live.restart({"fps": "24"})
    assert [each[2:] for each in commands] == [["--size=640x360"], ["--size=640x360", "--fps=24"]]
    assert live.status()["process"] == "starting"


def test_a_restart_that_fails_keeps_nobody_from_the_settings_before(
    live: Live, loop: FakeLoop, monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]
) -> None:
    """Such as a camera that is gone: the page shows no settings then that could be changed back."""
    live.start()
    loop.settings = Settings(hide=True)
    loop.is_there = True
    live.status()
    with pytest.raises(LivebgError, match="did not end within"):
        live.stop()
    monkeypatch.setattr(module, "ENDING_S", 10.0)
    live.start()
    for values in ({"camera": "99"}, {"camera": "98"}):
        live.restart(values)
    _end(live)
    live.start()
    assert [each[3:] for each in commands] == [
        [], ["--hide"], ["--hide", "--camera=99"], ["--hide", "--camera=98"], ["--hide"]
    ]  # fmt: skip


def test_a_live_loop_from_elsewhere_is_found_and_left_alone(loop: FakeLoop, commands: list[list[str]]) -> None:
    loop.is_there = True
    live = Live(loop.connect)
    live.start()
    assert not commands
    assert live.status()["is_ours"] is False
    live.close()
    assert not loop.done


@pytest.mark.usefixtures("commands")
def test_pictures_come_from_a_connection_of_their_own_for_each_kind(live: Live, loop: FakeLoop) -> None:
    assert live.picture("composite", 640, (0, 0)) is None
    loop.is_there = True
    first = live.picture("composite", 640, (0, 0))
    assert first is not None
    live.picture("composite", 640, first.key)
    live.picture("matte", 320, (0, 0))
    assert loop.asked == [("composite", None), ("composite", first.sequence), ("matte", None)]
    loop.pid = 8  # another live loop
    loop.is_there = False
    assert live.picture("composite", 640, first.key) is None


def test_options_are_those_of_the_command_line() -> None:
    values = {"hide": True, "settle": False, "to": ("a.mp4", "window"), "max_cpu": 50.0, "background": "#102030"}
    expected = ["--hide", "--no-settle", "--to=a.mp4", "--to=window", "--max-cpu=50.0", "--background=#102030"]
    assert as_options(values) == expected
