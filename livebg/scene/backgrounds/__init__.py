"""What stands behind the person: still, video, blur or colour. `open_background` makes it from the settings.

The background's text means, in this order: `none` or `blur`, a name in livebg's or the user's folder, a colour, a
file's path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livebg.core.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from livebg.core.types import Background


def open_background(settings: Settings) -> Background:
    """The background that settings.background names. Raises BackgroundError with what was seen and what to do next."""
    from livebg.scene.backgrounds.catalog import find, missing

    what = settings.background.strip()
    word, colon, strength = what.partition(":")
    if is_none(settings):
        from livebg.scene.backgrounds.still import TransparentBackground

        return TransparentBackground()
    if word.lower() == "blur":
        from livebg.scene.backgrounds.blur import DEFAULT_STRENGTH, BlurBackground, parse_strength

        return BlurBackground(parse_strength(strength) if colon else DEFAULT_STRENGTH)
    entry = find(what, settings.background_folder)
    if entry is not None:
        return _open_file(entry.path, settings)

    from livebg.scene.backgrounds.still import ColourBackground, parse_colour

    colour = parse_colour(what)
    if colour is not None:
        return ColourBackground(colour)
    from livebg.scene.backgrounds.catalog import file_path

    path = file_path(what)
    if path is None:
        raise missing(what, settings.background_folder)
    return _open_file(path, settings)


def is_none(settings: Settings) -> bool:
    """Whether nothing stands behind the person: the outputs carry the alpha."""
    return settings.background.strip().lower() == "none"


def _open_file(path: Path, settings: Settings) -> Background:
    """The file's content decides what it is, not its suffix."""
    from livebg.media.image.read import background_file

    file = background_file(path)
    file.check()
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
