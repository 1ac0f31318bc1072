"""Sheets and strips put together from known pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg.core.types import Composite, Frame
from tests.bench import sheets


def _seen(number: int, alpha_at: int) -> sheets.Seen:
    image = np.full((540, 960, 3), 200, np.uint8)
    frame = Frame(image, number, 0.0, number / 30)
    alpha = np.zeros((540, 960), np.float32)
    alpha[alpha_at:, 400:600] = 1
    names = (*sheets.BACKGROUNDS, sheets.BARE)
    return sheets.Seen(frame, {name: Composite(image, frame, alpha) for name in names})


def test_a_sheet_holds_six_pictures_and_two_enlarged_rows() -> None:
    picture = sheets.sheet(_seen(0, 200), "ds007")
    assert picture.shape == (2 * 360 + 2 * sheets.ENLARGED * sheets.DETAIL[1], sheets.WIDTH, 3)
    alpha = picture[:360, 1280:]
    assert alpha[300, 320].tolist() == [255, 255, 255]
    assert alpha[300, 20].tolist() == [0, 0, 0]
    assert sheets.overview([picture] * 6).shape[0] == 2 * sheets.overview([picture]).shape[0]


def test_a_strip_shows_the_place_that_flickers() -> None:
    picture = sheets.strip([_seen(each, 300 + 40 * (each % 2)) for each in range(10)], "drawn")
    assert picture.shape == (4 * sheets.STRIP_HEIGHT, sheets.STRIP_WIDTH, 3)
    alpha = picture[2 * sheets.STRIP_HEIGHT : 3 * sheets.STRIP_HEIGHT, :, 0].astype(int)
    row = alpha[np.abs(np.diff(alpha[40:], axis=1)).sum(axis=1).argmax() + 40]
    assert (np.abs(np.diff(row)) > 200).sum() == 9  # each frame differs from the one before


def test_a_small_picture_keeps_its_limit(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1200, 1920, 3), dtype=np.uint8)
    files = [Path(each) for each in sheets.save(noise, tmp_path / "a.jpg", for_readme=True)]
    assert [each.name for each in files] == ["a.jpg", "a-readme.jpg"]
    assert files[1].stat().st_size <= sheets.README_BYTES
