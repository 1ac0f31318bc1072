"""The parameters of the temporal filters, for their references and their fast forms alike."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class EdgeParams:
    """Of the temporal filter of the full-size edge. Changes of alpha are means over a cell and its neighbours."""

    time_s: float = 1.5  # time constant of averaging
    flat_time_s: float = 0.7  # where the new alpha is flat: a faint rest of somebody who was there is gone the sooner
    reference_fps: float = 30.0  # the share that a change lets through is per frame at this rate
    still_low: float = 0.2  # change where nothing moves: jitter below,
    still_high: float = 0.55  # a change of the network's mind above
    moving_low: float = 0.045  # the same where the picture moves: an edge does, sooner
    moving_high: float = 0.135
    still_share: float = 0.5  # a change of mind where nothing moves is believed by this much a frame
    rest: float = 1 / 512  # nearer to the new alpha than this, it is the new one
    flat: float = 0.01  # an alpha nearer to 0 or 1 than this is flat
    flat_motion: float = 0.5  # what changes there counts as if the picture moved so much; 0 is taken at once
    fallen_to: float = 0.5  # an alpha below this part of what it was does not tremble: it is let go,
    fallen_reach: float = 0.05  # in full from so far below on
    follows: bool = False  # the filtered alpha moves along with the people (following.py)


EDGE = EdgeParams()
# Where an alpha that shows the edge itself lies over a coarse one: what changes there counts sooner, since a pixel's
# step is a whole pixel's; with a coarse one's thresholds following it late costs more than its jitter (RESULTS.md,
# 2026-11-30).
DETAIL_EDGE = EdgeParams(still_low=0.12, still_high=0.35, moving_low=0.04, moving_high=0.12)
# Where each frame has such an alpha, the filter follows the people, and need not average for so long.
FINE_EDGE = replace(DETAIL_EDGE, time_s=0.5, follows=True)
