"""What the host does for a frame whose network runs on a device, as the gpu room wants it handed in.

The corrections of the small alpha are the host's own (one implementation, beside the device's work for the next frame),
and so is whatever the device has no stage for. Main thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Background, Composite, Correction, Frame, Image, Matte, fault_of
from livebg.matting.support_torch import Extremes
from livebg.matting.temporal.edge_torch import Motion
from livebg.pipeline.cuda.uploads import Blurring, needs_matte

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HostPart:
    """corrections: in the order of their work, by name. see: the motion up
    to a frame, asked in the frames' order. plate: the empty room at full size, as the newest corrected frame would show
    it, where it is known. unmade: what of these settings a device has no stage for, by name. show: the composite of a
    frame, its small alpha and its full-size one, as it settled, with all that the settings ask for. reset: forget what
    earlier frames left behind. unsupported: where a full-size alpha made of this small one may not be, uint8 cells, by
    the frame's height and width and the settings; judge: raises ModelError where it is nevertheless, or is no alpha, by
    what judging.py found. check: raises ModelError where the network's alpha cannot be true.
    """

    corrections: Mapping[str, Correction]
    see: Callable[[Frame], Motion]
    plate: Callable[[], Image | None]
    unmade: Callable[[Settings], tuple[str, ...]]
    show: Callable[[Frame, Alpha, Matte, Settings, Background], Composite]
    reset: Callable[[], None]
    unsupported: Callable[[Matte, int, int, Settings], Image]
    judge: Callable[[Extremes], None]
    check: Callable[[Alpha], None] = lambda _: None

    def for_noise(self) -> HostPart:
        """The same for pictures that show no room and no person, from which nothing is to be learnt."""
        return replace(self, corrections={}, plate=lambda: None, check=lambda _: None)

    def corrected(self, alpha: Alpha, frame: Frame, settings: Settings, spent_ms: dict[str, float]) -> Alpha:
        """The alpha after all corrections; the time of each goes into spent_ms. Raises ModelError: it is spoilt."""
        self.check(alpha)
        for name, correction in self.corrections.items():
            started_s = time.perf_counter()
            alpha = correction.apply(alpha, frame, settings)
            spent_ms[name] = 1000 * (time.perf_counter() - started_s)
        fault = fault_of(alpha, frame)
        if fault:
            raise ModelError(fault)
        return alpha


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """What the host found for a frame's second half. alpha: the corrected small one. motion: None, so that nothing
    settles. plate: None where the room is not known. is_shown_by_host: only the full-size alpha is wanted. unsupported:
    cells where that may not be, uint8.
    """

    alpha: Alpha
    motion: Motion | None
    plate: Image | None
    is_shown_by_host: bool
    unsupported: Image


class Detour:
    """One rule: where something is asked for that no stage on the device makes, the host finishes the picture."""

    def __init__(self, device: str) -> None:
        self._device, self._said = device, ""

    def is_wanted(self, host: HostPart, settings: Settings, background: Background) -> bool:
        """Said once, as long as it is for the same."""
        unmade = host.unmade(settings)
        if needs_matte(background) and not isinstance(background, Blurring):
            unmade = (*unmade, "this background")
        names = ", ".join(unmade)
        if names and names != self._said:
            log.info("the processor finishes the picture: %s has no stage for %s", self._device, names)
        self._said = names
        return bool(unmade)
