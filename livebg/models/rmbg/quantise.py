"""Makes the network's int8 form: rounds its convolutions to whole numbers, if the alpha stays that of float32.

Activations get one scale per map, from the largest values on calibration pictures; weights one per output channel:
Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference". Any
thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.openvino import import_openvino, the_core
from livebg.models.rmbg.precision import Difference, Run, difference, worst

# Weights have 7 bits, not 8: processors without VNNI add two products of activation and weight in 16 bits, which
# overflow beyond 63 (255 · 63 · 2 < 32768). tests/bench/RESULTS.md has the mattes of both.
LARGEST_WEIGHT = 63
SEEN = 0.01  # of the picture, on average: with less alpha than that in every one, nobody is there to prove anything on


@dataclass(frozen=True, slots=True)
class Range:
    """The smallest and largest value of a convolution's input."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantised:
    """The int8 form, and how far its alpha is off on pictures that it was not fitted to."""

    model: Any
    difference: Difference


def quantise(
    model: Any, fitted: Sequence[Matte], held_back: Sequence[Matte], reference: Run, open_run: Callable[[Any], Run]
) -> Quantised:
    """The int8 form fitted to some pictures and judged on others by the limits of precision.py.

    model: OpenVINO's, float32. fitted, held_back: float32 (1, 3, H, W), all of the size at which it will be used.
    reference: the network in float32. open_run: compiles a rounded model as it will be used. Takes half a minute on 2
    cores. Raises ModelError where the alpha is off by more, or nobody is in the pictures.
    """
    expected = [reference(each) for each in held_back]
    if max(float(each.mean()) for each in expected) < SEEN:
        raise ModelError("the network sees nobody in these pictures; give a video with you in it")
    form = rounded(model, observe(model, fitted))
    run = open_run(form)
    off = worst([difference(run(each), alpha) for each, alpha in zip(held_back, expected, strict=True)])
    if not off.is_small:
        raise ModelError(
            f"int8 is off by {off.mean:.4f} on average on pictures that it was not fitted to, so it is not kept; a "
            "longer video of you may help, or leave it at --precision auto"
        )
    return Quantised(form, off)


def observe(model: Any, pixels: Iterable[Matte]) -> list[Range]:
    """The range of each convolution's input over all pictures, in the model's order.

    model: OpenVINO's, float32. pixels: float32 (1, 3, H, W), of one size. Raises what OpenVINO raises.
    """
    opset = import_openvino().opset13
    every = opset.constant(np.arange(4))
    outputs = []
    for each in convolutions(model):
        source = each.input_value(0)
        outputs += [opset.reduce_min(source, every).output(0), opset.reduce_max(source, every).output(0)]
    watched = import_openvino().Model(outputs, model.get_parameters(), "ranges")
    run = the_core().compile_model(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    seen = np.array([[float(value) for value in run.infer({0: each}).to_tuple()] for each in pixels])
    return [Range(low, high) for low, high in zip(seen[:, ::2].min(0), seen[:, 1::2].max(0), strict=True)]


def rounded(model: Any, ranges: Sequence[Range]) -> Any:
    """A copy of the model whose convolutions compute in whole numbers."""
    opset = import_openvino().opset13
    copy = model.clone()
    sources: dict[tuple[str, int], Any] = {}
    every = convolutions(copy)[:-1]  # the last one makes a single channel: next to no work, and all of the answer
    for each, seen in zip(every, ranges, strict=False):
        source = each.input_value(0)
        key = (source.get_node().get_friendly_name(), source.get_index())
        if key not in sources:
            sources[key] = _rounded_activations(opset, source, seen).output(0)
        each.input(0).replace_source_output(sources[key])
        each.input(1).replace_source_output(_rounded_weights(opset, each.input_value(1).get_node().data).output(0))
    copy.validate_nodes_and_infer_types()
    return copy


def _rounded_activations(opset: Any, source: Any, seen: Range) -> Any:
    """256 steps: from 0 where no value is below it (after a ReLU), else as far down as up."""
    reach = max(abs(seen.low), abs(seen.high), 1e-6)
    low, high = (0.0, reach) if seen.low >= 0 else (-reach, reach * 127 / 128)
    ends = [opset.constant(np.full((1, 1, 1, 1), end, np.float32)) for end in (low, high)]
    return opset.fake_quantize(source, *ends, *ends, 256)


def _rounded_weights(opset: Any, weights: Matte) -> Any:
    """Whole numbers with one scale per output channel, of weights float32 (outputs, inputs, h, w)."""
    largest = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12).astype(np.float32)
    scale = largest / np.float32(LARGEST_WEIGHT)
    whole = opset.constant(np.rint(weights / scale).astype(np.int8))
    return opset.multiply(opset.convert(whole, "f32"), opset.constant(scale))


def convolutions(model: Any) -> list[Any]:
    """The model's convolutions with constant weights, in the order in which they run."""
    return [
        each
        for each in model.get_ordered_ops()
        if each.get_type_name() == "Convolution" and each.input_value(1).get_node().get_type_name() == "Constant"
    ]
