"""Load control on a GPU: the network's size, chosen from how long the processing thread is busy with each frame.

The network looks at every frame, whatever --stride says: to carry a matte along costs the host more than the smallest
size costs a GPU. Processing thread.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from livebg.core.machine import cores
from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.models.guided.engine import grid_of
from livebg.pipeline.cuda.host_steps import HostSteps
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.live.load_control import EASY, SIZES_PX, LoadControl, Plan, Watch

KEPT = 1000  # frames whose times it remembers


class GpuLoadControl:
    """Calls gpu.resize(). period_s: between two frames of the camera; dropped: how many of them were lost so far."""

    def __init__(self, gpu: GpuProcessor, settings: Settings, period_s: float, dropped: Callable[[], int]) -> None:
        self._gpu = gpu
        self._busy_s: deque[float] = deque(maxlen=KEPT)
        start, fixed = Plan(1, gpu.matte_px), {"stride": 1}
        control = LoadControl(period_s, start, True, lambda plan: gpu.resize(plan.matte_size), fixed=fixed)
        control.pin(settings)
        self._watch = Watch(
            control,
            busy_s=lambda count: list(self._busy_s)[-count:],
            dropped=dropped,
            key_s=lambda: 0.0,
            cores=cores(),
        )
        self._prepared = gpu.preparations

    def took(self, busy_s: float) -> None:
        """What the newest frame cost the thread, waiting for the device included: with a frame in flight less than the
        time from its begin to its end."""
        self._busy_s.append(busy_s)

    def __call__(self, settings: Settings) -> None:
        """After each frame. What a frame waited for once, for memory or a graph, is no load."""
        prepared = self._gpu.preparations
        if prepared != self._prepared:
            self._prepared = prepared
            self._watch.start_over()
        self._watch(settings)


def fitting_px(
    gpu: GpuProcessor, open_host: Callable[[Stats], HostSteps], height: int, width: int, period_s: float
) -> int:
    """The largest of load control's sizes at which frames of height x width, px, should leave time to spare.

    It measures the smallest one, and takes the network's time to grow with its area, and the host's corrections with
    their matte's. open_host: opens corrections like the frames' own, which see noise. Raises ModelError.
    """
    smallest, stats = SIZES_PX[-1], Stats()
    gpu.resize(smallest)
    frame_s, network_s = gpu.measure(height, width, open_host(stats))
    host_s = sum(each.p50_ms for each in stats.snapshot().stages.values()) / 1000

    def predicted_s(px: int) -> float:
        matte, least = (math.prod(grid_of(height, width, each)) for each in (px, smallest))
        return frame_s + network_s * ((px / smallest) ** 2 - 1) + host_s * (matte / least - 1)

    fitting = (px for px in SIZES_PX if predicted_s(px) < EASY * period_s)
    return next(fitting, smallest) if network_s else smallest
