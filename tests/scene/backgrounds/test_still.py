"""Fitting a picture to the frame, colours, and the cards shown without a matte; answers known by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.core.errors import BackgroundError
from livebg.core.types import Frame, Image, Matte
from livebg.scene.backgrounds.still import (
    ColourBackground,
    ImageBackground,
    TransparentBackground,
    fit,
    neutral_standby,
    parse_colour,
)


def halves(height: int, width: int) -> Image:
    """Left half black, right half white."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = 255
    return picture


def frame_of(height: int, width: int) -> tuple[Frame, Matte]:
    return Frame(np.full((height, width, 3), 200, np.uint8), 0, 0.0, 0.0), np.zeros((height, width), np.float32)


@pytest.mark.parametrize("how", ["cover", "contain", "stretch", "tile"])
@pytest.mark.parametrize("shape", [(40, 40), (1, 1), (7, 300), (300, 7), (90, 160), (45, 80)])
def test_every_fit_gives_the_frame_s_size(how: str, shape: tuple[int, int]) -> None:
    fitted = fit(halves(*shape), 90, 160, how)
    assert fitted.shape == (90, 160, 3)
    assert fitted.dtype == np.uint8


def test_cover_cuts_the_long_sides_evenly() -> None:
    picture = np.zeros((10, 40, 3), np.uint8)
    picture[:, 10:30] = 255  # the middle half, which is what a 2:1 frame sees
    assert (fit(picture, 10, 20, "cover") == 255).all()


def test_contain_keeps_the_whole_picture_over_its_own_dark_blur() -> None:
    fitted = fit(np.full((50, 50, 3), 200, np.uint8), 50, 150, "contain")
    assert (fitted[:, 50:100] == 200).all()
    assert (fitted[:, :50] == 100).all()
    assert (fitted[:, 100:] == 100).all()


def test_stretch_squeezes() -> None:
    fitted = fit(halves(10, 400), 10, 40, "stretch")
    assert (fitted[:, :19] == 0).all()
    assert (fitted[:, 21:] == 255).all()


def test_tile_repeats_at_own_size_from_the_top_left() -> None:
    fitted = fit(halves(4, 4), 10, 10, "tile")
    assert fitted[0, :, 0].tolist() == [0, 0, 255, 255, 0, 0, 255, 255, 0, 0]
    assert (fitted[8] == fitted[0]).all()


def test_a_picture_is_fitted_once_per_size_and_protected(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Pillow.fromarray(halves(30, 40)).save(path)
    background = ImageBackground(path, "cover")
    first = background.picture(*frame_of(90, 160))
    assert background.picture(*frame_of(90, 160)) is first
    assert background.standby(90, 160) is first
    assert background.picture(*frame_of(48, 64)).shape == (48, 64, 3)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1
    background.close()


def test_a_picture_is_fitted_to_another_size_from_its_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Pillow.fromarray(halves(30, 40)).save(path)
    background, wanted = ImageBackground(path, "cover"), ImageBackground(path, "cover").standby(48, 64)
    background.standby(90, 160)
    assert background._original is None, "at its own size it may be as large as ten frames"
    path.unlink()
    assert np.array_equal(background.standby(48, 64), wanted)


def test_writing_to_a_picture_of_the_frame_s_own_size_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Pillow.fromarray(halves(90, 160)).save(path)
    with pytest.raises(ValueError, match="read-only"):
        ImageBackground(path, "cover").standby(90, 160)[0, 0] = 1


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#ff8000", (0, 128, 255)), ("#f80", (0, 136, 255)), ("Teal", (128, 128, 0)), ("rgb(1, 2, 3)", (3, 2, 1))],
)
def test_colours_come_out_as_bgr(text: str, colour: tuple[int, int, int]) -> None:
    assert parse_colour(text) == colour


def test_what_is_no_colour_is_none_and_a_wrong_hash_is_told() -> None:
    assert parse_colour("beach.jpg") is None
    with pytest.raises(BackgroundError, match="#2b3a42"):
        parse_colour("#12345")


def test_a_colour_fills_every_size() -> None:
    background = ColourBackground((1, 2, 3))
    assert (background.picture(*frame_of(48, 64)) == (1, 2, 3)).all()
    assert (background.standby(20, 30) == (1, 2, 3)).all()
    assert background.standby(20, 30).shape == (20, 30, 3)
    assert not background.is_transparent


def test_none_is_black_behind_an_alpha_and_a_neutral_picture_without_one() -> None:
    background = TransparentBackground()
    assert background.is_transparent
    assert not background.picture(*frame_of(48, 64)).any()
    card = background.standby(48, 64)
    assert background.standby(48, 64) is card
    assert card.shape == (48, 64, 3)


def test_the_neutral_picture_is_soft_dark_and_always_the_same() -> None:
    card = neutral_standby(720, 1280)
    assert 20 <= card.min() <= card.max() <= 55
    assert card[250:300, 600:680].mean() > card[-20:, :40].mean() + 8
    assert (neutral_standby(720, 1280) == card).all()
