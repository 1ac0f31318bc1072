"""Whatever a frame travels by has the shape that the loop asks for."""

from __future__ import annotations

import inspect

import pytest

from livebg.pipeline.cpu import CpuPendingFrame, CpuProcessor
from livebg.pipeline.cuda.build import GpuOrHost
from livebg.pipeline.cuda.processor import GpuProcessor
from livebg.pipeline.processor import PendingFrame, Processor


def _verbs(protocol: type) -> set[str]:
    return {name for name, each in vars(protocol).items() if not name.startswith("_") and callable(each)}


@pytest.mark.parametrize("kind", [CpuProcessor, GpuOrHost])
def test_a_processor_begins_is_governed_forgets_and_closes(kind: type) -> None:
    assert _verbs(Processor) == {"begin", "govern", "reset", "close"}
    for verb in _verbs(Processor) - {"govern"}:
        wanted = list(inspect.signature(getattr(Processor, verb)).parameters)
        assert list(inspect.signature(getattr(kind, verb)).parameters) == wanted


def test_a_ticket_finishes() -> None:
    assert _verbs(PendingFrame) == {"finish"}
    assert list(inspect.signature(CpuPendingFrame.finish).parameters) == ["self"]
    assert "begin" in vars(GpuProcessor)
