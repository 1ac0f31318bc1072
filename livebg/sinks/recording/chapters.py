"""The markers of one video file: in a WebVTT file beside it during the recording, inside it once it is finished.

So the markers survive a kill, too.
"""

from __future__ import annotations

import contextlib
import logging
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core.errors import SinkError
from livebg.media.whole_file import put_whole

if TYPE_CHECKING:
    from av.container.core import Chapter

log = logging.getLogger(__name__)

_OPEN_END_S = 359_999.0  # 99:59:59: while nobody knows where the last chapter ends


class Chapters:
    """path: of the video file. force: overwrites a file of an earlier recording."""

    def __init__(self, path: Path, force: bool) -> None:
        self._path, self._force = path.with_name(f"{path.stem}.chapters.vtt"), force
        self._starts: list[tuple[float, str]] = []
        self._is_ours = False
        if force:
            with contextlib.suppress(OSError):  # of an earlier recording; usually there is none
                self._path.unlink()

    def add(self, at_s: float, title: str) -> None:
        """at_s: in the file. Logs a failure to write; the finished file still gets the marker."""
        self._starts.append((at_s, title))
        try:
            self._write()
        except SinkError as failure:
            log.warning("markers: %s", failure)

    def _write(self) -> None:
        """Replaces the whole small file in one step. Raises SinkError, also where somebody else's is there."""
        cues = [
            f"{_clock(start_s)} --> {_clock(end_s)}\n{title}\n" for start_s, end_s, title in self._spans(_OPEN_END_S)
        ]
        put_whole("\n".join(["WEBVTT\n", *cues]).encode(), self._path, force=self._is_ours)
        self._is_ours = True

    def _spans(self, end_s: float) -> list[tuple[float, float, str]]:
        following = pairwise([*self._starts, (end_s, "")])
        return [(start_s, next_s, title) for (start_s, title), (next_s, _) in following]

    def inside(self, end_s: float) -> list[Chapter]:
        """The chapters for the video file itself; end_s: its end."""
        return [
            {
                "id": number,
                "start": round(1000 * start_s),
                "end": round(1000 * max(start_s, until_s)),
                "time_base": Fraction(1, 1000),
                "metadata": {"title": title},
            }
            for number, (start_s, until_s, title) in enumerate(self._spans(end_s), start=1)
        ]

    def done(self) -> None:
        """The finished file contains the markers: removes the file beside it."""
        if self._is_ours:
            with contextlib.suppress(OSError):  # then it stays, and says the same
                self._path.unlink()


def _clock(at_s: float) -> str:
    """3661.5 → '01:01:01.500'."""
    milliseconds = round(1000 * at_s)
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"
