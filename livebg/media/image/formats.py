"""The formats in which livebg writes pictures, and what each can hold. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from livebg.core.errors import SettingsError

Content = Literal["composite", "alpha", "foreground", "matte"]


@dataclass(frozen=True, slots=True)
class PhotoForm:
    """has_alpha, is_deep: can hold alpha, 16 bits. name: Pillow's."""

    name: str
    has_alpha: bool
    is_deep: bool


_PNG, _TIFF = PhotoForm("PNG", True, True), PhotoForm("TIFF", True, True)
_JPEG = PhotoForm("JPEG", False, False)
FORMS: Mapping[str, PhotoForm] = {
    ".png": _PNG,
    ".webp": PhotoForm("WEBP", True, False),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".avif": PhotoForm("AVIF", True, False),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
}
FORMATS = ("png", "webp", "tiff", "avif", "jpeg")  # as --format names them


def form_of(ending: str, content: Content) -> PhotoForm:
    """The form for an ending with its dot. Raises SettingsError: no such format, or it cannot hold this content."""
    form = FORMS.get(ending.lower())
    if form is None:
        raise SettingsError(f"output {ending or 'without an ending'}: pictures can be {' '.join(FORMS)}")
    if content == "alpha" and not form.has_alpha:
        able = " ".join(each for each, other in FORMS.items() if other.has_alpha)
        raise SettingsError(f"output {ending}: {form.name} holds no alpha; {able} do, or take --what composite")
    return form


def natural_content(ending: str) -> Content:
    """The default content: alpha if the format can hold it; '' is a format that is not chosen yet."""
    form = FORMS.get(ending.lower())
    return "composite" if form is not None and not form.has_alpha else "alpha"


def natural_ending(ending: str, content: Content) -> str:
    """The input's ending if that format can hold this content, else PNG's."""
    form = FORMS.get(ending.lower())
    return ".png" if form is None or (content != "composite" and not form.has_alpha) else ending
