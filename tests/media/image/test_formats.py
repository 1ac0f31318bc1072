"""Formats, and what fits into them."""

from __future__ import annotations

import pytest

from livebg.core.errors import SettingsError
from livebg.media.image.formats import form_of, natural_content, natural_ending


def test_formats_by_ending() -> None:
    assert form_of(".PNG", "alpha").is_deep
    assert form_of(".jpeg", "matte").name == "JPEG"
    with pytest.raises(SettingsError, match="JPEG holds no alpha"):
        form_of(".jpg", "alpha")
    with pytest.raises(SettingsError, match=r"\.png \.webp"):
        form_of(".xyz", "composite")


def test_what_is_natural() -> None:
    assert [natural_content(each) for each in ("", ".png", ".JPG")] == ["alpha", "alpha", "composite"]
    assert natural_ending(".jpeg", "composite") == ".jpeg"
    assert natural_ending(".jpeg", "alpha") == ".png"
    assert natural_ending(".TIF", "alpha") == ".TIF"
    assert natural_ending(".bmp", "composite") == ".png"
