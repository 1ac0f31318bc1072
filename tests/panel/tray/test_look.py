"""The tray's icon, title and menu for each state of livebg."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from steering import STATUS

from livebg.panel.tray.look import COLOURS, LINE, LONGEST_MENU, NOT_RUNNING, Entry, Look, icon, look_of, look_without


def _look(presets: tuple[str, ...] = ("office", "beach day"), **changes: Any) -> Look:
    return look_of(asdict(replace(STATUS, **changes)), ["bookshelf", "studio-warm"], presets)


def _entry(look: Look, text: str) -> Entry:
    return next(each for each in look.entries if each.text == text)


def test_the_menu_of_a_live_one() -> None:
    look = _look(state="live", background="bookshelf", preset="office", fps=29.7)
    assert (look.state, look.title) == ("live", "livebg: live 30 fps")
    assert [each.text for each in look.entries] == [
        *("Hide me", "Background", "Preset", "Record", "Open the panel", "", "Quit livebg", "Close this icon"),
    ]
    assert _entry(look, "Hide me") == Entry("Hide me", ("hide-or-show",), False)
    assert _entry(look, "Background").entries == (
        Entry("blur", ("background", "blur"), False),
        Entry("bookshelf", ("background", "bookshelf"), True),
        Entry("studio-warm", ("background", "studio-warm"), False),
    )
    assert _entry(look, "Preset").entries == (
        Entry("office", ("preset", "office"), True),
        Entry("beach day", ("preset", "beach day"), False),
        LINE,
        Entry("Usual settings", ("preset", "off")),
    )
    assert _entry(look, "Quit livebg").action == ("quit",)


def test_the_menu_follows_the_state() -> None:
    assert _entry(_look(state="hidden"), "Hide me").is_on
    assert _entry(_look(recording=None), "Record") == Entry("Record", ("record",), False)
    assert _entry(_look(recording={"file": "a.mp4"}), "Record") == Entry("Record", ("record-stop",), True)
    assert _look(state="standby", why="the camera is lost").title == "livebg: standby, the camera is lost"
    assert "Preset" not in [each.text for each in _look(presets=()).entries]


def test_a_background_that_is_a_file_has_its_short_name() -> None:
    own = _entry(_look(background="/home/me/Pictures/beach.jpg"), "Background").entries[0]
    assert own == Entry("beach.jpg", ("background", "/home/me/Pictures/beach.jpg"), True)


def test_a_menu_fits_a_screen() -> None:
    look = look_of(asdict(STATUS), [f"b{each}" for each in range(999)], [f"p{each}" for each in range(99)])
    assert len(_entry(look, "Background").entries) == LONGEST_MENU + 1  # and blur
    assert len(_entry(look, "Preset").entries) == LONGEST_MENU + 2


def test_where_none_runs_the_menu_says_so() -> None:
    look = look_without("no livebg runs here")
    assert (look.state, look.title) == (NOT_RUNNING, "livebg: not running")
    assert not look.entries[0].is_enabled
    assert [each.text for each in look.entries if each.is_enabled] == ["Open the panel", "Close this icon"]


@pytest.mark.parametrize("size_px", [22, 64])
def test_each_state_has_an_icon_of_its_own_that_needs_no_colour(size_px: int) -> None:
    states = list(COLOURS)
    pictures = {each: np.asarray(icon(each, size_px)) for each in states}
    for each, picture in pictures.items():
        assert picture.shape == (size_px, size_px, 4)
        assert picture[0, 0, 3] == 0, each  # round
        for other in states[: states.index(each)]:
            white, others = picture.min(axis=2) > 200, pictures[other].min(axis=2) > 200
            assert (white != others).mean() > 0.02, (each, other)
    assert (np.asarray(icon("of the future", size_px)) == np.asarray(icon(NOT_RUNNING, size_px)))[0, 0].all()
