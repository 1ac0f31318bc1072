"""What may leave: one test per reason why a matte may not be used."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Composite, Frame, Result, fault_of
from livebg.scene.output_gate import OutputGate
from livebg.scene.standby import StandbyImages

BASE = np.full((9, 16, 3), 50, np.uint8)
FRAME = Frame(np.zeros((9, 16, 3), np.uint8), 5, 0.0, 0.0)
GOOD = np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)


def _with(value: float) -> np.ndarray:
    values = GOOD.copy()
    values[0, 0] = value
    return values


def test_a_valid_matte_passes() -> None:
    assert fault_of(Alpha(GOOD, 5), FRAME) == ""


@pytest.mark.parametrize(
    ("alpha", "words"),
    [
        (Alpha(GOOD, 4), "of frame 4, not 5"),
        (Alpha(_with(np.nan), 5), "nan"),
        (Alpha(_with(np.inf), 5), "inf"),
        (Alpha(_with(-0.1), 5), "-0.1"),
        (Alpha(_with(1.5), 5), "1.5"),
        (Alpha(GOOD.ravel(), 5), "shape"),
        (Alpha(GOOD.astype(np.float64), 5), "float64"),  # type: ignore[arg-type]  # the fault under test
        (Alpha(np.zeros((0, 4), np.float32), 5), "shape"),
    ],
)
def test_anything_else_is_named(alpha: Alpha, words: str) -> None:
    assert words in fault_of(alpha, FRAME)


def _composite(frame: Frame = FRAME, level: int = 200, **rest: Any) -> Composite:
    return Composite(np.full((9, 16, 3), level, np.uint8), frame, np.ones((9, 16), np.float32), **rest)


def _outcome(composite: Composite | None, fault: str = "", frame: Frame = FRAME) -> Result:
    return Result(frame, composite, fault, BASE, 0.001)


def _levels(gate: OutputGate, *steps: tuple[float, Composite | None, str]) -> list[int]:
    return [
        int(gate.for_frame(_outcome(composite, fault), Settings(), now_s).image[0, 0, 0])
        for now_s, composite, fault in steps
    ]


def test_a_composite_of_this_frame_passes_as_it_is() -> None:
    composite = _composite()
    assert OutputGate(StandbyImages(BASE), True).for_frame(_outcome(composite), Settings(), 1.0) is composite


@pytest.mark.expects_error_log
def test_a_fault_is_bridged_for_a_moment_then_the_card_stands() -> None:
    gate = OutputGate(StandbyImages(BASE), is_live=True)
    bad = (None, "broken")
    assert _levels(gate, (1.0, _composite(), ""), (1.1, *bad), (1.45, *bad), (1.6, *bad)) == [200, 200, 200, 50]
    assert not gate.is_open
    assert _levels(gate, (1.7, _composite(), "")) == [200]
    assert gate.meanwhile(Settings(), 2.0).image[0, 0, 0] == 200
    assert gate.meanwhile(Settings(), 4.0).image[0, 0, 0] == 50


@pytest.mark.expects_error_log
def test_in_a_file_a_frame_without_matte_is_the_bare_background() -> None:
    gate = OutputGate(StandbyImages(BASE), is_live=False)
    assert _levels(gate, (1.0, _composite(), ""), (1.01, None, "broken")) == [200, 50]


@pytest.mark.expects_error_log
@pytest.mark.parametrize(
    ("composite", "now_s"),
    [
        (_composite(Frame(FRAME.image, 4, 0.0, 0.0)), 1.0),
        (_composite(), 3.0),
        (Composite(np.zeros((9, 15, 3), np.uint8), FRAME), 1.0),
        (Composite(np.zeros((9, 16, 3), np.float32), FRAME), 1.0),  # type: ignore[arg-type]  # the fault under test
        (Composite(np.zeros((9, 16, 3), np.uint8), None), 1.0),
        (None, 1.0),
    ],
)
def test_what_is_not_of_this_frame_right_in_shape_and_fresh_does_not_pass(
    composite: Composite | None, now_s: float
) -> None:
    gate = OutputGate(StandbyImages(BASE), is_live=True)
    shown = gate.for_frame(_outcome(composite), Settings(), now_s)
    assert (shown.image[0, 0] == 50).all()
    assert shown.alpha is None


HIDDEN = Settings(hide=True)


@pytest.mark.parametrize("is_live", [True, False])
def test_who_hides_is_nowhere_from_the_next_frame_on(is_live: bool) -> None:
    gate = OutputGate(StandbyImages(BASE), is_live)
    assert gate.for_frame(_outcome(_composite()), Settings(), 1.0).image[0, 0, 0] == 200
    for shown in (gate.for_frame(_outcome(_composite()), HIDDEN, 1.01), gate.meanwhile(HIDDEN, 1.02)):
        assert (shown.image[0, 0] == 50).all()
        assert shown.alpha is None
    hidden = gate.for_frame(_outcome(_composite()), HIDDEN, 1.03)
    assert hidden.frame is not None
    assert hidden.frame.sequence == FRAME.sequence
    assert (hidden.frame.image[0, 0] == 50).all(), "nor can the window show the camera's picture"
    assert gate.for_frame(_outcome(_composite()), Settings(), 1.04).image[0, 0, 0] == 200


@pytest.mark.expects_error_log
def test_after_hiding_no_fault_brings_the_last_composite_back() -> None:
    gate = OutputGate(StandbyImages(BASE), is_live=True)
    assert _levels(gate, (1.0, _composite(), "")) == [200]
    gate.for_frame(_outcome(_composite()), HIDDEN, 1.1)
    assert _levels(gate, (1.2, None, "broken")) == [50]
    assert gate.meanwhile(Settings(), 1.21).image[0, 0, 0] == 50
    assert gate.fault == "broken"


def test_who_waits_reads_what_livebg_prepares() -> None:
    cards, captions = StandbyImages(np.zeros((360, 640, 3), np.uint8)), ["Preparing", "One moment, please"]
    gate = OutputGate(cards, is_live=True, caption=lambda: captions[0])
    first = gate.meanwhile(Settings(), 1.0).image
    assert first is cards.image("Preparing")
    captions.pop(0)
    assert gate.meanwhile(Settings(), 1.1).image is cards.image("One moment, please")
    assert (first != cards.image("One moment, please")).any()


def test_a_gpus_i420_passes() -> None:
    composite = Composite(np.zeros((15, 16), np.uint8), FRAME)
    assert OutputGate(StandbyImages(BASE), True).for_frame(_outcome(composite), Settings(), 1.0) is composite


@pytest.mark.expects_error_log
def test_a_fault_is_said_once_when_it_begins_and_once_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gate, good = OutputGate(StandbyImages(BASE), True), (_composite(), "")
    _levels(gate, (1.0, *good), (1.1, None, "broken"), (1.2, None, "worse"), (1.3, *good), (1.4, *good))
    assert [each.levelname for each in caplog.records] == ["ERROR", "WARNING"]
    assert "broken" in caplog.text
    for step in range(40):  # comes and goes: not a flood
        _levels(gate, (1.5 + step / 100, *(good if step % 2 else (None, "flickers"))))
    assert len(caplog.records) == 4


def test_while_nobody_is_there_the_card_comes_after_a_time_and_goes_softly() -> None:
    gate, settings = OutputGate(StandbyImages(BASE), True), Settings(away_after=1.0)

    def level(now_s: float, coverage: float) -> int:
        frame = Frame(FRAME.image, 5, now_s, 0.0)
        result = _outcome(_composite(frame, coverage=coverage), frame=frame)
        return int(gate.for_frame(result, settings, now_s).image[0, 0, 0])

    assert [level(1 + step / 10, 0.0) for step in range(10)] == [200] * 10
    falling = [level(2 + step / 10, 0.0) for step in range(10)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 50
    rising = [level(3 + step / 10, 0.3) for step in range(8)]
    assert rising == sorted(rising)
    assert 50 < rising[0] < 200
    assert rising[-1] == 200


@pytest.mark.expects_error_log
def test_what_is_no_composite_of_its_frame_says_why() -> None:
    for is_live in (True, False):
        gate = OutputGate(StandbyImages(BASE), is_live)
        passed = gate.for_frame(_outcome(_composite()), Settings(), 0.0)
        assert (passed.fault, passed.is_standby) == ("", False)
        held = gate.for_frame(_outcome(None, "no matte"), Settings(), 0.1)
        assert (held.fault, held.is_standby) == ("no matte", not is_live)
        later = gate.for_frame(_outcome(None, "no matte"), Settings(), 9.0)
        assert (later.fault, later.is_standby) == ("no matte", True)
        hidden = gate.for_frame(_outcome(_composite()), Settings(hide=True), 9.1)
        assert (hidden.fault, hidden.is_standby) == ("", True)


@pytest.mark.expects_error_log
def test_a_forgotten_composite_does_not_come_back() -> None:
    gate = OutputGate(StandbyImages(BASE), is_live=True)
    gate.for_frame(_outcome(_composite()), Settings(), 0.0)
    gate.forget()
    assert gate.for_frame(_outcome(None, "no matte"), Settings(), 0.1).is_standby
