"""What comes down, and a frame's places."""

from __future__ import annotations

import numpy as np
import torch

from livebg.matting.temporal.edge_torch import SCALARS
from livebg.pipeline.cuda.in_flight import InFlight, Outputs, Sizes, Slot
from livebg.pipeline.cuda.streams import InTurn

SIZES = (Sizes((4, 6), (2, 3)), (3, 5))


def test_shapes_of_what_comes_down() -> None:
    assert Outputs("bgr").shape(45, 61) == (45, 61, 3)
    assert Outputs("i420").shape(45, 61) == (69, 62)
    assert Slot(InTurn("cpu"), *SIZES, Outputs()).result.shape == (4, 6, 3)


def test_an_answer_is_the_callers_own() -> None:
    streams = InTurn("cpu")
    flight = InFlight(Slot(streams, *SIZES, Outputs()))
    flight.answered = streams.download([(torch.full((2, 3), 0.5), flight.slot.answer_host)])
    flight.wait_for_answer()
    answer = flight.answer()
    flight.slot.answer_host.zero_()
    assert (answer == 0.5).all()


def test_what_goes_up_is_what_was_given() -> None:
    streams = InTurn("cpu")
    slot = Slot(streams, *SIZES, Outputs())
    alpha, motion, scalars = np.full((2, 3), 0.25), np.full((3, 5), 0.5), np.arange(SCALARS)
    cells, flow = np.ones((2, 3), np.uint8), np.full((3, 5, 2), 1.5)
    streams.upload(slot.fill(alpha, cells, motion, scalars, flow))
    pairs = (slot.alpha, alpha), (slot.motion, motion), (slot.scalars, scalars), (slot.flow, flow), (slot.cells, cells)
    for place, given in pairs:
        np.testing.assert_array_equal(place, given)
    assert len(slot.fill(alpha, cells, None, scalars, flow)) == 2


def test_stages_are_told_in_the_order_of_their_work() -> None:
    streams = InTurn("cpu")
    flight = InFlight(Slot(streams, *SIZES, Outputs()))
    flight.marks = [("begin", streams.mark()), ("network", streams.mark())]
    flight.later_marks = [("begin", streams.mark()), ("edges", streams.mark()), ("download", streams.mark())]
    times = flight.step_ms()
    assert list(times) == ["network", "edges", "download"]
    assert min(times.values()) >= 0
