"""One photo, by an engine whose alpha is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import photos
import pytest

from livebg import models
from livebg.core.engines import Bound
from livebg.core.settings import Settings, change
from livebg.core.types import Alpha, Frame
from livebg.media.image.colour import SRGB, converted
from livebg.media.image.photo import read_photo
from livebg.media.image.types import Samples
from livebg.pipeline.photo import processor
from livebg.pipeline.photo.processor import PEOPLE_PX, TRAINED_PX, PhotoProcessor

PLAIN = {"presence": False, "colours": False, "edges": "plain", "foreground": "plain", "background": "#204060"}
NAME = Path("a picture")
DEEP = (photos.scene().astype(np.uint16) * 256 + 77)[..., ::-1].copy()


@pytest.fixture(autouse=True)
def known_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())


def _samples(data: bytes, content: str, is_deep: bool = True, **values: object) -> Samples:
    made = PhotoProcessor(change(Settings(), {**PLAIN, **values}), content == "composite", False)
    read = read_photo(NAME, data)
    try:
        return made.samples(read, made.alpha(read), content, is_deep)  # type: ignore[arg-type]  # such words
    finally:
        made.close()


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
    found = _samples(photos.file_of(photos.scene(), "PNG"), "composite", auto_frame=True, smoothing=1.0)
    assert found.shape == (40, 60, 3)
    assert (found[:, :25] == photos.scene()[:, :25, ::-1]).all()


class Salient(photos.LeftHalf):
    """Guided: it knows the person in the left half if `is_there`; without the guide, the right half stands out."""

    def __init__(self, is_there: bool) -> None:
        self.is_there = is_there

    @property
    def unguided(self) -> photos.LeftHalf:
        right = photos.LeftHalf()
        right.matte = lambda frame: Alpha(photos.LeftHalf().matte(frame).values[:, ::-1].copy(), frame.sequence)  # type: ignore[method-assign]
        return right

    def find(self, frame: Frame) -> Alpha:
        left = super().matte(frame)
        return left if self.is_there else Alpha(left.values * np.float32(0.3), frame.sequence)

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        return self.find(frame) if belief.values.max() > 0.5 else Alpha(belief.values * 0, frame.sequence)

    def bound_by(self, bound: Bound) -> None:
        raise NotImplementedError

    def matte(self, frame: Frame) -> Alpha:
        return self.detail(frame, self.find(frame))


@pytest.mark.parametrize(
    ("subject", "is_there", "foreground", "is_said"),
    [
        ("auto", True, "left", False),
        ("auto", False, "right", True),
        ("people", True, "left", False),
        ("people", False, "none", False),
    ],
)
def test_the_subject_is_people_or_where_there_are_none_anything(
    subject: str, is_there: bool, foreground: str, is_said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: Salient(is_there))
    one = PhotoProcessor(change(Settings(), {**PLAIN, "background": "none", "subject": subject}), False, False)
    alpha = one.alpha(read_photo(NAME, photos.file_of(photos.scene(), "PNG")))
    third = alpha.shape[1] // 3
    seen = {"left": alpha[:, :third].mean(), "right": alpha[:, -third:].mean()}
    for side, value in seen.items():
        assert value == (1 if side == foreground else 0)
    assert ("nobody was found" in one.note) == is_said


sizes_seen: list[int] = []


class Whole(photos.LeftHalf):
    """Keeps the sizes at which it was to look."""

    matte_size = 0

    def resize(self, matte_size: int) -> None:
        sizes_seen.append(matte_size)


class Sized(Salient, Whole):
    """The same, guided."""

    @property
    def unguided(self) -> Whole:
        return Whole()


@pytest.mark.parametrize(
    ("is_there", "asked", "expected"),
    [(True, 0, PEOPLE_PX), (False, 0, TRAINED_PX), (True, 400, 400), (False, 400, 400)],
)
def test_the_size_is_that_at_which_the_network_is_best(
    is_there: bool, asked: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes_seen.clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: Sized(is_there))
    one = PhotoProcessor(change(Settings(), {**PLAIN, "matte_size": asked}), False, False)
    one.alpha(read_photo(NAME, photos.file_of(photos.scene(), "PNG")))
    assert sizes_seen == [expected]
