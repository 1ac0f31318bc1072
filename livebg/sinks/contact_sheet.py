"""A contact sheet for people to judge: camera | matte | composite, a few moments one below the other. Main thread.

It contains the camera's picture on purpose, so livebg writes it only on the user's request (`livebg demo`).
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from livebg.core.types import Composite, Image, Reads
from livebg.media.video.layers import matte
from livebg.media.whole_file import put_whole

MOMENTS = (0.1, 0.35, 0.6, 0.85)  # shares of the whole time
CELL_WIDTH = 480  # px
GAP = 6  # px


class ContactSheetSink:
    """Keeps a few composites and writes them as one PNG when closed.

    path: the file. force: overwrites an old one. seconds: the planned length of the run, on the source's time line.
    """

    name = "contact sheet"
    is_live = False
    is_watched = True
    reads: Reads = "image and alpha"

    def __init__(self, path: Path, seconds: float, force: bool = False) -> None:
        self._path, self._force = path, force
        self._times_s = [share * seconds for share in MOMENTS]
        self._rows: list[Image] = []
        self._last: Composite | None = None

    def write(self, composite: Composite) -> None:
        if composite.frame is None or composite.alpha is None:
            return
        self._last = composite
        if self._times_s and composite.frame.media_time_s >= self._times_s[0]:
            self._times_s = [each for each in self._times_s if each > composite.frame.media_time_s]
            self._rows.append(_row(composite))
            self._last = None

    def close(self) -> None:
        """Writes the sheet, if any frame came at all. Raises SinkError."""
        if self._last is not None and self._times_s:
            self._rows.append(_row(self._last))
        rows, self._rows, self._last = self._rows, [], None
        if not rows:
            return
        gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
        sheet = np.vstack([part for row in rows for part in (row, gap)][:-1])
        is_written, png = cv2.imencode(".png", sheet)
        assert is_written
        put_whole(png.tobytes(), self._path, self._force)


def _row(composite: Composite) -> Image:
    """Camera | matte | composite at CELL_WIDTH each: BGR uint8 (h, 3·CELL_WIDTH + 2·GAP, 3)."""
    assert composite.frame is not None
    shown_matte = cv2.cvtColor(matte(composite), cv2.COLOR_GRAY2BGR)
    height = max(1, round(composite.frame.height * CELL_WIDTH / composite.frame.width))
    cells = [
        cv2.resize(each, (CELL_WIDTH, height), interpolation=cv2.INTER_AREA)
        for each in (composite.frame.image, shown_matte, composite.image)
    ]
    gap = np.full((height, GAP, 3), 255, np.uint8)
    return np.hstack([cells[0], gap, cells[1], gap, cells[2]])
