"""The icon on Windows and macOS, by pystray. Main thread, as macOS wants it; a thread of pystray's asks livebg."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any

from livebg.panel.tray.look import Entry, Look, icon

SIZE_PX = 64
LOOK_S = 1.0

Wishes = queue.SimpleQueue[tuple[str, ...]]


def run(look: Callable[[], Look], act: Callable[[tuple[str, ...]], bool]) -> None:
    """Shows the icon until act() returns False. look, act: called in another thread. Raises what they raise."""
    import pystray

    wishes = Wishes()
    first = look()
    tray = pystray.Icon("livebg", icon(first.state, SIZE_PX), first.title, menu_of(first.entries, wishes))
    failures = list[BaseException]()

    def follow(_: object) -> None:
        shown, tray.visible = first, True
        try:
            while act_on(wishes, act):
                newest = look()
                if newest != shown:
                    tray.icon, tray.title = icon(newest.state, SIZE_PX), newest.title
                    tray.menu = menu_of(newest.entries, wishes)
                    shown = newest
        except Exception as failure:  # noqa: BLE001 - run() raises it
            failures.append(failure)
        finally:
            tray.stop()

    tray.run(follow)
    for each in failures:
        raise each


def act_on(wishes: Wishes, act: Callable[[tuple[str, ...]], bool], patience_s: float = LOOK_S) -> bool:
    """Does what was chosen, if anything is within this time; False where that was to close the icon."""
    try:
        return act(wishes.get(timeout=patience_s))
    except queue.Empty:
        return True


def menu_of(entries: tuple[Entry, ...], wishes: Wishes) -> Any:
    """A pystray.Menu; what is chosen in it becomes a wish."""
    import pystray

    return pystray.Menu(*(_item(each, wishes) for each in entries))


def _item(entry: Entry, wishes: Wishes) -> Any:
    import pystray

    if not entry.text:
        return pystray.Menu.SEPARATOR
    action: Any = menu_of(entry.entries, wishes) if entry.entries else lambda: wishes.put(entry.action)
    checked = None if entry.is_on is None else lambda _: bool(entry.is_on)
    return pystray.MenuItem(entry.text, action, checked=checked, enabled=entry.is_enabled)
