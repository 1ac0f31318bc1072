"""The standby card: the background and a caption, or the user's own picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livebg.core.errors import BackgroundError
from livebg.scene.standby import AWAY, MOST_MADE, WAIT, StandbyImages, captioned, load_standby_image

BASE = np.full((360, 640, 3), 90, np.uint8)


def test_the_background_with_a_caption_in_its_lower_third() -> None:
    image = StandbyImages(BASE).image(WAIT)
    changed = np.nonzero((image != BASE).any(axis=2))
    assert image.shape == BASE.shape
    assert changed[0].min() > 240
    assert abs(changed[1].min() + changed[1].max() - 639) < 20, "centred"
    assert image.max() > 200, "bright letters"
    assert (BASE == 90).all(), "the background itself is left alone"


def test_made_once_for_each_caption_and_anew_for_another_background() -> None:
    standby = StandbyImages(BASE)
    first = standby.image(WAIT)
    assert standby.image(WAIT) is first
    assert (standby.image(AWAY) != first).any()
    standby.base = BASE
    assert standby.image(WAIT) is first
    standby.base = np.full((90, 160, 3), 10, np.uint8)
    assert standby.image(WAIT).shape == (90, 160, 3)
    assert not standby.image(WAIT).flags.writeable
    for seconds in range(2 * MOST_MADE):
        standby.image(f"about {seconds} s")
        assert len(standby._made) <= MOST_MADE


@pytest.mark.parametrize("size", [(1, 1), (9, 16), (720, 40)])
def test_where_no_letter_fits_it_is_the_background(size: tuple[int, int]) -> None:
    base = np.full((*size, 3), 7, np.uint8)
    assert (captioned(base, WAIT) == base).all()


def test_the_users_own_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "own.png"), np.full((90, 90, 3), (10, 20, 30), np.uint8))
    own = load_standby_image(str(tmp_path / "own.png"))
    image = StandbyImages(BASE, own).image(WAIT)
    assert image.shape == BASE.shape
    assert (image == (10, 20, 30)).all()
    assert load_standby_image("") is None


@pytest.mark.parametrize("name", ["absent.png", "text.png", "~nobody-has-this-name/a.png"])
def test_a_bad_picture_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(BackgroundError, match="standby"):
        load_standby_image(name if name.startswith("~") else str(tmp_path / name))
