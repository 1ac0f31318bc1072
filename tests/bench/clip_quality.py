"""How far the full-size mattes of a clip are from its true ones: MAD, edgeMAD, dtSSD. In a process of its own.

The whole live loop makes the mattes, frame by frame, so what is measured is what a user gets: network, carrying,
smoothing and edges together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from livebg.capture import open_source
from livebg.capture.wrapped import WrappedSource
from livebg.core.errors import SourceError
from livebg.core.settings import Settings, change
from livebg.core.types import Composite, EndOfSource, Frame, FrameSource, Matte, Reads
from livebg.pipeline.live import run

CLIPS = ("d01_sway_longhair", "d03_fast", "d08_afro_busy")
FRAMES = 60  # of each clip: 2 s


def find_cases(folder: str) -> Path | None:
    """The folder that was named, else $LIVEBG_SHARED/cases or ../shared/cases where it is. Raises SourceError."""
    if folder:
        path = Path(folder)
        if not clips(path):
            raise SourceError(f"--cases {folder}: holds no clips/<name>.mp4 with clips/<name>_alpha.mkv beside it")
        return path
    path = Path(os.environ.get("LIVEBG_SHARED", "../shared")) / "cases"
    return path if clips(path) else None


def clips(cases: Path) -> list[tuple[str, str]]:
    """(clip, true alpha) as paths: the usual few, or the first three of a folder that has others."""
    pairs = {each: each.with_name(f"{each.stem}_alpha.mkv") for each in sorted((cases / "clips").glob("*.mp4"))}
    complete = [(str(clip), str(truth)) for clip, truth in pairs.items() if truth.exists()]
    usual = [pair for pair in complete if Path(pair[0]).stem in CLIPS]
    return usual or complete[:3]


def measure(settings: Settings, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """MAD ×1e3, edgeMAD ×1e3, dtSSD ×1e2 over the first FRAMES frames of each (clip, true alpha), clips counting the
    same. Raises LivebgError."""
    results = [_measure(settings, clip, truth) for clip, truth in pairs]
    return {name: round(sum(each[name] for each in results) / len(results), 2) for name in results[0]}


def _measure(settings: Settings, clip: str, truth: str) -> dict[str, float]:
    wanted = change(settings, {"source": clip, "pace": "every-frame", "seconds": 0.0, "to": ()})
    judge = Judge(true_alphas(truth))
    run.run(wanted, [judge], First(open_source(wanted), FRAMES))
    return judge.result()


def true_alphas(path: str) -> Iterator[Matte]:
    """float32 (H, W) in 0..1, one for each frame of a lossless grey video. Raises SourceError."""
    try:
        with av.open(path) as container:
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="gray").astype(np.float32) / np.float32(255)
    except (av.error.FFmpegError, OSError) as cause:
        raise SourceError(f"{path} cannot be read: {cause}") from cause


class First(WrappedSource):
    """A FrameSource that ends after so many frames of another."""

    def __init__(self, source: FrameSource, frames: int) -> None:
        super().__init__(source)
        self._left = frames

    def read(self, timeout_s: float) -> Frame | None:
        if self._left == 0:
            raise EndOfSource
        self._left -= 1
        return super().read(timeout_s)


class Judge:
    """A sink that compares each alpha with the true one of its frame; a frame without a matte counts as all 0."""

    name, is_live, is_watched = "judge", False, True
    reads: Reads = "image and alpha"

    def __init__(self, truths: Iterator[Matte]) -> None:
        self._truths = enumerate(truths)
        self._last: tuple[Matte, Matte] | None = None
        self._rows: dict[str, list[float]] = {"mad": [], "edge_mad": [], "dtssd": []}

    def write(self, composite: Composite) -> None:
        if composite.frame is None:
            return
        sequence = composite.frame.sequence
        truth = next((each for number, each in self._truths if number == sequence), None)
        if truth is None:
            raise SourceError(f"the true alphas end before frame {sequence}")
        alpha = np.zeros_like(truth) if composite.alpha is None else composite.alpha
        if alpha.shape != truth.shape:
            raise SourceError(f"the true alpha has shape {truth.shape}, the clip {alpha.shape}")
        self._rows["mad"].append(1e3 * mad(alpha, truth))
        self._rows["edge_mad"].append(1e3 * edge_mad(alpha, truth))
        if self._last is not None:
            self._rows["dtssd"].append(1e2 * dtssd(alpha, truth, *self._last))
        self._last = alpha.copy(), truth

    def close(self) -> None:
        """Nothing was begun."""

    def result(self) -> dict[str, float]:
        """The mean of each measure over the frames. Raises SourceError where too few came."""
        seen = {name: [each for each in values if np.isfinite(each)] for name, values in self._rows.items()}
        if not all(seen.values()):
            raise SourceError("too few frames with a person to compare; try another clip")
        return {name: float(np.mean(values)) for name, values in seen.items()}


def mad(alpha: Matte, truth: Matte) -> float:
    """Mean absolute difference of two float32 (H, W) mattes, 0..1."""
    return float(cv2.norm(alpha, truth, cv2.NORM_L1)) / alpha.size


def edge_mad(alpha: Matte, truth: Matte) -> float:
    """mad() within 0.5 % of the picture's diagonal of the true matte's edge; not a number where it has none.

    The edge is where the true alpha is soft (0.02..0.98) or crosses 0.5.
    """
    is_person = (truth >= 0.5).astype(np.uint8)
    crosses = cv2.morphologyEx(is_person, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    is_edge = crosses | ((truth > 0.02) & (truth < 0.98))
    if not is_edge.any():
        return float("nan")
    reach_px = max(1, round(0.005 * float(np.hypot(*truth.shape))))
    is_near = cv2.distanceTransform((~is_edge).astype(np.uint8), cv2.DIST_L2, 3) <= reach_px
    return float(np.abs(alpha - truth)[is_near].mean())


def dtssd(alpha: Matte, truth: Matte, alpha_before: Matte, truth_before: Matte) -> float:
    """Root of the mean squared difference between the changes of the two mattes since the frame before, 0..1.

    Erofeev et al., "Perceptually motivated benchmark for video matting", BMVC 2015, as in Lin et al.,
    "Robust high-resolution video matting", WACV 2022.
    """
    change_error = (alpha - alpha_before) - (truth - truth_before)
    return float(cv2.norm(change_error)) / float(np.sqrt(alpha.size))
