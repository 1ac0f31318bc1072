"""The folded network is the plain one within rounding; what cannot be folded is told."""

from __future__ import annotations

import pytest
import torch
from on_device import tiny_network
from torch import Tensor, nn
from torch.nn import functional

from livebg.pipeline.cuda.network import ConvolutionRelu, difference, fast, plain

PIXELS = torch.rand((1, 3, 64, 96), generator=torch.Generator().manual_seed(1)) - 0.5


def test_folding_changes_nothing_but_the_rounding_and_leaves_no_batch_norm() -> None:
    network = tiny_network()
    folded = fast(network, "cpu", torch.float32)
    with torch.inference_mode():
        assert (folded(PIXELS) - network(PIXELS)).abs().max() < 1e-5
        assert network(PIXELS).std() > 0.02, "an answer that says nothing would agree with anything"
    kinds = [type(each) for each in folded.modules()]
    assert nn.BatchNorm2d not in kinds
    assert kinds.count(ConvolutionRelu) == 2
    assert folded.get_submodule("side").weight.is_contiguous(memory_format=torch.channels_last)


def test_the_module_handed_in_stays_as_it_was() -> None:
    network = tiny_network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for make in (fast, plain):
        assert next(make(network, "cpu", torch.float16).parameters()).dtype == torch.float16
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class Shared(nn.Module):
    """The convolution's own answer is needed, too, so its batch norm must stay."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1)
        nn.init.constant_(self.norm.bias, 2.0)

    def forward(self, pixels: Tensor) -> Tensor:
        raw = self.conv(pixels)
        return functional.relu(self.norm(raw)) + raw


def test_a_convolution_that_others_read_is_not_folded() -> None:
    network = Shared().eval()
    with torch.inference_mode():
        assert difference(fast(network, "cpu", torch.float32), network, PIXELS) < 1e-6


class Deciding(nn.Module):
    def forward(self, pixels: Tensor) -> Tensor:
        return pixels if pixels.sum() > 0 else -pixels


def test_a_network_that_cannot_be_traced_is_told() -> None:
    with pytest.raises(RuntimeError, match="cannot be traced"):
        fast(Deciding(), "cpu", torch.float32)


def test_no_number_is_infinitely_far() -> None:
    assert difference(nn.Identity(), nn.Identity(), PIXELS) == 0
    assert difference(lambda pixels: pixels * float("nan"), nn.Identity(), PIXELS) == float("inf")
