"""What presence rejected while it stood still is furniture, and it stays so wherever it looks the same.

A network may take an armchair for somebody, surely so only when somebody comes to it or has left. It is judged as a
whole, since nobody sits quite still: a region is learned and goes only while nearly all of it looks as it did. A region
that was learned and then moves is somebody after all, and is forgotten. One thread at a time.
"""

from __future__ import annotations

import numpy as np

from livebg.core.masks import (
    DOUBTED,
    LEAST,
    SAME,
    Mask,
    alike_pieces,
    areas_of,
    copy_where,
    faded,
    grown,
    is_moving,
    mean_difference,
)
from livebg.core.nearness import FULL
from livebg.core.types import Image, Matte
from livebg.matting.subject.components import Bytes, Labels, find_labels, inside

KNOWN_S = 0.5  # what has been rejected and has stood still for so long is furniture
STIRRING = 0.05  # of a region: more of it looks otherwise, and it moves
MOST = 0.5  # of a region: so much of it is no chair that somebody has come to
RIM = 6 / 320  # of the longer side: so far around a region its look is learned, and its haze goes with it


class Rejected:
    """How the rejected regions looked, and since when; `reset()` forgets them. All sizes are the same."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything (a new source, size, engine or scene)."""
        self._picture: Image | None = None  # the look of what was rejected
        self._since_s = np.zeros((0, 0))  # how long it has looked so; infinite where nothing was rejected
        self._known: Mask = np.zeros((0, 0), np.bool_)

    @property
    def is_known(self) -> bool:
        """Whether anything was rejected."""
        return self._picture is not None

    def kept(self, alpha: Matte, picture: Image) -> Bytes | None:
        """How far each pixel is no furniture, uint8 (h, w) in 0..255; None where all of them are none.

        alpha: float32 (h, w) in 0..1; picture: BGR uint8 (h, w, 3).
        """
        old = self._picture
        if old is None or old.shape != picture.shape:
            return None
        known = self._known
        labels, count = find_labels(inside(alpha))
        if not labels[known].any():
            return None
        mean, areas = mean_difference(picture, old), areas_of(labels, count)
        same = np.bincount(labels[known & (mean < SAME)], minlength=count) / np.maximum(areas, 1)
        is_furniture = same >= 1 - STIRRING
        moves = (same > MOST) & ~is_furniture
        is_furniture[0] = moves[0] = False
        kept = np.ones(alpha.shape, np.float32)
        if is_furniture.any():
            kept[grown(is_furniture[labels], self._rim_px) & (is_furniture[labels] | (labels == 0))] = 0
        if moves.any():
            forgotten = grown(moves[labels], self._rim_px)
            self._since_s[forgotten], self._known[forgotten] = np.inf, False
        beside = known & (mean < SAME) & (alpha > DOUBTED) & ~(moves | is_furniture)[labels]
        pieces = alike_pieces(beside, picture, old, LEAST * alpha.size)
        if pieces is not None:
            kept *= faded(pieces, mean)
        return None if kept.min() == 1 else np.asarray(np.rint(kept * FULL), np.uint8)

    @property
    def _rim_px(self) -> int:
        return max(1, round(RIM * max(self._since_s.shape)))

    def see(self, labels: Labels, is_rejected: Mask, picture: Image, now_s: float) -> None:
        """Learn what regions look like that were rejected in this frame, and which of them stand still.

        labels: int32 (h, w); is_rejected: bool by label; picture: BGR uint8 (h, w, 3).
        """
        if self._picture is None or self._picture.shape != picture.shape:
            self._picture, self._since_s = picture.copy(), np.full(labels.shape, np.inf)
            self._known = np.zeros(labels.shape, np.bool_)
        is_seen = np.isfinite(self._since_s)
        difference = mean_difference(picture, self._picture)
        moves = is_rejected & is_moving(labels, len(is_rejected), difference, STIRRING, is_seen)
        here = grown(is_rejected[labels], self._rim_px)
        anew = here & ~is_seen
        if moves.any():
            anew |= grown(moves[labels], self._rim_px)
        self._since_s[anew] = now_s
        copy_where(picture, anew, self._picture)
        self._known = (self._known & ~anew) | (here & (now_s - self._since_s >= KNOWN_S))
