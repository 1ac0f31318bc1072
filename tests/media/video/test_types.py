"""The values of a video file are immutable, and heavy libraries are not needed to speak of them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from livebg.media.video.types import Colour, FilmInfo


def test_a_film_s_description_does_not_change() -> None:
    info = FilmInfo("a.mp4", 64, 36, 30.0, Fraction(1, 15360), Fraction(1), Colour(1, 1, 1, False))
    assert info.notes == ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        info.width = 32  # type: ignore[misc]
