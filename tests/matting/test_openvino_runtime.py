"""The network on OpenVINO: it agrees with torch, its export is kept and read again, and nothing is reported."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from stand_in_hub import network_with, stand_in_weights
from torch import nn

from livebg.errors import ModelError
from livebg.matting import openvino_runtime
from livebg.matting.device import Device
from livebg.matting.openvino_runtime import OpenVinoRuntime
from livebg.matting.runtime import InMemory, TorchRuntime, open_runtime

CPU = Device("cpu", "float32", "asked for")


@dataclass
class CountingSource:
    """A source that tells how often it was asked to load."""

    module: nn.Module
    identity: str = "some weights"
    loads: int = 0

    def load(self) -> nn.Module:
        self.loads += 1
        return self.module


def pixels(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((1, 3, height, width), dtype=np.float32) - np.float32(0.5)


def test_openvino_agrees_with_torch_and_keeps_its_export(shared: Path, tmp_path: Path) -> None:
    """float32: within 1e-3. The processor's own precision (bfloat16 has 8 bits): 0.01 on average, with these weights.

    Another size needs no new export, and a later start takes the export from disk without the weights.
    """
    network = network_with(stand_in_weights(shared))
    source = CountingSource(network)
    reference = TorchRuntime(network, CPU)
    exact = OpenVinoRuntime(source, tmp_path, precision="f32")
    for height, width in ((96, 160), (101, 167)):
        expected = reference.run(pixels(height, width))
        answer = exact.run(pixels(height, width))
        assert (answer.shape, answer.dtype) == ((height, width), np.dtype(np.float32))
        assert np.abs(answer - expected).max() < 1e-3
    assert exact.description == "openvino f32"

    later = open_runtime(source, CPU, cache=tmp_path)
    assert source.loads == 1
    later.warm_up(96, 160)
    expected = reference.run(pixels(96, 160))
    assert np.abs(later.run(pixels(96, 160)) - expected).mean() < 0.01
    assert later.description.startswith("openvino ")


def test_a_damaged_export_is_made_anew(tmp_path: Path) -> None:
    source = CountingSource(_Brightness())
    OpenVinoRuntime(source, tmp_path)
    (kept,) = tmp_path.glob("*.xml")
    kept.write_text("<net")
    bright = OpenVinoRuntime(source, tmp_path)
    assert source.loads == 2
    np.testing.assert_allclose(bright.run(np.full((1, 3, 64, 64), 0.25, np.float32)), 0.25, atol=0.01)
    assert kept.stat().st_size > 1000


def test_other_weights_have_an_export_of_their_own(tmp_path: Path) -> None:
    first, second = CountingSource(_Brightness(), "one"), CountingSource(_Brightness(), "two")
    for source in (first, second, first):
        OpenVinoRuntime(source, tmp_path)
    assert (first.loads, second.loads, len(list(tmp_path.glob("*.xml")))) == (1, 1, 2)


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert OpenVinoRuntime(CountingSource(_Brightness()), tmp_path / "file").description == "openvino"


def test_answers_belong_to_the_caller() -> None:
    calm = OpenVinoRuntime(InMemory(_Brightness()))
    first = calm.run(np.full((1, 3, 64, 64), 0.25, np.float32))
    calm.run(np.zeros((1, 3, 64, 64), np.float32))
    np.testing.assert_allclose(first, 0.25, atol=0.01)


def test_a_picture_it_cannot_run_is_told() -> None:
    with pytest.raises(ModelError, match=r"OpenVINO cannot run the network at 64x48: .*; try --runtime torch"):
        OpenVinoRuntime(InMemory(_Brightness())).run(np.zeros((1, 4, 48, 64), np.float32))


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 2), (3, 2), (8, 7)])
def test_one_core_is_left_to_the_others_where_there_are_more_than_two(
    monkeypatch: pytest.MonkeyPatch, cores: int, expected: int
) -> None:
    monkeypatch.setattr(openvino_runtime, "cores", lambda: cores)
    assert openvino_runtime.threads() == expected


def test_openvino_reports_nothing_to_anyone() -> None:
    """By itself it sends usage events on import and conversion; through livebg that code is not even loaded."""
    program = (
        "import sys, threading; from livebg.matting.openvino_runtime import import_openvino; ov = import_openvino(); "
        "from openvino.tools.ovc import telemetry_utils, convert_impl; "
        "assert telemetry_utils.tm.__name__ == convert_impl.tm.__name__ == 'openvino.tools.ovc.telemetry_stub'; "
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]; "
        "assert threading.active_count() == 1"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


class _Brightness(nn.Module):
    """The mean of the three colours: a network that costs nothing."""

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return pixel_values.mean(1, keepdim=True)


def test_a_signal_after_several_runtimes_came_and_went_is_only_a_signal() -> None:
    """In a process of its own: where it fails, it fails as a segmentation fault."""
    code = (
        "import faulthandler, gc, os, signal; faulthandler.enable(); signal.signal(signal.SIGINT, lambda *_: None)\n"
        "from livebg.matting.openvino_runtime import OpenVinoRuntime\n"
        "from livebg.matting.runtime import InMemory\n"
        "from livebg.matting.rmbg_net import RmbgNetwork\n"
        "network = RmbgNetwork().eval()\n"
        "made = [OpenVinoRuntime(InMemory(network)) for _ in range(2)]\n"
        "for _ in range(2): made.pop(0).close(); gc.collect()\n"
        "os.kill(os.getpid(), signal.SIGINT); print('alive')"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.stdout == "alive\n", (finished.returncode, finished.stderr)
