"""The int8 form: what is rounded, how far the alpha moves, and what is left alone because it suffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_network import SmallNetwork

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.openvino import the_core
from livebg.models.rmbg.openvino_cache import from_torch
from livebg.models.rmbg.precision import Run
from livebg.models.rmbg.quantise import Range, convolutions, observe, quantise, rounded


def open_run(model: Any) -> Run:
    request = the_core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()

    def run(pixels: Matte) -> Matte:
        alpha: Matte = request.infer({0: pixels})[0][0, 0].copy()
        return alpha

    return run


@pytest.fixture(scope="module")
def pictures() -> list[Matte]:
    draw = np.random.default_rng(3)
    return [draw.random((1, 3, 64, 96), dtype=np.float32) - np.float32(0.5) for _ in range(2)]


@pytest.fixture(scope="module")
def model() -> Any:
    return from_torch(SmallNetwork())


def test_ranges_are_those_of_what_goes_in(model: Any, pictures: list[Matte]) -> None:
    first, second, *_ = ranges = observe(model, pictures)
    assert len(ranges) == len(convolutions(model)) == 14
    assert first.low == pytest.approx(min(float(each.min()) for each in pictures))
    assert first.high == pytest.approx(max(float(each.max()) for each in pictures))
    assert second.low == 0.0  # after a ReLU


@pytest.mark.slow
def test_everything_but_the_last_is_rounded_and_the_alpha_stays(model: Any, pictures: list[Matte]) -> None:
    made = quantise(model, pictures[:1], pictures[1:], open_run(model), open_run)
    assert made.difference.is_small
    off = np.abs(open_run(made.model)(pictures[1]) - open_run(model)(pictures[1]))
    assert 0 < off.mean() < 0.004
    assert _weights(made.model) == ["Multiply"] * 13 + ["Constant"]
    assert _weights(model) == ["Constant"] * 14


def test_weights_are_whole_numbers_of_seven_bits_with_a_scale_per_output(model: Any) -> None:
    before = convolutions(model)[0].input_value(1).get_node().data
    copy = rounded(model, [Range(-1, 1)] * 14)
    scaled = next(each for each in copy.get_ordered_ops() if _convolves(each)).input_value(1).get_node()
    whole, scale = (
        scaled.input_value(0).get_node().input_value(0).get_node().data,
        scaled.input_value(1).get_node().data,
    )
    assert (whole.dtype, np.abs(whole).reshape(8, -1).max(1).tolist()) == (np.dtype(np.int8), [63] * 8)
    np.testing.assert_allclose(whole * scale, before, atol=float(scale.max()) / 2 + 1e-7)


def test_a_network_that_bears_no_rounding_is_told(pictures: list[Matte]) -> None:
    """One convolution sees a constant of 300 beside values around 1: one step of 8 bits is more than these."""
    model = from_torch(SmallNetwork(harm=300.0))
    with pytest.raises(ModelError, match=r"int8 is off by 0\.\d+ on average on pictures .* so it is not kept"):
        quantise(model, pictures[:1], pictures[1:], open_run(model), open_run)


def test_pictures_of_nobody_prove_nothing(model: Any, pictures: list[Matte]) -> None:
    with pytest.raises(ModelError, match="the network sees nobody in these pictures"):
        quantise(model, pictures, pictures, lambda pixels: 0 * pixels[0, 0], open_run)


def _weights(model: Any) -> list[str]:
    """What the convolutions take their weights from."""
    every = [each for each in model.get_ordered_ops() if _convolves(each)]
    return [each.input_value(1).get_node().get_type_name() for each in every]


def _convolves(operation: Any) -> bool:
    return bool(operation.get_type_name() == "Convolution")
