"""Load control's decisions on loads known by hand: pressure, ease, pins, and no hunting between the two."""

from __future__ import annotations

from itertools import pairwise

import pytest

from livebg.core.settings import Settings
from livebg.pipeline.live.load_control import (
    DETAIL_STRIDES,
    EASE_S,
    LOOK_S,
    NEVER,
    SIZES_PX,
    Load,
    LoadControl,
    Plan,
    Watch,
    ladder,
)

PERIOD_S = 1 / 30
SMALLEST = Settings(matte_size=192)  # only the stride is left to choose
CALM = Load(busy_s=0.008, dropped=0, cpu_share=0.2, key_s=0.0)
LATE = Load(busy_s=0.034, dropped=0, cpu_share=0.5, key_s=0.0)


def _control(start: Plan | None = None, has_sizes: bool = True) -> tuple[LoadControl, list[Plan]]:
    taken: list[Plan] = []
    return LoadControl(PERIOD_S, start or Plan(1, 192), has_sizes, taken.append), taken


def _run(control: LoadControl, load: Load, seconds: float, settings: Settings, begin_s: float = 0.0) -> float:
    now_s = begin_s
    while now_s < begin_s + seconds:
        now_s += LOOK_S
        control.decide(load, settings, now_s)
    return now_s


def test_while_there_is_time_nothing_changes() -> None:
    control, taken = _control()
    _run(control, CALM, 30, SMALLEST)
    assert taken == [Plan(1, 192)]


@pytest.mark.parametrize(
    "load",
    [LATE, Load(0.008, 2, 0.5, 0.0)],
    ids=["frames late", "frames dropped"],
)
def test_pressure_is_answered_by_the_first_look(load: Load) -> None:
    control, taken = _control()
    control.decide(load, SMALLEST, LOOK_S)
    assert taken == [Plan(1, 192), Plan(2, 192)]


def test_one_lost_frame_is_no_pressure() -> None:
    control, taken = _control()
    control.decide(Load(0.008, 1, 0.5, 0.0), SMALLEST, LOOK_S)
    assert taken == [Plan(1, 192)]


def test_under_lasting_pressure_it_ends_at_the_cheapest_plan() -> None:
    control, taken = _control()
    _run(control, LATE, 10, SMALLEST)
    assert taken == [Plan(each, 192) for each in (1, 2, 3, 4, 6, 8, 12)]


@pytest.mark.parametrize("max_cpu", [0, 60], ids=["no limit", "60 % allowed, 20 % in use"])
def test_detail_rests_longer_and_longer_then_stops_and_comes_back(
    caplog: pytest.LogCaptureFixture, max_cpu: int
) -> None:
    """Another engine judges every frame: its network need not run at all."""
    caplog.set_level("INFO")
    settings = Settings(matte_size=192, max_cpu=max_cpu)
    taken: list[Plan] = []
    control = LoadControl(PERIOD_S, Plan(1, 192), True, taken.append, is_detail=True)
    now_s = _run(control, LATE, 10, settings)
    assert [plan.stride for plan in taken] == list(DETAIL_STRIDES)
    assert taken[-1].stride == NEVER
    assert (
        "load control: no detail from the network, the light engine's matte alone (frames take 34 ms of 33"
        in caplog.text
    )
    _run(control, CALM, 4 * EASE_S, settings, now_s)
    assert [plan.stride for plan in taken] == [*DETAIL_STRIDES, *reversed(DETAIL_STRIDES[:-1])]


def test_without_detail_a_stride_that_the_user_sets_is_kept() -> None:
    taken: list[Plan] = []
    control = LoadControl(PERIOD_S, Plan(1, 192), True, taken.append, is_detail=True)
    now_s = _run(control, LATE, 10, SMALLEST)
    control.decide(LATE, Settings(matte_size=192, stride=4), now_s + LOOK_S)
    assert taken[-1] == Plan(4, 192)


def test_ease_brings_the_better_plans_back_one_by_one() -> None:
    control, taken = _control()
    now_s = _run(control, LATE, 10, SMALLEST)
    _run(control, CALM, 7 * EASE_S, SMALLEST, now_s)
    assert [plan.stride for plan in taken[-7:]] == [12, 8, 6, 4, 3, 2, 1]


def test_a_step_up_that_was_too_early_is_tried_less_and_less_often() -> None:
    control, _ = _control()
    now_s = 0.0
    steps_up = []
    control.decide(LATE, SMALLEST, now_s)
    while now_s < 120:
        now_s += LOOK_S
        before = control.plan
        control.decide(LATE if control.plan == Plan(1, 192) else CALM, SMALLEST, now_s)
        if control.plan.stride < before.stride:
            steps_up.append(now_s)
    gaps = [later - earlier for earlier, later in pairwise(steps_up)]
    assert len(steps_up) < 8
    assert gaps == sorted(gaps)
    assert gaps[-1] > 8 * EASE_S


def test_the_size_goes_before_the_stride() -> None:
    control, taken = _control(Plan(1, 512))
    _run(control, LATE, 2, Settings())
    assert taken == [Plan(1, 512), Plan(1, 384), Plan(1, 288), Plan(2, 288), Plan(3, 288)]


def test_a_network_that_is_too_slow_gets_smaller_sizes_but_no_longer_stride() -> None:
    control, taken = _control(Plan(1, 512))
    _run(control, Load(0.008, 0, 0.9, 0.5), 5, Settings())
    assert taken == [Plan(1, 512), Plan(1, 384), Plan(1, 288)], "at less the network loses people"


def test_no_stride_is_taken_with_which_mattes_would_grow_too_old() -> None:
    control, _ = _control()
    _run(control, Load(0.034, 0, 0.9, 0.29), 10, SMALLEST)
    assert control.plan == Plan(6, 192)  # 8 frames and two runs of the network would be 0.85 s


def test_a_stride_with_which_mattes_have_grown_too_old_is_left(caplog: pytest.LogCaptureFixture) -> None:
    """The network slows down afterwards: a second program begins to work."""
    control, taken = _control()
    now_s = _run(control, Load(0.034, 0, 0.9, 0.2), 10, SMALLEST)
    assert control.plan == Plan(8, 192)
    slower = Load(0.034, 0, 0.9, 0.29)
    control.decide(slower, SMALLEST, now_s + LOOK_S)
    assert control.plan == Plan(6, 192)  # with 8 they would be 0.85 s old
    _run(control, slower, 10, SMALLEST, now_s + LOOK_S)
    assert taken[-1] == Plan(6, 192)
    assert caplog.text.count("no cheaper plan than stride 6, matte size 192 px would help") == 1


def test_where_no_plan_keeps_mattes_young_enough_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    control, taken = _control(Plan(1, 512))
    _run(control, Load(0.008, 0, 0.9, 0.6), 10, Settings(matte_size=512))
    assert taken == [Plan(1, 512)]
    assert caplog.text.count("the network takes 600 ms, mattes grow 1.2 s old, and no cheaper plan than") == 1


def test_a_slow_source_with_a_quick_engine_is_no_pressure() -> None:
    taken: list[Plan] = []
    control = LoadControl(1.0, Plan(1), False, taken.append)
    _run(control, CALM, 10, Settings())
    assert taken == [Plan(1)]


def test_a_larger_size_is_taken_only_if_its_key_frames_stay_young() -> None:
    control, _ = _control(Plan(1, 288))
    _run(control, Load(0.008, 0, 0.9, 0.14), 10, Settings())
    assert control.plan == Plan(1, 288)  # 384: 0.14 s · (384 / 288)² is above the limit
    _run(control, Load(0.008, 0, 0.3, 0.05), EASE_S + 2 * LOOK_S, Settings(), 10)
    assert control.plan == Plan(1, 384)


def test_the_processor_limit_is_kept() -> None:
    control, _ = _control()
    settings = Settings(matte_size=192, max_cpu=20)
    control.decide(Load(0.008, 0, 0.25, 0.0), settings, LOOK_S)
    assert control.plan == Plan(2, 192)
    _run(control, Load(0.008, 0, 0.15, 0.0), 10, settings)
    assert control.plan == Plan(2, 192)  # back at stride 1 it would take 30 %


def test_where_nothing_cheaper_is_left_that_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    control, taken = _control(Plan(1), has_sizes=False)
    _run(control, LATE, 10, Settings())
    assert taken == [Plan(1)]
    assert caplog.text.count("no cheaper plan than stride 1 would help") == 1


@pytest.mark.parametrize(
    ("settings", "has_sizes", "plans"),
    [
        (Settings(stride=3), False, [Plan(3)]),
        (Settings(matte_size=320), True, [Plan(each, 320) for each in (1, 2, 3, 4, 6, 8, 12)]),
        (Settings(matte_size=320, stride=2), True, [Plan(2, 320)]),
        (Settings(stride=2), True, [Plan(2, each) for each in SIZES_PX]),
        (Settings(matte_size=320), False, [Plan(1)]),
    ],
)
def test_what_is_pinned_stays(settings: Settings, has_sizes: bool, plans: list[Plan]) -> None:
    assert ladder(settings, has_sizes) == plans


CLOSE, PLAIN = Plan(1, closer_look=True), Plan(1, closer_look=False)


def _light() -> tuple[LoadControl, list[Plan]]:
    taken: list[Plan] = []
    return LoadControl(PERIOD_S, CLOSE, False, taken.append, has_closer_look=True), taken


def test_the_light_engines_ladder_is_whether_it_looks_closely() -> None:
    assert ladder(Settings(), has_sizes=False, has_closer_look=True) == [CLOSE, PLAIN]
    guided = ladder(Settings(matte_size=288), has_sizes=True, has_closer_look=True, is_detail=True)
    assert guided == [*(Plan(each, 288, True) for each in DETAIL_STRIDES), Plan(NEVER, 288, False)]
    assert ladder(Settings(stride=3), False, True) == [Plan(3, 0, True), Plan(3, 0, False)]
    assert ladder(Settings(closer_look=False), False, True) == [PLAIN]


def test_under_pressure_the_closer_look_goes_and_with_ease_it_returns(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    control, taken = _light()
    now_s = _run(control, LATE, 3, Settings())
    assert taken == [CLOSE, PLAIN]
    _run(control, CALM, 2 * EASE_S, Settings(), now_s)
    assert taken == [CLOSE, PLAIN, CLOSE]
    said = [each for each in caplog.messages if "closer look" in each]
    assert said[0].startswith("load control: stride 1, without the closer look (frames take 34 ms")
    assert said[-1] == "load control: stride 1, with the closer look (there is room)"


def test_the_closer_look_must_fit_under_the_processor_limit() -> None:
    control, taken = _light()
    settings = Settings(max_cpu=20)
    control.decide(Load(0.008, 0, 0.25, 0.0), settings, LOOK_S)
    _run(control, Load(0.008, 0, 0.16, 0.0), 20, settings)
    assert taken == [CLOSE, PLAIN]  # with it, it would take 24 %
    _run(control, Load(0.008, 0, 0.11, 0.0), 2 * EASE_S, settings, 20)
    assert taken == [CLOSE, PLAIN, CLOSE]


def test_the_closer_look_is_switched_at_once() -> None:
    control, taken = _light()
    control.decide(CALM, Settings(), LOOK_S)
    control.decide(CALM, Settings(closer_look=False), 2 * LOOK_S)
    control.decide(CALM, Settings(), 3 * LOOK_S)
    assert taken == [CLOSE, PLAIN, CLOSE]


def test_a_pin_set_while_running_applies_at_once() -> None:
    control, taken = _control(Plan(1), has_sizes=False)
    control.decide(CALM, Settings(), LOOK_S)
    control.decide(CALM, Settings(stride=4), 2 * LOOK_S)
    assert taken == [Plan(1), Plan(4)]


@pytest.mark.parametrize(
    ("slow_share", "plans"),
    [(5, [True]), (1, [True, False])],
    ids=["each fifth frame is slow, and catches up", "each frame is slow"],
)
def test_slow_frames_that_catch_up_are_no_pressure(
    monkeypatch: pytest.MonkeyPatch, slow_share: int, plans: list[bool]
) -> None:
    """Without the closer look much of a furnished room shows: it goes only where frames would be lost otherwise."""
    now_s = [100.0]
    monkeypatch.setattr("livebg.pipeline.live.load_control.time.monotonic", lambda: now_s[0])
    taken: list[Plan] = []
    control = LoadControl(PERIOD_S, Plan(1, 0, True), False, taken.append, has_closer_look=True)
    busy: list[float] = []
    watch = Watch(control, lambda count: busy[-count:], dropped=lambda: 0, key_s=lambda: 0.0, cores=2)
    for number in range(90):
        now_s[0] += PERIOD_S
        busy.append(1.2 * PERIOD_S if number % slow_share == 0 else 0.65 * PERIOD_S)
        watch(Settings())
    assert [plan.closer_look for plan in taken] == plans


def test_the_watch_looks_twice_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("livebg.pipeline.live.load_control.time.monotonic", lambda: now_s[0])
    monkeypatch.setattr("livebg.pipeline.live.load_control.time.process_time", lambda: 0.5 * now_s[0])
    seen: list[Load] = []

    class Recorder(LoadControl):
        def decide(self, load: Load, settings: Settings, now_s: float) -> None:
            del settings, now_s
            seen.append(load)

    busy = [0.5] * 100
    watch = Watch(
        Recorder(PERIOD_S, Plan(1), False, lambda _: None),
        busy_s=lambda count: busy[-count:],
        dropped=lambda: len(busy),
        key_s=lambda: 0.1,
        cores=2,
    )
    for _ in range(64):
        now_s[0] += PERIOD_S
        busy.append(0.01)
        watch(Settings())
    assert len(seen) == 3  # the first second is left alone
    assert seen[1].busy_s == 0.01  # what was before the last look no longer counts
    assert seen[1].dropped == 15 or seen[1].dropped == 16
    assert seen[1].cpu_share == pytest.approx(0.25)
    assert seen[1].key_s == 0.1
