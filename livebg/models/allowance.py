"""What `livebg bench` found: whether this processor runs rmbg live. `--engine auto` takes rmbg on a CPU only then.

One small file in the user's state folder, for the newest benchmark. Any thread.
"""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from livebg.core.errors import LivebgError
from livebg.core.machine import processor
from livebg.core.types import USUAL_FPS, SourceInfo
from livebg.core.user_folders import state_folder

log = logging.getLogger(__name__)

FILE = "rmbg-on-this-processor.json"
OPENED_AGAIN = 1.02  # a camera's rate may be this much above the one measured: 30 against 29.97


@dataclass(frozen=True, slots=True)
class Allowance:
    """Pictures of width x height px, fps a second, held their rate with these weights on this processor."""

    model: str
    width: int
    height: int
    fps: float
    processor: str

    def covers(self, model: str, info: SourceInfo) -> bool:
        """Whether the same may be expected of this live source, with the weights of `model`."""
        is_here = self.model == model and self.processor == processor()
        is_as_small = info.width * info.height <= self.width * self.height
        return is_here and is_as_small and (info.fps or USUAL_FPS) <= self.fps * OPENED_AGAIN


def remember(allowance: Allowance | None) -> None:
    """Keeps this one in place of any other; None: rmbg did not hold the rate. Says where it cannot be stored."""
    try:
        file = _file()
        if allowance is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(allowance)), encoding="utf-8")
    except (OSError, LivebgError) as cause:
        log.info("cannot store what was measured of rmbg: %s", cause)


def remembered() -> Allowance | None:
    """The one kept; None where there is none, or the file holds something else."""
    with contextlib.suppress(OSError, ValueError, TypeError, LivebgError):
        kept = Allowance(**json.loads(_file().read_text(encoding="utf-8")))
        if all(isinstance(each, (int, float)) for each in (kept.width, kept.height, kept.fps)):
            return kept
    return None


def _file() -> Path:
    return state_folder() / FILE
