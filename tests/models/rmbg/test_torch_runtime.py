"""What runs the network: which runtime is taken, and torch as the reference and the way out."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from stand_in_hub import network_with, stand_in_weights
from torch import nn

from livebg.core.errors import ModelError
from livebg.models.device import Device
from livebg.models.rmbg import openvino_runtime
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import TorchRuntime, open_runtime

CPU = Device("cpu", "float32", "asked for")


def pixels(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((1, 3, height, width), dtype=np.float32) - np.float32(0.5)


def test_torch_is_taken_where_openvino_fails_with_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(openvino_runtime, "OpenVinoRuntime", _broken)
    with caplog.at_level(logging.WARNING):
        chosen = open_runtime(InMemory(_Brightness()), CPU)
    assert chosen.description == "torch float32"
    (line,) = [each.getMessage() for each in caplog.records]
    assert line == "OpenVINO cannot run the network (no such instruction); torch runs it instead, several times slower"
    with pytest.raises(ModelError, match="OpenVINO cannot run the network: no such instruction; try --runtime torch"):
        open_runtime(InMemory(_Brightness()), CPU, "openvino")


def test_torch_when_asked_for() -> None:
    assert isinstance(open_runtime(InMemory(_Brightness()), CPU, "torch"), TorchRuntime)


def test_torch_on_the_cpu_is_in_f32() -> None:
    assert isinstance(open_runtime(InMemory(_Brightness()), CPU, "torch", precision="f32"), TorchRuntime)
    with pytest.raises(ModelError, match=r"--precision bf16: torch runs the network in f32 on the CPU"):
        open_runtime(InMemory(_Brightness()), CPU, "torch", precision="bf16")


def test_intels_devices_are_openvinos_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device("intel-gpu", "float32", "Intel Arc", "GPU.1")
    seen: list[object] = []

    def opened(*arguments: object) -> str:
        seen.extend(arguments)
        return "opened"

    monkeypatch.setattr(openvino_runtime, "OpenVinoRuntime", opened)
    source = InMemory(_Brightness())
    assert open_runtime(source, device, precision="f16") == "opened"
    assert seen == [source, None, "f16", "GPU.1", None]
    with pytest.raises(ModelError, match="torch does not run the network on intel-gpu"):
        open_runtime(source, device, "torch")
    monkeypatch.setattr(openvino_runtime, "OpenVinoRuntime", _broken)
    with pytest.raises(ModelError, match=r"OpenVINO cannot run the network: no such instruction; .*--device cpu"):
        open_runtime(source, device)


def test_what_torch_fails_of_is_told() -> None:
    class Full(nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("out of memory\nand more")

    with pytest.raises(ModelError, match=r"at 160x96 on cpu: out of memory; try a smaller --matte-size"):
        TorchRuntime(Full(), CPU).warm_up(96, 160)


@pytest.mark.needs_gpu
def test_half_precision_on_cuda_agrees_with_the_cpu(shared: Path) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    expected = TorchRuntime(network_with(stand_in_weights(shared)), CPU).run(pixels(96, 160))
    fast = TorchRuntime(network_with(stand_in_weights(shared)), Device("cuda", "float16", "test"))
    assert np.abs(fast.run(pixels(96, 160)) - expected).mean() < 0.01


class _Brightness(nn.Module):
    """The mean of the three colours: a network that costs nothing."""

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return pixel_values.mean(1, keepdim=True)


def _broken(*_: object) -> None:
    raise RuntimeError("no such instruction\nwith a long tail")
