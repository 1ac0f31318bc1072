"""Makes the network's int8 form: rounds convolutions to 8 bits wherever the alpha stays that of float32.

Activations get one scale per map, from the largest values on calibration pictures; weights one per output channel:
Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference". Some
parts of a network suffer more than others, so each is tried by itself, and the most harmful keep their floats. Any
thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.openvino import import_openvino, the_core
from livebg.models.rmbg.precision import Difference, Run, difference, worst

log = logging.getLogger(__name__)

PARTS = 12  # runs of neighbouring convolutions, each rounded as a whole or not at all


@dataclass(frozen=True, slots=True)
class Range:
    """The smallest and largest value of a convolution's input."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantised:
    """The int8 form, which parts of the network are rounded in it, and how that changes the alpha."""

    model: Any
    parts: tuple[int, ...]
    difference: Difference


def quantise(model: Any, pixels: Sequence[Matte], reference: Run, open_run: Callable[[Any], Run]) -> Quantised:
    """The int8 form with as many parts rounded as the limits of precision.py allow on these pictures.

    model: OpenVINO's, float32. pixels: float32 (1, 3, H, W), of one size. reference: the network in float32. open_run:
    compiles a rounded model as it will be used. Takes half a minute on 2 cores. Raises ModelError where not even one
    part can be rounded.
    """
    ranges = observe(model, pixels)
    expected = [reference(each) for each in pixels]

    def harm(parts: Collection[int]) -> Difference:
        run = open_run(rounded(model, ranges, parts))
        return worst([difference(run(each), alpha) for each, alpha in zip(pixels, expected, strict=True)])

    everywhere = tuple(range(PARTS))
    if (whole := harm(everywhere)).is_small:
        return Quantised(rounded(model, ranges, everywhere), everywhere, whole)
    log.info("int8 everywhere is off by %.4f on average; looking for the parts that bear it", whole.mean)
    alone = {part: harm((part,)) for part in everywhere}
    ranked = sorted(everywhere, key=lambda part: (alone[part].mean, alone[part].share))
    best: tuple[tuple[int, ...], Difference] | None = None
    low, high = 1, PARTS  # bisect: the more is rounded, the larger the difference
    while low < high:
        tried = tuple(sorted(ranked[: (low + high) // 2]))
        seen = alone[tried[0]] if len(tried) == 1 else harm(tried)
        if seen.is_small:
            best, low = (tried, seen), len(tried) + 1
        else:
            high = len(tried)
    if best is None:
        raise ModelError(
            f"int8 is off by {whole.mean:.4f} on average, and no part of the network can be rounded without harm; "
            "use --precision auto"
        )
    return Quantised(rounded(model, ranges, best[0]), *best)


def observe(model: Any, pixels: Iterable[Matte]) -> list[Range]:
    """The range of each convolution's input over all pictures, in the model's order.

    model: OpenVINO's, float32. pixels: float32 (1, 3, H, W) in -0.5..0.5, of one size. Raises what OpenVINO raises.
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


def rounded(model: Any, ranges: Sequence[Range], parts: Collection[int]) -> Any:
    """A copy of the model in which the convolutions of these parts compute in 8 bits."""
    opset = import_openvino().opset13
    copy = model.clone()
    sources: dict[tuple[str, int], Any] = {}
    every = convolutions(copy)[:-1]  # the last one makes a single channel: next to no work, and all of the answer
    for index, each in enumerate(every):
        if index * PARTS // len(every) not in parts:
            continue
        source = each.input_value(0)
        key = (source.get_node().get_friendly_name(), source.get_index())
        if key not in sources:
            sources[key] = _rounded_activations(opset, source, ranges[index]).output(0)
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
    """Whole numbers -127..127 with one scale per output channel, of weights float32 (outputs, inputs, h, w)."""
    scale = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12).astype(np.float32) / np.float32(127)
    whole = opset.constant(np.rint(weights / scale).astype(np.int8))
    return opset.multiply(opset.convert(whole, "f32"), opset.constant(scale))


def convolutions(model: Any) -> list[Any]:
    """The model's convolutions with constant weights, in the order in which they run."""
    return [
        each
        for each in model.get_ordered_ops()
        if each.get_type_name() == "Convolution" and each.input_value(1).get_node().get_type_name() == "Constant"
    ]
