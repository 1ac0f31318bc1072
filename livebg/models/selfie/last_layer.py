"""The end of the light engine's networks, outside LiteRT: their last layer takes a third of LiteRT's time.

That layer, a transposed convolution from 16 channels to one, makes 2 x 2 pixels of each one; LiteRT's kernels (XNNPACK)
compute 16 outputs at a time there and throw 15 away. So the model is cut before it, and a compiled loop does the rest.
The file's format is a FlatBuffer (tensorflow/compiler/mlir/lite/schema/schema.fbs). Any thread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from livebg.core.jit import FLOATS_IN, FLOATS_OUT, NUMBER, kernel
from livebg.core.types import Matte

CHANNELS, OUTPUTS, WIDTH = 16, 4, 128  # of both networks; the width of what the layer takes, px
# Typed: with plain numbers numba would compute in 64 bits. U0, U1, ... are unsigned, as all places are.
U1, U2, U3, U4, U16, ROW = (np.uintp(each) for each in (1, 2, 3, 4, CHANNELS, WIDTH))
# Fields of the format's tables, by their numbers.
SUBGRAPHS, BUFFERS = 2, 4  # of the model
TENSORS, GIVEN, OPERATORS = 0, 2, 3  # of a subgraph
BUFFER, DATA = 2, 0  # of a tensor, of a buffer
TAKES, MAKES = 1, 2  # of an operator


def prepare() -> None:
    """Loads or compiles the loop now, so that the first frame does not wait for it."""
    enlarge.prepare()


@dataclass(frozen=True, slots=True)
class LastLayer:
    """weights: float32 (64,), for each of 16 channels its 2 x 2 pixels; bias: of all."""

    weights: Matte
    bias: np.float32

    def confidence(self, features: Matte) -> Matte:
        """float32 (2 h, 2 WIDTH) in 0..1, from features float32 (h, WIDTH, 16). NaN stays NaN."""
        height, width, _ = features.shape
        result = np.empty((2 * height, 2 * width), np.float32)
        enlarge(features.reshape(-1), -self.weights, -self.bias, result.reshape(-1))
        with np.errstate(over="ignore"):  # 1 / (1 + inf) is 0
            np.exp(result, out=result)
        result += 1
        return np.reciprocal(result, out=result)


def without_last_layer(content: bytes) -> tuple[bytes, LastLayer]:
    """A model, the content of a .tflite file, without its last layer and the sigmoid after it; and that layer.

    Raises ValueError where it has no such end.
    """
    try:
        cut, layer = _split(bytearray(content))
    except (struct.error, IndexError, KeyError, ValueError) as cause:
        raise ValueError(f"it is no model with the layers of the selfie networks ({cause})") from cause
    return cut, layer


def _split(data: bytearray) -> tuple[bytes, LastLayer]:
    model = _Table(data, *struct.unpack_from("<I", data))
    graph = model.tables(SUBGRAPHS)[0]
    operators = graph.tables(OPERATORS)
    maker_of = {each.numbers(MAKES)[0]: place for place, each in enumerate(operators)}

    def constant(tensor: int) -> Matte:
        (half_tensor,) = operators[maker_of[tensor]].numbers(TAKES)  # stored as float16
        tensors, buffers = graph.tables(TENSORS), model.tables(BUFFERS)
        start, count = buffers[tensors[half_tensor].number(BUFFER)].vector(DATA)
        return np.frombuffer(bytes(data[start : start + count]), np.float16).astype(np.float32)

    features, weights, bias = operators[-2].numbers(TAKES)
    by_pixel = constant(weights).reshape(OUTPUTS, CHANNELS)
    layer = LastLayer(np.ascontiguousarray(by_pixel.T).reshape(-1), constant(bias)[0])
    struct.pack_into("<i", data, graph.vector(GIVEN)[0], features)
    struct.pack_into("<I", data, graph.vector(OPERATORS)[0] - 4, maker_of[features] + 1)
    return bytes(data), layer


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer: where it begins in `data`. Raises struct.error, IndexError where the data is damaged."""

    data: bytearray
    at: int

    def _field(self, number: int) -> int:
        (back,) = struct.unpack_from("<i", self.data, self.at)
        (offset,) = struct.unpack_from("<H", self.data, self.at - back + 4 + 2 * number)
        return self.at + int(offset)

    def number(self, field: int) -> int:
        return int(struct.unpack_from("<I", self.data, self._field(field))[0])

    def vector(self, field: int) -> tuple[int, int]:
        """The place of a vector's first element, and how many there are."""
        place = self._field(field) + self.number(field)
        return place + 4, int(struct.unpack_from("<I", self.data, place)[0])

    def numbers(self, field: int) -> list[int]:
        start, count = self.vector(field)
        return [struct.unpack_from("<i", self.data, start + 4 * each)[0] for each in range(count)]

    def tables(self, field: int) -> list[_Table]:
        start, count = self.vector(field)
        places = range(start, start + 4 * count, 4)
        return [_Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]


def _enlarge(features: Matte, weights: Matte, bias: float, result: Matte) -> None:
    products = np.einsum("yxk,kdc->ydxc", features.reshape(-1, WIDTH, CHANNELS), weights.reshape(CHANNELS, 2, 2))
    np.add(products.reshape(-1), bias, out=result)


@kernel(FLOATS_IN, FLOATS_IN, NUMBER, FLOATS_OUT, plain=_enlarge)
def enlarge(features: Matte, weights: Matte, bias: float, result: Matte) -> None:
    """features: float32 (16·h·WIDTH,); weights: float32 (64,), as LastLayer's; result: float32 (4·h·WIDTH,)."""
    planes, sums = np.empty(U16 * ROW, np.float32), np.empty(U4 * ROW, np.float32)
    for y in range(np.uintp(features.size) // (U16 * ROW)):
        start, upper, lower = U16 * y * ROW, U4 * y * ROW, U4 * y * ROW + U2 * ROW
        for x in range(ROW):  # channel by channel: what follows becomes vector instructions
            for k in range(U16):
                planes[k * ROW + x] = features[start + U16 * x + k]
        for each in range(U4):
            for x in range(ROW):
                total = bias
                for k in range(U16):
                    total += planes[k * ROW + x] * weights[U4 * k + each]
                sums[each * ROW + x] = total
        for x in range(ROW):
            result[upper + U2 * x], result[upper + U2 * x + U1] = sums[x], sums[ROW + x]
            result[lower + U2 * x], result[lower + U2 * x + U1] = sums[U2 * ROW + x], sums[U3 * ROW + x]
