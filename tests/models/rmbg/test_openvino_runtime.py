"""The network on OpenVINO: it agrees with torch, takes the precision that does, at every size, and keeps its work."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from small_network import Brightness, CountingSource, SmallNetwork
from stand_in_hub import network_with, stand_in_weights

from livebg.core.errors import ModelError
from livebg.models.device import Device
from livebg.models.rmbg import compiled_cache, openvino_runtime, precision
from livebg.models.rmbg.openvino_runtime import OpenVinoRuntime, squash
from livebg.models.rmbg.precision import Difference, Verdict
from livebg.models.rmbg.source import InMemory
from livebg.models.rmbg.torch_runtime import TorchRuntime, open_runtime

CPU = Device("cpu", "float32", "asked for")


def pixels(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(3).random((1, 3, height, width), dtype=np.float32) - np.float32(0.5)


@pytest.fixture
def no_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_runtime, "capabilities", lambda _: ("FP32",))


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_verdict_is_asked_once_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def judge(_run: object, wanted: tuple[str, ...], processor: str, probes: list[np.ndarray], _: object) -> Verdict:
        asked.append((wanted, probes[0].shape))
        return Verdict("f32", processor, wanted, {"bf16": Difference(0.011, 0.02)})

    monkeypatch.setattr(openvino_runtime, "capabilities", lambda _: ("BF16", "FP32", "INT8"))
    monkeypatch.setattr(precision, "judge", judge)
    for width in (96, 96, 128):
        runtime = OpenVinoRuntime(CountingSource(SmallNetwork()), tmp_path)
        assert runtime.description == "openvino"
        runtime.warm_up(64, width)
        assert runtime.description == "openvino f32 (bf16 is off by 0.0110)"
    assert asked == [(("bf16", "f32"), (1, 3, 64, width)) for width in (96, 128)]


def test_without_an_identity_the_precisions_are_compared_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino_runtime, "capabilities", lambda _: ("BF16", "FP32"))
    monkeypatch.setattr(precision, "judge", lambda _run, wanted, name, *_: Verdict("f32", name, wanted))
    OpenVinoRuntime(InMemory(SmallNetwork()), tmp_path).warm_up(64, 96)
    assert not list(tmp_path.iterdir())


def test_a_precision_the_processor_has_not_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_runtime, "capabilities", lambda _: ("FP32",))
    with pytest.raises(ModelError, match=r"--precision int8: .* computes in f32; use one of these or --precision auto"):
        OpenVinoRuntime(InMemory(SmallNetwork()), precision="int8")


@pytest.mark.slow
def test_int8_is_kept_compiled_for_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_cache, "WORTH_KEEPING_S", 0.0)
    source = CountingSource(SmallNetwork())
    expected = TorchRuntime(source.module, CPU).run(pixels(64, 96))
    OpenVinoRuntime(source, tmp_path).quantise([pixels(64, 96)] * 2)
    for _ in range(2):
        runtime = OpenVinoRuntime(source, tmp_path, precision="int8")
        off = np.abs(runtime.run(pixels(64, 96)) - expected)
        assert 0 < off.mean() < 0.008
        for width in (128, 160, 192, 96):  # one more than are held
            assert runtime.run(pixels(64, width)).shape == (64, width)
        assert runtime.description == "openvino int8"
    assert source.loads == 1
    assert len(list(tmp_path.glob("*-int8-*.blob"))) == 4


def test_int8_that_was_never_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"must be made first, .*: livebg models quantise rmbg --calibrate CLIP"):
        OpenVinoRuntime(CountingSource(SmallNetwork()), tmp_path, precision="int8")


@pytest.mark.slow
def test_int8_proven_on_the_users_pictures_is_among_those_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the size of the proof and above."""
    wanted = []

    def judge(_run: object, each: tuple[str, ...], name: str, _: object, known: dict[str, Difference]) -> Verdict:
        wanted.append((each, {name: off.is_small for name, off in known.items()}))
        return Verdict("f32", name, each)

    monkeypatch.setattr(openvino_runtime, "capabilities", lambda _: ("FP32", "INT8"))
    monkeypatch.setattr(precision, "judge", judge)
    source = CountingSource(SmallNetwork())
    OpenVinoRuntime(source, tmp_path).warm_up(96, 160)
    said = OpenVinoRuntime(source, tmp_path).quantise([pixels(96, 160)] * 5)
    assert said.startswith("int8, alpha within 0.00")
    assert said.endswith("on 2 pictures that it was not fitted to")
    for height in (64, 96, 128):
        OpenVinoRuntime(source, tmp_path).warm_up(height, 160)
    proven = (("int8", "f32"), {"int8": True})
    assert wanted == [(("f32",), {}), (("f32",), {}), proven, proven]


@pytest.mark.slow
def test_one_compiled_form_runs_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []

    def compile_or_read(*arguments: object) -> object:
        compiled.append(arguments)
        return compiled_cache.compile_or_read(*arguments)

    monkeypatch.setattr(openvino_runtime, "compile_or_read", compile_or_read)
    runtime = OpenVinoRuntime(InMemory(SmallNetwork()), precision="f32", threads=1)
    for height, width in ((64, 96), (128, 96), (64, 96)):
        assert runtime.run(pixels(height, width)).shape == (height, width)
    assert [arguments[2]["INFERENCE_NUM_THREADS"] for arguments in compiled] == [1]


@pytest.mark.usefixtures("no_int8")
def test_answers_belong_to_the_caller() -> None:
    calm = OpenVinoRuntime(InMemory(Brightness()))
    first = calm.run(np.full((1, 3, 64, 64), 0.25, np.float32))
    calm.run(np.zeros((1, 3, 64, 64), np.float32))
    np.testing.assert_allclose(first, 0.25, atol=0.01)


@pytest.mark.usefixtures("no_int8")
def test_a_picture_it_cannot_run_is_told() -> None:
    with pytest.raises(ModelError, match=r"OpenVINO cannot run the network at 64x48: .*; try --runtime torch"):
        OpenVinoRuntime(InMemory(Brightness())).run(np.zeros((1, 4, 48, 64), np.float32))


@pytest.mark.parametrize(("cores", "expected"), [(1, 1), (2, 2), (3, 2), (8, 7)])
def test_one_core_is_left_to_the_others_where_there_are_more_than_two(
    monkeypatch: pytest.MonkeyPatch, cores: int, expected: int
) -> None:
    monkeypatch.setattr(openvino_runtime, "cores", lambda: cores)
    assert openvino_runtime.usual_threads() == expected


def test_squash_is_the_logistic_function_to_the_ends() -> None:
    logits = np.array([[-200.0, -1.0, 0.0, 1.0, 200.0]], np.float32)
    np.testing.assert_allclose(squash(logits), [[0, 0.26894142, 0.5, 0.73105858, 1]], atol=1e-6)


def test_opencv_enlarges_as_torch_does() -> None:
    """Odd sizes too: what stands for the network's own tail must answer the same."""
    import torch

    small = np.random.default_rng(1).standard_normal((9, 11)).astype(np.float32)
    expected = torch.nn.functional.interpolate(torch.from_numpy(small)[None, None], size=(17, 22), mode="bilinear")
    np.testing.assert_allclose(cv2.resize(small, (22, 17)), expected[0, 0].numpy(), atol=1e-5)
