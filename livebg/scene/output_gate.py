"""The fail-closed rule: what may leave the program. The only place that decides it; main thread.

A composite passes if it is of this very frame, of the right shape and not stale; its matte was judged before it was
made (stages.fault_of, plausible.py). Without one, those who watch see the last that passed for a moment, then the
standby card, never the camera's picture.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Composite, Frame, Result
from livebg.scene.standby import AWAY, WAIT, Away, StandbyImages, faded

log = logging.getLogger(__name__)

HOLD_S = 0.5  # the last composite stays so long before the card takes its place
LONGEST_HOLD_S = 2.0  # where frames come slowly: three of their gaps, at most this
STALE_S = 2.0  # a composite of an older picture is not shown
QUIET_S = 10.0  # a fault that comes back sooner is not said again


class OutputGate:
    """Decides frame by frame; remembers the last composite that passed and whether it is closed.

    is_live: composites may be stale, and a fault is bridged; else each frame that has no valid matte shows the bare
    background. late_s: how far the picture is meant to lag behind the camera.
    """

    def __init__(self, cards: StandbyImages, is_live: bool, late_s: float = 0.0) -> None:
        self._cards, self._is_live, self._stale_s = cards, is_live, STALE_S + late_s
        self._away = Away()
        self._safe: Composite | None = None
        self._safe_at_s = self._gap_s = 0.0
        self._fault, self._is_told, self._told_s = "", False, dict[str, float]()

    def for_frame(self, outcome: Result, settings: Settings, now_s: float) -> Composite:
        """What stands for this frame in every output. now_s: monotonic clock."""
        self._cards.base = outcome.standby
        composite = outcome.composite
        fault = outcome.fault or self._fault_of(composite, outcome.frame, now_s)
        self._note(fault, now_s)
        if fault or composite is None:
            return self._instead(outcome.frame, now_s) if self._is_live else Composite(self._cards.base, outcome.frame)
        if self._safe is not None:
            self._gap_s += 0.2 * (min(now_s - self._safe_at_s, 1.0) - self._gap_s)
        self._safe, self._safe_at_s = composite, now_s
        share = self._away.share(composite, settings.away_after, now_s)
        return faded(composite, self._cards.card(AWAY), share) if share else composite

    def meanwhile(self, now_s: float) -> Composite:
        """What those who watch see while no frame comes."""
        return self._instead(None, now_s)

    @property
    def is_open(self) -> bool:
        """The newest frame passed."""
        return not self._fault

    def _instead(self, frame: Frame | None, now_s: float) -> Composite:
        hold_s = min(LONGEST_HOLD_S, max(HOLD_S, 3 * self._gap_s)) if self._is_live else float("inf")
        if self._safe is not None and now_s - self._safe_at_s <= hold_s:
            return replace(self._safe, frame=frame)
        return Composite(self._cards.card(WAIT), frame)

    def _fault_of(self, composite: Composite | None, frame: Frame, now_s: float) -> str:
        if composite is None or composite.frame is None or composite.frame.sequence != frame.sequence:
            return "the composite is not of this frame"
        image, (height, width) = composite.image, (frame.height, frame.width)
        i420_shape = ((height + height % 2) * 3 // 2, width + width % 2)
        if image.dtype != np.uint8 or image.shape not in ((height, width, 3), i420_shape):
            return f"the composite is {image.dtype} of shape {image.shape}, not a picture of {width}x{height}"
        age_s = now_s - frame.captured_at_s
        if self._is_live and age_s > self._stale_s:
            return (
                f"the composite is of a picture {age_s:.1f} s old; if it goes on, this machine is too slow or too "
                "busy for these settings; 'livebg bench' says what it can do"
            )
        return ""

    def _note(self, fault: str, now_s: float) -> None:
        """A fault is said once when it begins and once when it ends, and not over and over where it comes and goes."""
        kind = re.sub(r"\d+", "#", fault)
        if fault and not self._is_told and now_s - self._told_s.get(kind, float("-inf")) >= QUIET_S:
            log.error("no valid matte (%s): the outputs show the standby card until there is one", fault)
            self._is_told = True
            self._told_s[kind] = now_s
        elif not fault and self._is_told:
            log.warning("valid mattes again")
            self._is_told = False
        self._fault = fault
