"""Presets: named sets of settings, one TOML file each in the user's config folder, with a thumbnail beside it.

A file holds settings as the settings file does, and may say when the preset is on by itself:

    background = "bookshelf"

    [schedule]
    days = "mon-fri"
    from = "09:00"
    to = "17:00"

A name never becomes a path unchecked; a file is untrusted: whatever its content, the result is a Preset or a
SettingsError. Any thread.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livebg.core.errors import LivebgError, SettingsError, reason_of
from livebg.core.option import did_you_mean, in_words, listed, seen
from livebg.core.settings import OPTIONS, Settings, change, option_name
from livebg.core.settings_file import load_file, read_toml
from livebg.core.user_folders import config_folder
from livebg.pipeline.schedule import Span, spans_from
from livebg.scene.backgrounds import find_background, open_background

SUFFIX, THUMBNAIL = ".toml", ".jpg"
THUMBNAIL_PX = (320, 180)  # width, height
SCHEDULE = "schedule"
LONGEST_NAME = 40  # characters; a file system takes 255 bytes
MOST = 100
ACTIONS = ("save", "show", "delete", "rename")  # of `livebg preset`
OFF = "off"  # in place of a name: the usual settings
# No preset hides or shows the user, shows the room, destroys files, or ends its own schedule.
NEVER = ("hide", "show_camera", "force", "schedule")
OF_ONE_RUN = ("source", "pace", "seconds", "to", "matte_to", "split")  # in a preset only where the user names them
PRESET_OPTIONS = tuple(each for each in OPTIONS if each not in NEVER)
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # Windows has no files of these names


@dataclass(frozen=True, slots=True)
class Preset:
    """values: by setting name, checked. thumbnail: None where there is none. fault: '', or why it cannot be used."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    thumbnail: Path | None = None
    fault: str = ""

    def lines(self) -> list[str]:
        """For people: its settings as options, then when it is on by itself."""
        options = [f"{option_name(name)} {in_words(value)}" for name, value in self.values.items()]
        return [*(options or ["the usual settings"]), *(f"on by itself: {each}" for each in self.spans)]


def presets_folder() -> Path:
    """It need not exist."""
    return config_folder() / "presets"


def checked_name(name: str) -> str:
    """The name in its one spelling. Raises SettingsError for one that could be a path, a device or an action."""
    plain = unicodedata.normalize("NFC", name)
    if not re.fullmatch(r"\w[\w -]*", plain) or plain != plain.strip() or len(plain) > LONGEST_NAME:
        raise SettingsError(
            f"{seen(name)} cannot name a preset: take up to {LONGEST_NAME} letters, digits, spaces, - and _"
        )
    if plain.lower() in (*ACTIONS, OFF) or _DEVICES.fullmatch(plain.lower()):
        raise SettingsError(f"{seen(name)} cannot name a preset: the word means something else; take another")
    return plain


def names() -> list[str]:
    """Those that there are, in order; the first nine have the window's keys 1 to 9. Raises LivebgError."""
    try:
        found = [each.stem for each in presets_folder().glob(f"*{SUFFIX}")]
    except OSError as cause:
        raise LivebgError(f"presets cannot be listed: {presets_folder()}: {reason_of(cause)}") from cause
    return sorted((each for each in found if each.isprintable() and not each.startswith(".")), key=_key)[:MOST]


def _key(name: str) -> str:
    """Alike for two names that some file systems take for one."""
    return unicodedata.normalize("NFC", name).casefold()


def is_known(name: str) -> bool:
    """Whether there is a preset of that name. Raises LivebgError."""
    return any(_key(each) == _key(name) for each in names())


def list_presets() -> list[Preset]:
    """All of them, in order; one that cannot be used has a fault. Raises LivebgError."""
    return [_usable(each) for each in names()]


def _usable(name: str) -> Preset:
    try:
        return _read(name)
    except SettingsError as fault:
        return Preset(name, thumbnail=_thumbnail(name), fault=str(fault))


def load_preset(name: str) -> Preset:
    """Raises SettingsError where there is none of that name, or its file is broken."""
    return _read(_found(name))


def _found(name: str) -> str:
    """The name as the folder has it."""
    known = names()
    alike = [each for each in known if _key(each) == _key(name)]
    if alike:
        return name if name in alike else alike[0]
    near = did_you_mean(name, known) or ("; livebg preset lists them" if known else "; none is saved yet")
    raise SettingsError(f"there is no preset {seen(name)}{near}")


def _read(name: str) -> Preset:
    path = presets_folder() / f"{name}{SUFFIX}"
    checked_name(name)
    content = {key.replace("-", "_"): value for key, value in read_toml(path, "preset file").items()}
    try:
        spans = spans_from(content.pop(SCHEDULE)) if SCHEDULE in content else ()
        values = checked_values(content)
    except SettingsError as cause:
        raise SettingsError(f"preset file {path}: {cause}") from cause
    return Preset(name, values, spans, _thumbnail(name))


def checked_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same, in the settings' own types. Raises SettingsError for what no preset can hold."""
    wrong = [each for each in values if each in NEVER]
    if wrong:
        raise SettingsError(f"{listed(wrong)}: no preset can hold this; leave it out")
    settings = change(Settings(), values)
    return {name: getattr(settings, name) for name in values}


def _thumbnail(name: str) -> Path | None:
    path = presets_folder() / f"{name}{THUMBNAIL}"
    return path if path.is_file() else None


def to_keep(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of a running livebg's settings, what a preset keeps: those that differ from the defaults or from the user's
    settings file, over which it will lie; and the background."""
    default, usual = Settings(), _over_usual({})
    kept = [each for each in PRESET_OPTIONS if each not in OF_ONE_RUN and each in settings]
    common = [each for each in kept if settings[each] == getattr(default, each) == getattr(usual, each)]
    return {each: settings[each] for each in kept if each == "background" or each not in common}


def save_preset(name: str, values: Mapping[str, Any], thumbnail: bytes = b"", force: bool = False) -> Preset:
    """Writes it. thumbnail: a JPEG; b'': its background's picture. force: over an existing one, whose schedule and
    comments stay. Raises LivebgError, and leaves the old one as it was then."""
    name, values = checked_name(name), checked_values(values)
    known = names()
    existing = next((each for each in known if _key(each) == _key(name)), None)
    if existing is not None and not force:
        raise SettingsError(f"there is a preset {existing!r} already; take another name, or replace that one")
    if existing is None and len(known) >= MOST:
        raise SettingsError(f"there are {MOST} presets already; delete one first")
    from livebg.media.whole_file import put_whole

    name = existing or name
    text = _text(name, values)
    find_background(_over_usual(values))
    picture = thumbnail or background_thumbnail(values)
    _within_folder(lambda folder: folder.mkdir(parents=True, exist_ok=True))
    put_whole(text.encode(), presets_folder() / f"{name}{SUFFIX}", force, is_private=True)
    put_whole(picture, presets_folder() / f"{name}{THUMBNAIL}", True, is_private=True)
    return load_preset(name)


def _text(name: str, values: Mapping[str, Any]) -> str:
    """TOML: the old file's schedule and comments with the new values; of a broken file nothing."""
    import tomlkit

    document = tomlkit.document()
    with suppress(SettingsError):
        _read(name)
        document = tomlkit.parse((presets_folder() / f"{name}{SUFFIX}").read_text(encoding="utf-8"))
    for key in list(document):
        if key != SCHEDULE and key.replace("-", "_") not in values:
            del document[key]
    spelled = {key.replace("-", "_"): key for key in document}
    for each, value in values.items():
        document[spelled.get(each, each)] = list(value) if isinstance(value, tuple) else value
    return tomlkit.dumps(document)


def delete_preset(name: str) -> str:
    """With its thumbnail; returns its name. Raises LivebgError."""
    found = _found(name)

    def remove(folder: Path) -> None:
        (folder / f"{found}{SUFFIX}").unlink()
        (folder / f"{found}{THUMBNAIL}").unlink(missing_ok=True)

    _within_folder(remove)
    return found


def rename_preset(old: str, new: str) -> tuple[str, str]:
    """With its thumbnail; returns both names. Raises LivebgError."""
    found, new = _found(old), checked_name(new)
    if _key(found) != _key(new) and is_known(new):
        raise SettingsError(f"there is a preset {new!r} already; take another name, or delete that one first")

    def move(folder: Path) -> None:
        (folder / f"{found}{SUFFIX}").rename(folder / f"{new}{SUFFIX}")
        if _thumbnail(found):
            (folder / f"{found}{THUMBNAIL}").replace(folder / f"{new}{THUMBNAIL}")

    _within_folder(move)
    return found, new


def _within_folder(change_it: Callable[[Path], None]) -> None:
    folder = presets_folder()
    try:
        change_it(folder)
    except OSError as cause:
        raise LivebgError(f"the folder of presets {folder} cannot be changed: {reason_of(cause)}") from cause


def background_thumbnail(values: Mapping[str, Any]) -> bytes:
    """A JPEG of the background that these settings name, of THUMBNAIL_PX. Raises BackgroundError."""
    from livebg.core.opencv import load_opencv

    load_opencv()
    import cv2

    width, height = THUMBNAIL_PX
    with closing(open_background(_over_usual(values))) as background:
        _, data = cv2.imencode(".jpg", background.standby(height, width))
    return bytes(data)


def _over_usual(values: Mapping[str, Any]) -> Settings:
    """The preset's values over the user's settings file, whose own faults are not its."""
    from livebg.pipeline.inventory import settings_file

    usual: dict[str, Any] = {}
    with suppress(SettingsError):
        usual = load_file(settings_file()) if settings_file().exists() else {}
    return change(Settings(), {**usual, **values})
