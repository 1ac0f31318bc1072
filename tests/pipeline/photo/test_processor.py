"""One photo, by an engine whose alpha is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import photos
import pytest

from livebg import models
from livebg.core.settings import Settings, change
from livebg.media.image.colour import SRGB, converted
from livebg.media.image.photo import read_photo
from livebg.media.image.types import Samples
from livebg.pipeline.photo import processor
from livebg.pipeline.photo.processor import PhotoProcessor

PLAIN = {"presence": False, "colours": False, "edges": "plain", "foreground": "plain", "background": "#204060"}
NAME = Path("a picture")
DEEP = (photos.scene().astype(np.uint16) * 256 + 77)[..., ::-1].copy()


@pytest.fixture(autouse=True)
def known_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())


def _samples(data: bytes, content: str, is_deep: bool = True, **values: object) -> Samples:
    journey = PhotoProcessor(change(Settings(), {**PLAIN, **values}), content == "composite", False)
    read = read_photo(NAME, data)
    try:
        return journey.samples(read, journey.alpha(read), content, is_deep)  # type: ignore[arg-type]  # such words
    finally:
        journey.close()


def _deep() -> bytes:
    from livebg.media.image.write import tiff_file

    return tiff_file(DEEP[..., ::-1], photos.about(photos.wide_profile()), False)


def test_a_person_keeps_its_own_numbers() -> None:
    found = _samples(photos.file_of(photos.scene(), "PNG"), "alpha")
    assert (found[:, :25, :3] == photos.scene()[:, :25, ::-1]).all()
    assert (found[:, :25, 3] == 255).all()
    assert not found[:, 35:].any()


def test_16_bits_and_a_profile_too() -> None:
    found = _samples(_deep(), "alpha")
    assert (found[:, :25, :3] == DEEP[:, :25]).all()
    assert (found[:, :25, 3] == 65535).all()
    assert not found[:, 35:].any()


def test_the_background_comes_into_the_photos_colours() -> None:
    found = _samples(_deep(), "composite")
    expected = converted(np.full((1, 1, 3), (0x60, 0x40, 0x20), np.uint8), SRGB, photos.wide_profile())[0, 0]
    assert (found[:, :25] == DEEP[:, :25]).all()
    assert (found[:, 35:] == expected.astype(np.uint16) * 257).all()


def test_8_bits_where_the_format_has_no_more() -> None:
    found = _samples(_deep(), "composite", is_deep=False)
    assert found.dtype == np.uint8
    assert (found[:, :25] == np.round(DEEP[:, :25] / 257)).all()


def test_a_matte_alone_and_a_foreground() -> None:
    matte = _samples(_deep(), "matte")
    assert (matte.dtype, matte[0, 0], matte[0, -1]) == (np.uint16, 65535, 0)
    foreground = _samples(photos.file_of(photos.scene(), "PNG"), "foreground")
    assert foreground.shape == (40, 60, 3)
    assert not foreground[:, 35:].any()


def test_what_was_transparent_stays_so() -> None:
    rgba = np.dstack([photos.scene(), np.full((40, 60), 51, np.uint8)])
    found = _samples(photos.file_of(rgba, "PNG"), "alpha")
    assert set(np.unique(found[:, :25, 3])) == {51}
    assert not found[:, 35:].any()


def test_what_has_no_meaning_for_one_picture_is_off() -> None:
    found = _samples(photos.file_of(photos.scene(), "PNG"), "composite", frame="auto", smoothing=1.0)
    assert found.shape == (40, 60, 3)
    assert (found[:, :25] == photos.scene()[:, :25, ::-1]).all()
