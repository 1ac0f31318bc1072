"""The icon by pystray, on an icon that has no desktop: what Windows and macOS get."""

from __future__ import annotations

import os
import queue
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from livebg.panel.tray.look import CLOSE, LINE, Entry, Look
from livebg.panel.tray.other_systems import SIZE_PX, Wishes, act_on, menu_of, run

LIVE = Look("live", "livebg: live", (Entry("Hide me", ("hide",), False), LINE, Entry("Close", (CLOSE,))))
HIDDEN = Look("hidden", "livebg: hidden", (Entry("Hide me", ("show",), True), LINE, Entry("Close", (CLOSE,))))


@pytest.fixture
def pystray(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library, with an icon of which only the loop is this test's."""
    monkeypatch.setitem(os.environ, "PYSTRAY_BACKEND", "dummy")
    library = pytest.importorskip("pystray")

    class Icon(library.Icon):  # type: ignore[misc, name-defined]
        shown: Any = None

        def _run(self) -> None:
            type(self).shown = self
            self._ended = threading.Event()
            self._mark_ready()
            self._ended.wait(10)

        def _stop(self) -> None:
            self._ended.set()

        def _show(self) -> None: ...

        def _hide(self) -> None: ...

        def _update_icon(self) -> None: ...

        def _update_title(self) -> None: ...

        def _update_menu(self) -> None: ...

    known = SimpleNamespace(Icon=Icon, Menu=library.Menu, MenuItem=library.MenuItem)
    monkeypatch.setitem(sys.modules, "pystray", cast(ModuleType, known))
    return known


def _choose(menu: Any, text: str) -> None:
    next(each for each in menu.items if each.text == text)(None)


def test_what_is_chosen_is_done_and_seen(pystray: Any) -> None:
    looks = queue.SimpleQueue[Look]()
    for each in (LIVE, HIDDEN):
        looks.put(each)
    seen = list[tuple[Any, ...]]()

    def look() -> Look:
        return looks.get_nowait()

    def act(action: tuple[str, ...]) -> bool:
        shown = pystray.Icon.shown
        if action == ("hide",):
            threading.Timer(0.1, lambda: _choose(shown.menu, "Close")).start()
        else:
            seen.append(
                (
                    shown.title,
                    shown.icon.size,
                    [bool(each.checked) for each in shown.menu.items if each.text == "Hide me"],
                )
            )
        return action != (CLOSE,)

    def user() -> None:
        while pystray.Icon.shown is None:
            pass
        _choose(pystray.Icon.shown.menu, "Hide me")

    thread = threading.Thread(target=user)
    thread.start()
    run(look, act)
    thread.join()
    assert seen == [("livebg: hidden", (SIZE_PX, SIZE_PX), [True])]


@pytest.mark.usefixtures("pystray")
def test_a_failure_ends_the_icon_and_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livebg.panel.tray.other_systems.act_on", lambda *_: True)
    looks = iter([LIVE])
    with pytest.raises(RuntimeError, match="bug"):
        run(lambda: next(looks, None) or _bug(), lambda _: True)


def _bug() -> Look:
    raise RuntimeError("bug")


def test_the_menu_has_all_that_an_entry_has(pystray: Any) -> None:
    wishes = Wishes()
    inner = Entry("blur", ("background", "blur"), True)
    menu = menu_of((Entry("said"), LINE, Entry("Background", entries=(inner,))), wishes)
    said, line, background = menu.items
    assert not said.enabled
    assert line is pystray.Menu.SEPARATOR
    (blur,) = background.submenu.items
    assert (blur.text, blur.checked, blur.enabled) == ("blur", True, True)
    blur(None)
    assert not act_on(wishes, lambda action: action != ("background", "blur"))
    assert act_on(wishes, lambda _: False, 0.01)  # nothing was chosen
