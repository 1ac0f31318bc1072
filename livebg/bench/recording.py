"""Keeps a few seconds of a source as raw pictures in a file, and plays them again and again at a camera's rate.

So neither drawing nor decoding counts as livebg's work: the pictures are in memory (the file is mapped), and the
capture thread only passes them on. Plays forwards and backwards, so nothing jumps where the loop closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livebg.capture import open_source
from livebg.core.errors import SourceError, counted
from livebg.core.private_files import new_file
from livebg.core.settings import Settings, change
from livebg.core.types import EndOfSource, Image
from livebg.media.video.types import Picture

FRAMES = 90  # 3 s at 30 fps
PAGE_BYTES = 4096  # or more
BUDGET_BYTES = 400_000_000  # of all pictures together: 1080p keeps 64, 4K 16


@dataclass(frozen=True, slots=True)
class Recording:
    """The file of the pictures, and their form: `count` BGR uint8 (height, width, 3), one after the other."""

    path: str
    name: str
    width: int
    height: int
    fps: float
    count: int


def record(settings: Settings, folder: Path) -> Recording:
    """Records the beginning of settings.source, or of the synthetic scene if it is empty; no camera.

    Raises SourceError, also when the folder is full.
    """
    source = open_source(change(settings, {"source": settings.source or "synthetic", "pace": "every-frame"}))
    try:
        info = source.info
        wanted = max(2, min(FRAMES, BUDGET_BYTES // (info.width * info.height * 3)))
        path = folder / f"{info.width}x{info.height}.bgr"
        count = 0
        with new_file(path).open("wb") as file:
            while count < wanted:
                try:
                    frame = source.read(1.0)
                except EndOfSource:
                    break
                if frame is not None:
                    file.write(np.ascontiguousarray(frame.image).data)
                    count += 1
    except OSError as cause:
        raise SourceError(f"the pictures to measure with cannot be kept in {folder}: {cause.strerror}") from cause
    finally:
        source.close()
    return Recording(str(path), info.name, info.width, info.height, settings.fps, count)


class Loop:
    """An endless clip from a recording, for playback.play."""

    def __init__(self, recording: Recording) -> None:
        self.name = f"{recording.name}, {counted(recording.count, 'frame')} from memory"
        self.width, self.height, self.fps = recording.width, recording.height, recording.fps
        shape = (recording.count, recording.height, recording.width, 3)
        # Copy on write: a stage that writes into its input does not change the next round.
        self._pictures: NDArray[np.uint8] = np.memmap(recording.path, np.uint8, "c", shape=shape)
        self._shown: set[int] = set()

    @property
    def shown_bytes(self) -> int:
        """The bytes of the process's memory that are these pictures: those shown so far."""
        return len(self._shown) * self.width * self.height * 3

    def pictures(self) -> Iterator[Picture]:
        for number, index in enumerate(there_and_back(len(self._pictures))):
            yield Picture(number / self.fps, partial(self._image, index))

    def close(self) -> None:
        """The object frees the map: frames still in use elsewhere stay valid."""

    def _image(self, index: int) -> Image:
        image = np.asarray(self._pictures[index])
        if index not in self._shown:
            # Mapped pages count as the process's only after the first access: access all now, so that shown_bytes is
            # exact even for dropped frames.
            image.reshape(-1)[::PAGE_BYTES].sum()
            self._shown.add(index)
        return image


def there_and_back(count: int) -> Iterator[int]:
    """0, 1, …, count − 1, count − 2, …, 1, 0, 1, … without end; only 0 if count is 1."""
    period = max(1, 2 * (count - 1))
    number = 0
    while True:
        position = number % period
        yield min(position, period - position)
        number += 1
