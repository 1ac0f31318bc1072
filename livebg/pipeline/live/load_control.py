"""Holds the frame rate: chooses how often the network runs, at which size and how closely, from measured frame times.

One ladder of plans, from the best matte to the cheapest. Under pressure it goes one step down within half a second;
with spare time one step up after a delay, which grows when pressure follows a step up. Knows numbers only: nothing
about engines, frames or threads. The loop calls it after each frame.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from livebg.core.settings import Settings, change

log = logging.getLogger(__name__)

LOOK_S = 0.5  # between two decisions
START_S = 1.0  # it ignores the first frames, because their caches are cold
EASE_S, LONGEST_EASE_S = 2.0, 60.0  # so long spare time must last before a step up; doubles after one too early
LATE, EASY = 0.9, 0.6  # busy share of the frame's period: above LATE it is too slow, below EASY it has spare time
# Time per key frame: above, mattes propagate too far; below, there is spare time.
OLD_MATTE_S, FRESH_MATTE_S = 0.30, 0.18
OLDEST_MATTE_S = 0.8  # no stride propagates a matte longer than this: at 1 s it is no longer valid
SIZES_PX = (512, 384, 288)  # short sides of the matte that load control chooses among; at less it loses people
STRIDES = (1, 2, 3, 4, 6, 8, 12)  # at the smallest size; tests/bench/carried.py measured the quality up to 4
NEVER = 0  # the stride of a network that does not run at all; another engine's matte stands alone
DETAIL_STRIDES = (1, 30, 90, NEVER)  # where that other one judges every frame: half a run's time and more to rest
MOST_GROWTH = 2.0  # of a frame's whole cost where the network runs more often: much else runs in any case
CLOSER_GROWTH = 1.5  # a frame's whole cost with the closer look against without it (tests/bench/closer.py)


@dataclass(frozen=True, slots=True)
class Plan:
    """How often the network runs (every `stride` frames, or NEVER) and at which short side, px; 0: the only size.

    closer_look: whether the engine takes one; None: it has none.
    """

    stride: int
    matte_size: int = 0
    closer_look: bool | None = None

    def __str__(self) -> str:
        look = "" if self.closer_look is None else f", {'with' if self.closer_look else 'without'} the closer look"
        if self.stride == NEVER:
            return f"no detail from the network, the light engine's matte alone{look}"
        size = f", matte size {self.matte_size} px" if self.matte_size else ""
        return f"stride {self.stride}{size}{look}"


@dataclass(frozen=True, slots=True)
class Load:
    """The measurements since the last decision.

    busy_s: a frame took the loop so long on average; dropped: frames lost in that time;
    cpu_share: of all cores, 0..1; key_s: one run of the network, if it runs beside the loop, else 0.
    """

    busy_s: float
    dropped: int
    cpu_share: float
    key_s: float


def ladder(settings: Settings, has_sizes: bool, has_closer_look: bool = False, is_detail: bool = False) -> list[Plan]:
    """Every plan that the settings leave open, best matte first. is_detail: the network only adds to another engine's.

    has_sizes: the engine has several matte sizes. The light engine has one, and propagation costs more than its network
    (4.0 against 2.9 ms, tests/bench/carried.py): its plans differ only in the closer look, if it has that. So do the
    last ones of a network that it guides.
    """
    looks: list[bool | None] = [None]
    if has_closer_look:
        looks = [True, False] if settings.closer_look else [False]
    if not has_sizes:
        return [Plan(settings.stride or 1, 0, each) for each in looks]
    sizes = (settings.matte_size,) if settings.matte_size else SIZES_PX
    if settings.stride:
        return [Plan(settings.stride, size, looks[0]) for size in sizes]
    strides = DETAIL_STRIDES if is_detail else STRIDES
    return [
        *(Plan(1, size, looks[0]) for size in sizes),
        *(Plan(stride, sizes[-1], looks[0]) for stride in strides[1:]),
        *(Plan(strides[-1], sizes[-1], each) for each in looks[1:]),
    ]


class LoadControl:
    """Chooses the plan; calls apply() with each new plan, also the first."""

    def __init__(
        self,
        period_s: float,
        start: Plan,
        has_sizes: bool,
        apply: Callable[[Plan], None],
        has_closer_look: bool = False,
        fixed: Mapping[str, int] | None = None,
        is_detail: bool = False,
    ) -> None:
        """period_s: between two frames of the source; start: the first plan, or the nearest that the settings allow;
        fixed: settings that have these values whatever the user's are; is_detail: see ladder(); detail may be of any
        age."""
        self._period_s, self._apply, self._fixed = period_s, apply, fixed or {}
        self._has_sizes, self._has_closer_look, self._is_detail = has_sizes, has_closer_look, is_detail
        self._plan, self._plans = start, list[Plan]()
        self._pins: object = None
        self._easy_since_s = self._stepped_up_s = float("-inf")
        self._ease_s = EASE_S
        self._has_said_all = False  # it has logged that no cheaper plan would help

    @property
    def plan(self) -> Plan:
        return self._plan

    def decide(self, load: Load, settings: Settings, now_s: float) -> None:
        """Looks at the load once and goes at most one step along the ladder."""
        self.pin(settings)
        position = self._plans.index(self._plan)
        pressure = self._pressure(load, settings)
        if pressure:
            if now_s - self._stepped_up_s < 2 * EASE_S:
                self._ease_s = min(LONGEST_EASE_S, 2 * self._ease_s)
            self._stepped_up_s, self._easy_since_s = float("-inf"), now_s
            relief = self._relief(load, position)
            if relief is not None:
                self._take(relief, pressure)
            elif not self._has_said_all:
                self._has_said_all = True
                log.warning("load control: %s, and no cheaper plan than %s would help", pressure, self._plan)
        elif position == 0 or not self._has_room(load, settings, self._plans[position - 1]):
            self._easy_since_s = now_s
        elif now_s - self._easy_since_s >= self._ease_s:
            self._stepped_up_s = self._easy_since_s = now_s
            self._take(self._plans[position - 1], "there is room")

    def pin(self, settings: Settings) -> None:
        """Keeps to the settings' fixed values: moves to the nearest plan that they allow."""
        settings = change(settings, self._fixed)
        pins = (settings.matte_size, settings.stride, self._has_closer_look and settings.closer_look)
        if pins == self._pins:
            return
        is_first, self._pins = self._pins is None, pins
        self._plans = ladder(settings, self._has_sizes, self._has_closer_look, self._is_detail)
        nearest = min(self._plans, key=lambda plan: abs(plan.matte_size - self._plan.matte_size))  # the best of them
        if is_first or nearest != self._plan:
            self._take(nearest, "" if is_first else "as set")

    def _take(self, plan: Plan, reason: str) -> None:
        self._plan, self._has_said_all = plan, False
        self._apply(plan)
        if reason:
            log.info("load control: %s (%s)", plan, reason)

    def _pressure(self, load: Load, settings: Settings) -> str:
        """Why a cheaper plan is necessary; '' if none is."""
        if load.dropped > 1 or load.busy_s > LATE * self._period_s:
            return f"frames take {1000 * load.busy_s:.0f} ms of {1000 * self._period_s:.0f}, {load.dropped} dropped"
        if load.key_s > OLD_MATTE_S or (load.key_s and not self._is_fresh(load, self._plan)):
            age_s = self._oldest_s(load, self._plan)
            return f"the network takes {1000 * load.key_s:.0f} ms, mattes grow {age_s:.1f} s old"
        if settings.max_cpu and 100 * load.cpu_share > settings.max_cpu:
            return f"{100 * load.cpu_share:.0f} % of the processor, {settings.max_cpu:g} % allowed"
        return ""

    def _relief(self, load: Load, position: int) -> Plan | None:
        """The next cheaper plan; where mattes would grow too old with it, or do so already, a shorter stride."""
        cheaper = self._plans[position + 1] if position + 1 < len(self._plans) else None
        if cheaper is not None and cheaper.stride == self._plan.stride:
            return cheaper  # a smaller size makes mattes younger
        if cheaper is not None and load.key_s <= OLD_MATTE_S and self._is_fresh(load, cheaper):
            return cheaper
        if self._is_fresh(load, self._plan):
            return None
        same_size = [each for each in self._plans[:position] if each.matte_size == self._plan.matte_size]
        return next((each for each in reversed(same_size) if self._is_fresh(load, each)), None)

    def _is_fresh(self, load: Load, plan: Plan) -> bool:
        """Whether mattes stay recent enough with it, at the present size: a longer stride makes them older."""
        return self._is_detail or self._oldest_s(load, plan) < OLDEST_MATTE_S

    def _oldest_s(self, load: Load, plan: Plan) -> float:
        """How old a matte grows: until the next key frame's is there, after that one's wait and run and its own run."""
        return 2 * load.key_s + plan.stride * self._period_s

    def _has_room(self, load: Load, settings: Settings, better: Plan) -> bool:
        """Whether the better plan would fit, if the network's cost grows with its area and how often it runs."""
        area = (better.matte_size / self._plan.matte_size) ** 2 if self._plan.matte_size else 1.0
        oftener = MOST_GROWTH if self._plan.stride == NEVER else self._plan.stride / better.stride
        growth = area * min(MOST_GROWTH, oftener)
        if better.closer_look and not self._plan.closer_look:
            growth *= CLOSER_GROWTH
        return (
            load.busy_s < EASY * self._period_s
            and load.key_s * area < FRESH_MATTE_S
            and (not settings.max_cpu or 100 * load.cpu_share * growth < 0.9 * settings.max_cpu)
        )


class Watch:
    """Makes a Load from the statistics every LOOK_S and passes it to load control. One call per frame."""

    def __init__(
        self,
        control: LoadControl,
        busy_s: Callable[[int], Sequence[float]],
        dropped: Callable[[], int],
        key_s: Callable[[], float],
        cores: int,
    ) -> None:
        """busy_s(n): the loop's time for the newest n frames, each; dropped: in all; key_s: the newest key frame's."""
        self._control, self._busy_s, self._dropped, self._key_s, self._cores = control, busy_s, dropped, key_s, cores
        self._looked_s = time.monotonic()
        self.start_over()
        self._cpu_s, self._lost = time.process_time(), 0
        self._frames = 0

    def start_over(self) -> None:
        """What was seen so far tells nothing: livebg prepared something, and frames waited for that."""
        self._judges_from_s = time.monotonic() + START_S

    def __call__(self, settings: Settings) -> None:
        self._frames += 1
        now_s = time.monotonic()
        elapsed_s = now_s - self._looked_s
        if elapsed_s < LOOK_S:
            return
        if now_s < self._judges_from_s:
            self._looked_s, self._cpu_s, self._lost, self._frames = now_s, time.process_time(), self._dropped(), 0
            return
        busy = self._busy_s(self._frames)
        cpu_s, lost = time.process_time(), self._dropped()
        load = Load(
            busy_s=sum(busy) / max(1, len(busy)),  # the loop catches up with a few slow ones
            dropped=lost - self._lost,
            cpu_share=(cpu_s - self._cpu_s) / elapsed_s / self._cores,
            key_s=self._key_s(),
        )
        self._looked_s, self._cpu_s, self._lost, self._frames = now_s, cpu_s, lost, 0
        self._control.decide(load, settings, now_s)
