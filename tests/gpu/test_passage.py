"""What comes down, and a frame's places."""

from __future__ import annotations

import torch

from livebg.gpu.lanes import InTurn
from livebg.gpu.passage import Outputs, Passage, Slot


def test_shapes_of_what_comes_down() -> None:
    assert Outputs("bgr").shape(45, 61) == (45, 61, 3)
    assert Outputs("i420").shape(45, 61) == (69, 62)
    assert Slot(InTurn("cpu"), (4, 6), Outputs(has_alpha=False)).alpha.numel() == 0


def test_a_passage_is_valid_only_where_the_device_said_so_and_times_its_stages() -> None:
    lanes = InTurn("cpu")
    for said in (True, False):
        slot = Slot(lanes, (4, 6), Outputs())
        passage = Passage(slot, [("begin", lanes.mark()), ("network", lanes.mark())])
        assert not passage.is_valid
        passage.done = lanes.download([(torch.tensor([said]), slot.flag_host)])
        passage.wait()
        assert passage.is_valid is said
        assert list(passage.stage_ms()) == ["network"]
