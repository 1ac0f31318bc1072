"""The fallback_levels, in order, and the sizes that the engine on the CPU would take."""

from __future__ import annotations

import pytest
import torch
from on_device import GraphsInTurn
from torch import Tensor, nn

from livebg.core.errors import ModelError
from livebg.models.rmbg import engine
from livebg.pipeline.cuda import fallback
from livebg.pipeline.cuda.fallback import Level, fallback_levels, matte_size_for, prepare
from livebg.pipeline.cuda.streams import InTurn


def test_rungs_of_a_card_with_graphs_and_of_one_without() -> None:
    first, plain, last = fallback_levels("auto", GraphsInTurn("cpu"), is_plain=False)
    assert (first.dtype, first.is_fast, first.is_captured) == (torch.float16, True, True)
    assert (plain.dtype, plain.is_fast, plain.is_captured) == (torch.float16, False, False)
    assert (last.dtype, last.share) == (torch.float32, 0.5)
    assert fallback_levels("auto", GraphsInTurn("cpu"), is_plain=True) == [plain, last]
    assert [each.dtype for each in fallback_levels("auto", InTurn("cpu"), is_plain=False)] == [torch.float32] * 3
    with pytest.raises(ModelError, match="--precision int8 is not for cpu; take f16, bf16, f32 or auto"):
        fallback_levels("int8", InTurn("cpu"), is_plain=False)


@pytest.mark.parametrize(("height", "width"), [(720, 1280), (1080, 1920), (480, 640), (100, 3000), (1280, 720)])
@pytest.mark.parametrize("short_px", [64, 288, 576])
def test_sizes_are_those_of_the_engine_on_the_cpu(height: int, width: int, short_px: int) -> None:
    level = Level("any", torch.float32)
    assert matte_size_for(level, height, width, short_px) == engine.matte_size_for(height, width, short_px)
    assert matte_size_for(level, height, width, (96, 160)) == (96, 160)


def test_half_the_size_stays_in_grains() -> None:
    level = Level("half", torch.float32, share=0.5)
    assert matte_size_for(level, 90, 160, (288, 512)) == (128, 256)


class Drifting(nn.Module):
    """Batch norm that is wrong once folded: a stand-in for a kernel that answers nonsense."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = nn.Parameter(torch.zeros(()))

    def forward(self, pixels: Tensor) -> Tensor:
        return pixels[:, :1] * 0 + self.calls


def test_a_fast_network_that_answers_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(network: nn.Module, device: str, dtype: torch.dtype) -> nn.Module:
        other = fallback.plain(network, device, dtype)
        nn.init.constant_(other.calls, 0.5)
        return other

    monkeypatch.setattr(fallback, "fast", wrong)
    with pytest.raises(RuntimeError, match=r"is 0\.5 off the plain one's"):
        prepare(Level("fast", torch.float32, is_fast=True), Drifting(), InTurn("cpu"), (32, 64))
