"""Backgrounds and formats that can be chosen in the studio, and the livebg command that makes them so.

Never a path of the user's: a background is a known name, a colour, `blur`, `none`, or an uploaded file's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import BackgroundError
from livebg.panel.answer import Refused
from livebg.panel.decoding import Kind
from livebg.panel.studio.item import Item, Wish

OWN = "own:"  # before the id of an uploaded background
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_BLUR = re.compile(r"blur(:(100|\d{1,2}))?")
RESULT = "result"  # our name; the content says what a file is, its name never


@dataclass(frozen=True, slots=True)
class Form:
    """bits_per_px: of a composite, and of a result with alpha (0: it holds none), about as many as there may be: they
    say before the work whether the disk has room. plays: in browsers."""

    media_type: str
    bits_per_px: tuple[float, float]
    plays: bool = True

    @property
    def has_alpha(self) -> bool:
        return self.bits_per_px[1] > 0


FORMS: Mapping[Kind, Mapping[str, Form]] = {
    "video": {
        "mp4": Form("video/mp4", (0.2, 0)),
        "webm": Form("video/webm", (0.2, 0.3)),
        "mov": Form("video/quicktime", (0.2, 6), plays=False),
        "gif": Form("image/gif", (6, 6), plays=False),
    },
    "photo": {
        "png": Form("image/png", (32, 32)),
        "jpg": Form("image/jpeg", (8, 0)),
        "webp": Form("image/webp", (8, 8)),
        "avif": Form("image/avif", (8, 8)),
        "tiff": Form("image/tiff", (64, 64), plays=False),
    },
}
FILM_FPS = 60.0  # where a file does not tell its rate


def checked(wish: Wish, own: Mapping[str, Item], folder: str) -> Wish:
    """The wish, if livebg can fulfil it. own: uploaded backgrounds by id; folder: the user's own backgrounds, or ''.

    Raises Refused.
    """
    _check_background(wish.background, own, folder)
    wanted: tuple[tuple[Kind, str], ...] = (("video", wish.video), ("photo", wish.photo))
    for kind, form in wanted:
        if form not in FORMS[kind]:
            raise Refused(400, f"a {kind} can become {', '.join(FORMS[kind])}, not {form[:40]!r}")
        if wish.background == "none" and not FORMS[kind][form].has_alpha:
            able = ", ".join(each for each, one in FORMS[kind].items() if one.has_alpha)
            raise Refused(400, f"{form} holds no transparency; for a {kind} without a background choose {able}")
    return wish


def _check_background(text: str, own: Mapping[str, Item], folder: str) -> None:
    if is_no_file(text):
        return
    if text.startswith(OWN):
        if text.removeprefix(OWN) not in own:
            raise Refused(400, "that uploaded background is no longer there; upload it again, or choose another one")
        return
    named(text, folder)


def is_no_file(text: str) -> bool:
    """Transparency, blur or a colour."""
    return text == "none" or bool(_COLOUR.fullmatch(text) or _BLUR.fullmatch(text))


def named(text: str, folder: str) -> Path:
    """The file of the background with this name. Raises Refused."""
    path = names(folder).get(text)
    if path is None:
        raise Refused(400, f"there is no background {text[:40]!r}; choose one that the page shows")
    return path


def names(folder: str) -> Mapping[str, Path]:
    """The backgrounds with a name: livebg's and those of the user's own folder; livebg's alone if that is not there."""
    from livebg.scene.backgrounds.catalog import list_backgrounds

    try:
        found = list_backgrounds(folder)
    except BackgroundError:
        found = list_backgrounds("")
    return {each.name: each.path for each in found}


def form_of(item: Item) -> Form:
    return FORMS[item.look.kind][ending_of(item)]


def ending_of(item: Item) -> str:
    return item.wish.video if item.look.kind == "video" else item.wish.photo


def result_name(item: Item) -> str:
    """What the result is called when it is downloaded."""
    stem, dot, ending = item.name.rpartition(".")
    return f"{stem if dot and stem and len(ending) < 10 else item.name}-livebg.{ending_of(item)}"


def needed_bytes(item: Item) -> int:
    """About what the work takes on the disk: a film's parts lie there beside the whole."""
    bits_per_px = form_of(item).bits_per_px[item.wish.background == "none"]
    picture = item.look.width * item.look.height * bits_per_px / 8
    if item.look.kind == "photo":
        return int(picture)
    return int(2 * picture * max(1.0, item.look.seconds * min(item.look.fps or FILM_FPS, FILM_FPS)))


def arguments(item: Item, background: str) -> list[str]:
    """Of the livebg command that makes the result, in the item's folder. background: as --background takes it."""
    command, output = ("video" if item.look.kind == "video" else "image"), f"{RESULT}.{ending_of(item)}"
    what = "alpha" if item.wish.background == "none" else "composite"
    return [
        command, item.id, f"--output={output}", f"--background={background}", f"--what={what}", "--force",
        *(["--progress=json"] if command == "video" else []),
    ]  # fmt: skip
