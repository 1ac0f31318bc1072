"""The tray against a livebg in this process, and where none runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import until
from steering import steered

from livebg.core.live_settings import LiveSettings
from livebg.panel.tray.look import CLOSE, NOT_RUNNING, PANEL
from livebg.panel.tray.steer import Steering
from livebg.pipeline.presets import save_preset

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture
def livebg() -> Iterator[LiveSettings]:
    with steered() as controls:
        yield controls


@pytest.fixture
def tray() -> Iterator[Steering]:
    steering = Steering()
    yield steering
    steering.close()


def test_it_shows_and_steers_the_one_that_runs(tray: Steering, livebg: LiveSettings) -> None:
    save_preset("green", {"background": "#00ff00"})
    look = tray.look()
    assert look.state == "hidden"  # as steering.STATUS has it
    texts = {each.text: [inner.text for inner in each.entries] for each in look.entries}
    assert texts["Preset"] == ["green", "", "Usual settings"]
    assert "bookshelf" in texts["Background"]
    for action in (("hide-or-show",), ("background", "blur:70"), ()):
        assert tray.act(action)
    assert (livebg.settings.hide, livebg.settings.background) == (True, "blur:70")
    assert tray.act(("preset", "green"))
    assert (livebg.settings.hide, livebg.settings.background) == (True, "#00ff00")


def test_what_livebg_refuses_is_said_and_the_icon_stays(
    tray: Steering, livebg: LiveSettings, caplog: pytest.LogCaptureFixture
) -> None:
    before = livebg.settings
    assert tray.act(("preset", "gone"))
    assert "there is no preset 'gone'" in caplog.text
    assert livebg.settings == before


def test_a_folder_of_backgrounds_that_is_gone_costs_only_its_names(tray: Steering) -> None:
    from livebg.core.settings import Settings, change

    with steered() as controls:
        controls._settings = change(Settings(), {"background_folder": "/gone"})  # no live setting
        assert tray.look().state == "hidden"


def test_it_waits_for_one_and_finds_it(tray: Steering) -> None:
    look = tray.look()
    assert (look.state, look.entries[0].text) == (NOT_RUNNING, "no livebg runs here")
    assert tray.act(("hide",))
    with steered():
        assert tray.look().state == "hidden"
    assert tray.look().state == NOT_RUNNING
    with steered():
        assert tray.look().state == "hidden"


def test_the_panel_opens_in_a_process_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mark = tmp_path / "opened"
    tray = Steering(panel=[sys.executable, "-c", f"open({str(mark)!r}, 'w')"])
    assert tray.act((PANEL,))
    until(mark.exists, "the panel")
    until(lambda: (tray.look(), not tray._started)[1], "its end")  # and leaves no dead process
    assert Steering(panel=[str(tmp_path / "gone")]).act((PANEL,))
    assert "the panel cannot be started: No such file or directory" in caplog.text


def test_closing_ends_it(tray: Steering) -> None:
    assert not tray.act((CLOSE,))
