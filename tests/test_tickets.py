"""Whatever a frame travels by has the shape that the loop asks for."""

from __future__ import annotations

import inspect

import pytest

from livebg.gpu.journey import GpuJourney
from livebg.journey import HostJourney, HostTicket
from livebg.on_gpu import GpuOrHost
from livebg.tickets import Journey, Ticket


def _verbs(protocol: type) -> set[str]:
    return {name for name, each in vars(protocol).items() if not name.startswith("_") and callable(each)}


@pytest.mark.parametrize("kind", [HostJourney, GpuOrHost])
def test_a_journey_begins_is_governed_and_closes(kind: type) -> None:
    assert _verbs(Journey) == {"begin", "govern", "close"}
    for verb in _verbs(Journey) - {"govern"}:
        wanted = list(inspect.signature(getattr(Journey, verb)).parameters)
        assert list(inspect.signature(getattr(kind, verb)).parameters) == wanted


def test_a_ticket_finishes() -> None:
    assert _verbs(Ticket) == {"finish"}
    assert list(inspect.signature(HostTicket.finish).parameters) == ["self"]
    assert "begin" in vars(GpuJourney)
