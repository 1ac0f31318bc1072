"""A captured stage gives what the plain one gives, from inputs that stay in their places."""

from __future__ import annotations

import pytest
import torch
from on_device import GraphsInTurn

from livebg.pipeline.cuda.graphs import GraphedStep, GraphedSteps
from livebg.pipeline.cuda.streams import InTurn


def twice(values: torch.Tensor) -> tuple[torch.Tensor]:
    return (values * 2,)


def test_replays_from_the_same_place_to_the_same_place() -> None:
    streams, values = GraphsInTurn("cpu"), torch.tensor([1.0, 2.0])
    stage = GraphedStep(twice, streams, is_enabled=True)
    (first,) = stage(values)
    values.copy_(torch.tensor([3.0, 4.0]))
    (second,) = stage(values)
    assert second is first
    assert second.tolist() == [6.0, 8.0]
    assert streams.captures == 1


def test_other_inputs_are_our_own_mistake() -> None:
    stage = GraphedStep(twice, GraphsInTurn("cpu"), is_enabled=True)
    stage(torch.zeros(2))
    with pytest.raises(AssertionError, match="other tensors"):
        stage(torch.zeros(2))


def test_switched_off_it_is_the_plain_stage() -> None:
    stage = GraphedStep(twice, InTurn("cpu"), is_enabled=False)
    assert stage(torch.tensor([1.0]))[0].tolist() == [2.0]
    assert stage(torch.tensor([5.0]))[0].tolist() == [10.0]


def test_where_no_graphs_are_a_capture_is_told() -> None:
    with pytest.raises(RuntimeError, match="captures no graphs"):
        GraphedStep(twice, InTurn("cpu"), is_enabled=True)(torch.zeros(1))


def test_a_step_stays_the_same_until_it_is_forgotten() -> None:
    steps = GraphedSteps(InTurn("cpu"), is_captured=False)
    first, other = steps(("blur", 3), twice), steps(("edges",), twice)
    assert steps(("blur", 3), twice) is steps.known(("blur", 3)) is first
    assert steps.made == 2
    steps.forget("blur")
    assert steps.known(("blur", 3)) is None
    assert steps.known(("edges",)) is other
    steps(("blur", 3), twice)
    assert steps.made == 3
