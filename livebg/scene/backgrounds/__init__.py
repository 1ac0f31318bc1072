"""What stands behind the person: still, video, blur or colour. `open_background` makes it from the settings.

The background's text means, in this order: `none` or `blur`, a name in livebg's or the user's folder, a colour, a
file's path, a plug-in's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core.plugins import find_plugin
from livebg.core.settings import Settings

if TYPE_CHECKING:
    from livebg.core.types import Background


def find_background(settings: Settings) -> None:
    """Raises BackgroundError for one that open_background() would refuse; decodes nothing, so a damaged file passes."""
    what = settings.background.strip()
    word, colon, strength = what.partition(":")
    if word.lower() == "blur" and colon:
        from livebg.scene.backgrounds.blur import parse_strength

        parse_strength(strength)
    elif not is_none(settings) and word.lower() != "blur":
        _find(what, settings.background_folder)


def open_background(settings: Settings) -> Background:
    """The background that settings.background names. Raises BackgroundError with what was seen and what to do next."""
    what = settings.background.strip()
    word, colon, strength = what.partition(":")
    if is_none(settings):
        from livebg.scene.backgrounds.still import TransparentBackground

        return TransparentBackground()
    if word.lower() == "blur":
        from livebg.scene.backgrounds.blur import DEFAULT_STRENGTH, BlurBackground, parse_strength

        return BlurBackground(parse_strength(strength) if colon else DEFAULT_STRENGTH)
    found = _find(what, settings.background_folder)
    if found is None:
        from livebg.scene.backgrounds.plugin import open_plugin_background

        return open_plugin_background(settings)
    if not isinstance(found, Path):
        from livebg.scene.backgrounds.still import ColourBackground

        return ColourBackground(found)
    return _open_file(found, settings)


def _find(what: str, folder: str) -> Path | tuple[int, int, int] | None:
    """The file or the colour, BGR, that the text means; None: a plug-in's. Raises BackgroundError."""
    from livebg.scene.backgrounds.catalog import file_path, find, missing
    from livebg.scene.backgrounds.still import parse_colour

    entry = find(what, folder)
    found = entry.path if entry is not None else parse_colour(what) or file_path(what)
    if found is None and find_plugin("background", what) is None:
        raise missing(what, folder)
    if isinstance(found, Path):
        from livebg.media.image.read import background_file

        background_file(found).check()
    return found


def is_none(settings: Settings) -> bool:
    """Whether nothing stands behind the person: the outputs carry the alpha."""
    return settings.background.strip().lower() == "none"


def _open_file(path: Path, settings: Settings) -> Background:
    """The file's content decides what it is, not its suffix."""
    from livebg.media.image.read import background_file

    file = background_file(path)
    kind = file.identify()
    if kind == "still":
        from livebg.scene.backgrounds.still import ImageBackground

        return ImageBackground(path, settings.background_fit)
    from livebg.media.video.clip import Animation, VideoClip
    from livebg.scene.backgrounds.video import LIVE_BUDGET_S, VideoBackground, as_background

    budget_s = None if settings.pace == "every-frame" else LIVE_BUDGET_S
    with as_background():
        if kind == "animation":
            return VideoBackground(Animation(file), settings.background_fit, budget_s)
        clip = VideoClip(str(path), f"background {path}", is_exact=budget_s is None, is_backdrop=True)
    return VideoBackground(clip, settings.background_fit, budget_s)
