"""Makes the light engine's networks cheaper, with the same answers: edits the graph in a .tflite file's content.

The last layer goes: a transposed convolution from 16 channels to one, for which LiteRT's kernels (XNNPACK) compute 16
outputs at a time and throw 15 away, a third of the network's time (last_layer.py does it). And where the decoder
enlarges a picture before a 1x1 convolution, it enlarges after it: both are linear and the enlarging's weights add up to
1, so the answer is the same, from a quarter of the pixels.
The file is a FlatBuffer (tensorflow/compiler/mlir/lite/schema/schema.fbs); all edits are in place. Any thread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from livebg.core.types import Matte

# Fields of the format's tables, by their numbers.
CODES, SUBGRAPHS, BUFFERS = 1, 2, 4  # of the model
TENSORS, GIVEN, OPERATORS = 0, 2, 3  # of a subgraph
SHAPE, BUFFER, DATA = 0, 2, 0  # of a tensor, of a buffer
CODE, TAKES, MAKES = 0, 1, 2  # of an operator; CODE also of what its number stands for
RESIZE_BILINEAR = 23


def made_cheaper(content: bytes) -> tuple[bytes, Matte, Matte]:
    """The content without its last layer and the sigmoid after it, and that layer's weights and bias, float32 (n,).

    Raises ValueError where it is no network with such layers.
    """
    try:
        graph = _Graph(bytearray(content))
        weights, bias = graph.cut()
        graph.enlarge_late()
    except (struct.error, IndexError, KeyError, ValueError) as cause:
        raise ValueError(f"it is no model with the layers of the selfie networks ({cause})") from cause
    return bytes(graph.data), weights, bias


class _Graph:
    def __init__(self, data: bytearray) -> None:
        self.data = data
        self._model = _Table(data, *struct.unpack_from("<I", data))
        self._graph = self._model.tables(SUBGRAPHS)[0]
        self._tensors, self._operators = self._graph.tables(TENSORS), self._graph.tables(OPERATORS)

    def cut(self) -> tuple[Matte, Matte]:
        """Makes what the last layer takes the network's answer; returns the layer's weights and bias."""
        features, weights, bias = self._operators[-2].numbers(TAKES)
        found = self._constant(weights), self._constant(bias)
        self._operators = self._operators[: self._maker_of(features) + 1]
        self._graph.write(GIVEN, [features])
        place, _ = self._graph.vector(OPERATORS)
        struct.pack_into("<I", self.data, place - 4, len(self._operators))
        return found

    def enlarge_late(self) -> None:
        """Exchanges each enlarging and the 1x1 convolution that alone takes what it makes."""
        kinds = self._model.tables(CODES)
        for enlarging in [each for each in self._operators if kinds[each.number(CODE)].code == RESIZE_BILINEAR]:
            (small, size), (between,) = enlarging.numbers(TAKES), enlarging.numbers(MAKES)
            (convolution,) = (each for each in self._operators if between in each.numbers(TAKES))
            (_, weights, bias), (large,) = convolution.numbers(TAKES), convolution.numbers(MAKES)
            *height_and_width, _ = self._tensors[small].numbers(SHAPE)
            channels, *sides, _ = self._tensors[weights].numbers(SHAPE)
            if sides != [1, 1]:
                raise ValueError(f"after enlarging comes a convolution over {sides}")
            self._tensors[between].write(SHAPE, [*height_and_width, channels])
            convolution.write(TAKES, [small, weights, bias])
            convolution.write(MAKES, [between])
            enlarging.write(TAKES, [between, size])
            enlarging.write(MAKES, [large])
            self._operators.remove(enlarging)
            self._operators.insert(self._operators.index(convolution) + 1, enlarging)
        place, _ = self._graph.vector(OPERATORS)
        for at, each in enumerate(self._operators):
            struct.pack_into("<I", self.data, place + 4 * at, each.at - (place + 4 * at))

    def _maker_of(self, tensor: int) -> int:
        return next(at for at, each in enumerate(self._operators) if each.numbers(MAKES) == [tensor])

    def _constant(self, tensor: int) -> Matte:
        (half,) = self._operators[self._maker_of(tensor)].numbers(TAKES)  # stored as float16
        start, count = self._model.tables(BUFFERS)[self._tensors[half].number(BUFFER)].vector(DATA)
        return np.frombuffer(bytes(self.data[start : start + count]), np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A table of a FlatBuffer: where it begins in `data`. Raises struct.error, IndexError where the data is damaged."""

    data: bytearray
    at: int

    def _field(self, number: int) -> int:
        """Where a field lies; 0 where it has its default."""
        (back,) = struct.unpack_from("<i", self.data, self.at)
        (offset,) = struct.unpack_from("<H", self.data, self.at - back + 4 + 2 * number)
        return self.at + int(offset) if offset else 0

    @property
    def code(self) -> int:
        return self.data[place] if (place := self._field(CODE)) else 0

    def number(self, field: int) -> int:
        return int(struct.unpack_from("<I", self.data, place)[0]) if (place := self._field(field)) else 0

    def vector(self, field: int) -> tuple[int, int]:
        """The place of a vector's first element, and how many there are."""
        place = self._field(field) + self.number(field)
        return place + 4, int(struct.unpack_from("<I", self.data, place)[0])

    def numbers(self, field: int) -> list[int]:
        start, count = self.vector(field)
        return [struct.unpack_from("<i", self.data, start + 4 * each)[0] for each in range(count)]

    def write(self, field: int, numbers: list[int]) -> None:
        """Raises ValueError where there are more or fewer."""
        start, count = self.vector(field)
        if count != len(numbers):
            raise ValueError(f"{len(numbers)} numbers for {count}")
        struct.pack_into(f"<{count}i", self.data, start, *numbers)

    def tables(self, field: int) -> list[_Table]:
        start, count = self.vector(field)
        places = range(start, start + 4 * count, 4)
        return [_Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]
