"""Load control on a GPU: the size that fits, steps under pressure, and no step for what a frame waits for once."""

from __future__ import annotations

import pytest

from livebg.core.settings import Settings
from livebg.core.stats import Stats
from livebg.pipeline.cuda.load_control import GpuLoadControl, fitting_px
from livebg.pipeline.live.load_control import LOOK_S, SIZES_PX, START_S

PERIOD_S = 1 / 30
LARGEST, MIDDLE, SMALLEST = SIZES_PX


class Gpu:
    """A processor whose times are known. frame_s, network_s: at the smallest size."""

    def __init__(self, frame_s: float = 0.0, network_s: float = 0.0) -> None:
        self._times_s = frame_s, network_s
        self.matte_px, self.preparations, self.sizes = LARGEST, (1, 0), []

    def resize(self, matte_px: int) -> None:
        self.matte_px = matte_px
        self.sizes.append(matte_px)

    def measure(self, height: int, width: int, host: object) -> tuple[float, float]:
        assert (height, width, host, self.matte_px) == (720, 1280, "steps", SMALLEST)
        return self._times_s


@pytest.mark.parametrize(
    ("frame_ms", "network_ms", "host_ms", "px"),
    [
        *((3, 1, 0, LARGEST), (8, 5, 0, LARGEST), (8, 2, 7, LARGEST), (10, 2, 8, MIDDLE), (12, 8, 0, MIDDLE)),
        *((19, 15, 0, SMALLEST), (90, 80, 0, SMALLEST), (3, 0, 0, SMALLEST)),
    ],
)
def test_the_largest_size_that_leaves_time_to_spare_fits(
    frame_ms: float, network_ms: float, host_ms: float, px: int
) -> None:
    def open_host(stats: Stats) -> str:
        stats.add("subject", host_ms / 1000)
        return "steps"

    found = fitting_px(Gpu(frame_ms / 1000, network_ms / 1000), open_host, 720, 1280, PERIOD_S)
    assert found == px  # 60 % of 33 ms


class Clock:
    """Frames on a clock of the test's own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s, self.dropped = 100.0, 0
        monkeypatch.setattr("livebg.pipeline.live.load_control.time.monotonic", lambda: self.now_s)

    def run(self, control: GpuLoadControl, busy_s: float, seconds: float, settings: Settings | None = None) -> None:
        for _ in range(round(seconds / PERIOD_S)):
            self.now_s += PERIOD_S
            control.took(busy_s)
            control(settings or Settings())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def _control(gpu: Gpu, clock: Clock, settings: Settings | None = None) -> GpuLoadControl:
    return GpuLoadControl(gpu, settings or Settings(), PERIOD_S, lambda: clock.dropped)


def test_under_pressure_the_size_falls_to_the_smallest_and_no_stride_follows(clock: Clock) -> None:
    gpu = Gpu()
    control = _control(gpu, clock, Settings(stride=3))
    clock.run(control, 0.032, START_S + 5, Settings(stride=3))
    assert gpu.sizes == [LARGEST, MIDDLE, SMALLEST]


def test_with_time_to_spare_it_grows_again(clock: Clock) -> None:
    gpu = Gpu()
    gpu.matte_px = SMALLEST
    control = _control(gpu, clock)
    clock.run(control, 0.008, START_S + 10)
    assert gpu.matte_px == LARGEST


def test_a_size_that_is_set_stays(clock: Clock) -> None:
    gpu = Gpu()
    gpu.matte_px = 320
    control = _control(gpu, clock, Settings(matte_size=320))
    clock.run(control, 0.032, START_S + 5, Settings(matte_size=320))
    assert set(gpu.sizes) == {320}


def test_frames_lost_while_a_size_was_made_ready_are_no_pressure(clock: Clock) -> None:
    gpu = Gpu()
    control = _control(gpu, clock)
    clock.run(control, 0.015, START_S + 2 * LOOK_S)
    clock.dropped += 20
    gpu.preparations = (2, 0)
    clock.run(control, 0.015, 5)
    assert gpu.matte_px == LARGEST
    clock.dropped += 20
    clock.run(control, 0.015, 1)
    assert gpu.matte_px == MIDDLE
