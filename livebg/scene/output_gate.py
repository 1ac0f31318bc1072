"""The fail-closed rule: what may leave the live loop. Only this file decides it. Main thread.

Nothing passes while the user hides. Else a composite passes if it belongs to this very frame, has the right shape and
is not stale. fault_of (core/types.py) and matting/validity.py checked its matte before it was made. Without a valid
composite, viewers see the last valid one for a moment, then the standby image, never the camera's picture.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from livebg.core.settings import Settings
from livebg.core.types import Composite, Frame, Result
from livebg.scene.standby import AWAY, WAIT, AbsenceFade, StandbyImages, faded

log = logging.getLogger(__name__)

HOLD_S = 0.5  # how long the last composite stays before the standby image replaces it
LONGEST_HOLD_S = 2.0  # with a slow source it stays for three frame gaps, at most this long
STALE_S = 2.0  # a composite of an older picture does not pass
QUIET_S = 10.0  # the log leaves out a fault that comes back sooner


class OutputGate:
    """Decides frame by frame. Remembers the last composite that passed, and whether the gate is open.

    is_live: a stale composite does not pass, and at a fault the last one stays a while. Otherwise each frame without a
    valid matte shows the bare background. late_s: the intended delay of the picture behind the camera. caption: of the
    standby image while viewers wait.
    """

    def __init__(
        self, standby: StandbyImages, is_live: bool, late_s: float = 0.0, caption: Callable[[], str] = lambda: WAIT
    ) -> None:
        self._standby, self._is_live, self._stale_s = standby, is_live, STALE_S + late_s
        self._caption = caption
        self._away = AbsenceFade()
        self._safe: Composite | None = None
        self._safe_at_s = self._gap_s = 0.0
        self._fault, self._is_logged, self._logged_s = "", False, dict[str, float]()

    def for_frame(self, result: Result, settings: Settings, now_s: float) -> Composite:
        """What every output shows for this frame. now_s: monotonic clock."""
        self._standby.base = result.standby
        if settings.hide:
            return self._hidden(result.frame)
        composite = result.composite
        fault = result.fault or self._fault_of(composite, result.frame, now_s)
        self._note(fault, now_s)
        if fault or composite is None:
            if self._is_live:
                return self._instead(result.frame, now_s)
            return Composite(self._standby.base, result.frame, fault=fault, is_standby=True)
        if self._safe is not None:
            self._gap_s += 0.2 * (min(now_s - self._safe_at_s, 1.0) - self._gap_s)
        self._safe, self._safe_at_s = composite, now_s
        share = self._away.share(composite, settings.away_after, now_s)
        return faded(composite, self._standby.image(AWAY), share) if share else composite

    def meanwhile(self, settings: Settings, now_s: float) -> Composite:
        """What viewers see while no frame comes. now_s: monotonic clock."""
        return self._hidden(None) if settings.hide else self._instead(None, now_s)

    def forget(self) -> None:
        """The next frame is the first of another scene: the last composite does not come back."""
        self._safe, self._away = None, AbsenceFade()

    @property
    def is_open(self) -> bool:
        """The newest frame passed."""
        return not self._fault

    @property
    def fault(self) -> str:
        """Why the newest frame did not pass; '' if it did."""
        return self._fault

    def _hidden(self, frame: Frame | None) -> Composite:
        """Forgets the last composite, too: after a fault it would come back. The window can show the frame, so that
        becomes the standby image."""
        self._safe = None
        image = self._standby.image(AWAY)
        return Composite(
            image, None if frame is None else replace(frame, image=image, shrunk={}, planes=None), is_standby=True
        )

    def _instead(self, frame: Frame | None, now_s: float) -> Composite:
        hold_s = min(LONGEST_HOLD_S, max(HOLD_S, 3 * self._gap_s)) if self._is_live else float("inf")
        if self._safe is not None and now_s - self._safe_at_s <= hold_s:
            return replace(self._safe, frame=frame, fault=self._fault)
        return Composite(self._standby.image(self._caption()), frame, fault=self._fault, is_standby=True)

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
        """Logs a fault once when it begins and once when it ends, and stays quiet about one that comes and goes."""
        kind = re.sub(r"\d+", "#", fault)
        if fault and not self._is_logged and now_s - self._logged_s.get(kind, float("-inf")) >= QUIET_S:
            log.error("no valid matte (%s): the outputs show the standby image until there is one", fault)
            self._is_logged = True
            self._logged_s[kind] = now_s
        elif not fault and self._is_logged:
            log.warning("valid mattes again")
            self._is_logged = False
        self._fault = fault
