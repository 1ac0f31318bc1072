"""The strip shows camera, matte and composite of a few moments."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Frame
from livebg.sinks.contact_sheet import CELL_WIDTH, GAP, ContactSheetSink


def _composite(at_s: float) -> Composite:
    frame = Frame(np.full((90, 160, 3), 30, np.uint8), round(at_s * 10), 0.0, at_s)
    return Composite(np.full((90, 160, 3), 90, np.uint8), frame, np.ones((90, 160), np.float32))


def test_four_moments_of_a_run(tmp_path: Path) -> None:
    sheet = ContactSheetSink(tmp_path / "sheet.png", 2.0)
    for tenth in range(20):
        sheet.write(_composite(tenth / 10))
    sheet.close()
    sheet.close()
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture is not None
    assert picture.shape == (4 * 270 + 3 * GAP, 3 * CELL_WIDTH + 2 * GAP, 3)
    middles = [picture[100, CELL_WIDTH // 2 + cell * (CELL_WIDTH + GAP)].tolist() for cell in range(3)]
    assert middles == [[30] * 3, [255] * 3, [90] * 3]


def test_a_run_cut_short_still_shows_its_last_moment(tmp_path: Path) -> None:
    sheet = ContactSheetSink(tmp_path / "sheet.png", 100.0)
    sheet.write(_composite(0.5))
    sheet.write(Composite(np.zeros((90, 160, 3), np.uint8)))
    sheet.close()
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert picture is not None
    assert picture.shape[0] == 270


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    sheet = ContactSheetSink(path, 1.0)
    sheet.write(_composite(0.5))
    path.write_bytes(b"kept")
    with pytest.raises(SinkError, match="exists already"):
        sheet.close()
    assert path.read_bytes() == b"kept"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    sheet = ContactSheetSink(tmp_path / "absent" / "sheet.png", 1.0)
    sheet.write(_composite(0.5))
    with pytest.raises(SinkError, match="cannot be written"):
        sheet.close()
