"""What the tray's icon shows for a status: picture, title and menu. Values alone; knows no desktop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PIL import Image as Pillow
from PIL import ImageDraw

from livebg.pipeline.presets import OFF

NOT_RUNNING = "not running"
COLOURS = {  # of the disc
    "live": "#2e9d52",
    "hidden": "#c8452f",
    "resting": "#5b7fa6",
    "standby": "#d39a1c",
    NOT_RUNNING: "#8a8a8a",
}
LONGEST_MENU = 40  # entries of one submenu; a screen has no more lines
PANEL, CLOSE = "open-panel", "close-icon"  # what the tray does itself; all else is an action of livebg's


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a menu. text: '' is a line between. action: with its values; () for none. is_on: None has no mark."""

    text: str
    action: tuple[str, ...] = ()
    is_on: bool | None = None
    entries: tuple[Entry, ...] = ()

    @property
    def is_enabled(self) -> bool:
        return bool(self.action or self.entries)


@dataclass(frozen=True, slots=True)
class Look:
    """state: live, hidden, resting, standby, or NOT_RUNNING."""

    state: str
    title: str
    entries: tuple[Entry, ...]


LINE = Entry("")
LAST = (LINE, Entry("Close this icon", (CLOSE,)))


def look_without(why: str) -> Look:
    """Where no livebg answers. why: a sentence for the menu."""
    return Look(NOT_RUNNING, f"livebg: {NOT_RUNNING}", (Entry(why), LINE, Entry("Open the panel", (PANEL,)), *LAST))


def look_of(status: Mapping[str, Any], backgrounds: Sequence[str], presets: Sequence[str]) -> Look:
    """status: of a running livebg; backgrounds, presets: the names to choose from."""
    state = str(status["state"])
    now = str(status["background"])
    choices = list(dict.fromkeys(["blur", *backgrounds[:LONGEST_MENU]]))
    if now not in choices:
        choices.insert(0, now)  # a file, a colour
    shown = [Entry(_short(each), ("background", each), each == now) for each in choices]
    preset = str(status.get("preset", ""))
    named = [Entry(each, ("preset", each), each == preset) for each in presets[:LONGEST_MENU]]
    is_recording = status.get("recording") is not None
    entries = (
        Entry("Hide me", ("hide-or-show",), state == "hidden"),
        Entry("Background", entries=tuple(shown)),
        Entry("Preset", entries=(*named, LINE, Entry("Usual settings", ("preset", OFF)))) if named else None,
        Entry("Record", ("record-stop" if is_recording else "record",), is_recording),
        Entry("Open the panel", (PANEL,)),
        LINE,
        Entry("Quit livebg", ("quit",)),
        Entry("Close this icon", (CLOSE,)),
    )
    why = f", {status['why']}" if status["why"] else ""
    rate = f" {status['fps']:.0f} fps" if state == "live" else ""
    return Look(state, f"livebg: {state}{rate}{why}", tuple(filter(None, entries)))


def _short(background: str) -> str:
    """A file by its own name."""
    return background.replace("\\", "/").rpartition("/")[2] or background


@lru_cache(maxsize=16)
def icon(state: str, size_px: int) -> Pillow.Image:
    """RGBA, size_px x size_px: a person on a disc of the state's colour; hidden is crossed out, resting lies low, a
    standby image has bars of a pause, so that each differs without its colour, too."""
    unit = size_px * 4  # drawn large and made small: smooth edges
    picture = Pillow.new("RGBA", (unit, unit))
    draw = ImageDraw.Draw(picture)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return left * unit, top * unit, right * unit, bottom * unit

    colour = COLOURS.get(state, COLOURS[NOT_RUNNING])
    draw.ellipse(box(0.02, 0.02, 0.98, 0.98), fill=colour)
    if state == "standby":
        draw.rectangle(box(0.32, 0.26, 0.44, 0.74), fill="white")
        draw.rectangle(box(0.56, 0.26, 0.68, 0.74), fill="white")
    elif state == NOT_RUNNING:
        draw.rectangle(box(0.33, 0.33, 0.67, 0.67), fill="white")
    else:
        low = 0.12 if state == "resting" else 0.0
        draw.ellipse(box(0.35, 0.16 + low, 0.65, 0.46 + low), fill="white")
        draw.pieslice(box(0.2, 0.5 + low, 0.8, 1.1 - low), 180, 360, fill="white")
    if state == "hidden":
        draw.line(box(0.18, 0.82, 0.82, 0.18), fill=colour, width=round(0.2 * unit))
        draw.line(box(0.18, 0.82, 0.82, 0.18), fill="white", width=round(0.08 * unit))
    return picture.resize((size_px, size_px), Pillow.Resampling.LANCZOS)
