"""A hostile file as everything that it can be given as: source, background, plate, entry of a list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from livebg.capture import open_source
from livebg.core.errors import LivebgError
from livebg.core.settings import Settings
from livebg.core.types import EndOfSource, Frame
from livebg.pipeline.plate_file import load_plate
from livebg.scene.backgrounds import open_background
from livebg.scene.backgrounds.catalog import Entry

FRAMES = 5
SIZE = (90, 160)


def as_source(path: Path) -> None:
    with closing(open_source(Settings(source=str(path), pace="every-frame"))) as source:
        try:
            for _ in range(FRAMES):
                frame = source.read(1.0)
                assert frame is not None
                assert frame.image.shape == (source.info.height, source.info.width, 3)
                assert 0 <= frame.media_time_s < 60 * FRAMES
        except EndOfSource:
            pass


def as_background(path: Path) -> None:
    with closing(open_background(Settings(background=str(path)))) as background:
        for sequence in range(FRAMES):
            frame = Frame(np.zeros((*SIZE, 3), np.uint8), sequence, 0.0, sequence * 0.4)
            assert background.picture(frame, np.zeros(SIZE, np.float32)).shape == (*SIZE, 3)


def as_plate(path: Path) -> None:
    assert load_plate(str(path)).ndim == 3


def as_entry(path: Path) -> None:
    for kind in ("picture", "video"):
        assert min(Entry("a", kind, path, True).size_px()) > 0


USES: tuple[Callable[[Path], None], ...] = (as_source, as_background, as_plate, as_entry)


def used(path: Path) -> list[str]:
    """What became of it in each use: '' where it served, else the LivebgError's line. Anything else is raised."""
    outcomes = []
    for use in USES:
        try:
            use(path)
            outcomes.append("")
        except LivebgError as failure:
            told = str(failure)
            assert told.isprintable()
            assert path.name in told
            outcomes.append(told)
    return outcomes
