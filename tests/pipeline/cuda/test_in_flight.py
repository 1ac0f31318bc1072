"""What comes down, and a frame's places."""

from __future__ import annotations

import numpy as np
import torch

from livebg.matting.temporal.edge_torch import SCALARS
from livebg.pipeline.cuda.in_flight import Outputs, Passage, Slot
from livebg.pipeline.cuda.streams import InTurn

SIZES = ((4, 6), (2, 3), (3, 5))


def test_shapes_of_what_comes_down() -> None:
    assert Outputs("bgr").shape(45, 61) == (45, 61, 3)
    assert Outputs("i420").shape(45, 61) == (69, 62)
    assert Slot(InTurn("cpu"), *SIZES, Outputs()).result.shape == (4, 6, 3)


def test_an_answer_is_the_callers_own() -> None:
    lanes = InTurn("cpu")
    passage = Passage(Slot(lanes, *SIZES, Outputs()))
    passage.answered = lanes.download([(torch.full((2, 3), 0.5), passage.slot.answer_host)])
    passage.wait_for_answer()
    answer = passage.answer()
    passage.slot.answer_host.zero_()
    assert (answer == 0.5).all()


def test_what_goes_up_is_what_was_given() -> None:
    lanes = InTurn("cpu")
    slot = Slot(lanes, *SIZES, Outputs())
    alpha, motion, scalars = np.full((2, 3), 0.25), np.full((3, 5), 0.5), np.arange(SCALARS)
    cells = np.ones((2, 3), np.uint8)
    lanes.upload(slot.fill(alpha, cells, motion, scalars))
    for place, given in ((slot.alpha, alpha), (slot.motion, motion), (slot.scalars, scalars), (slot.cells, cells)):
        np.testing.assert_array_equal(place, given)
    assert len(slot.fill(alpha, cells, None, scalars)) == 2


def test_stages_are_told_in_the_order_of_their_work() -> None:
    lanes = InTurn("cpu")
    passage = Passage(Slot(lanes, *SIZES, Outputs()))
    passage.marks = [("begin", lanes.mark()), ("network", lanes.mark())]
    passage.host_ms["subject"] = 1.5
    passage.later_marks = [("begin", lanes.mark()), ("edges", lanes.mark()), ("download", lanes.mark())]
    times = passage.stage_ms()
    assert list(times) == ["network", "subject", "edges", "download"]
    assert times["subject"] == 1.5
    assert min(times.values()) >= 0
