"""Components that are no person: what belongs to a person (a held cup, a microphone's arm, a hand) stays, the rest
goes.

tracking.py decides what is a person, selection.py how components appear and disappear. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from livebg.matting.subject.components import Box, Region, gap, shared_width

NEAR = 9 / 320  # of the longer side: a component this near to a person is theirs, however unsure the network is
REACH = 0.1  # of the longer side: at most this far from a person's box something can be theirs
SMALL, LARGE = 0.002, 0.02  # of the picture's area: a thing below SMALL is mostly edge, so its peak decides
PEAK = 0.7  # a small thing needs at least this alpha at its peak
CONFIDENT_SHARE, LARGE_CONFIDENT_SHARE = 0.2, 0.5  # of a larger and of a large thing the network must be sure of this
EASIER = 0.8  # factor on these limits for what was visible in the frame before
SHOWN = 0.5
OVERHEAD, OVERHEAD_REACH = 0.9, 0.15  # of its width is over a person's box, so near: hat or hair (95 in 100 of these)


def is_belonging(region: Region, kept: Sequence[Box], others: Sequence[Box], shape: tuple[int, ...]) -> bool:
    """Whether a component that is no person belongs to one of the people who stay, rather than to one of the others.

    kept, others: bounding boxes of these people, px; shape: (h, w) of the alpha, px.
    """
    distance = min((gap(region.box, each) for each in kept), default=float("inf"))
    if distance > 0 and any(gap(region.box, each) < distance for each in others):
        return False
    longer = max(shape)
    if any(_is_overhead(region.box, each, longer) for each in kept):
        return True
    if distance > REACH * longer:
        return False
    ease = EASIER if region.shown >= SHOWN else 1.0
    share = region.area / (shape[0] * shape[1])
    if share < SMALL:
        return region.peak >= ease * PEAK
    return region.sure_share >= ease * (CONFIDENT_SHARE if share < LARGE else LARGE_CONFIDENT_SHARE)


def _is_overhead(box: Box, person: Box, longer: float) -> bool:
    """Whether a box lies right above a person's box."""
    is_above = -OVERHEAD_REACH * longer <= box[3] - person[1] <= NEAR * longer
    return is_above and shared_width(box, person) >= OVERHEAD
