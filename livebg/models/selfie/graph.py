"""Makes the light engine's networks cheaper, with the same answers: edits the graph in a .tflite file's content.

The last block goes (last_block.py does it): LiteRT's kernels (XNNPACK) take it layer by layer through memory, and its
last layer, a transposed convolution from 16 channels to one, as 16 outputs of which 15 are thrown away: together over
four tenths of the network's time. And where the decoder enlarges a picture before a 1x1 convolution, it enlarges after
it: both are linear and the enlarging's weights add up to 1, so the answer is the same, from a quarter of the pixels.
The file is a FlatBuffer (tensorflow/compiler/mlir/lite/schema/schema.fbs); all edits are in place, but for the list of
answers, which comes at the end. Any thread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from livebg.core.types import Matte
from livebg.models.selfie.last_block import Layer

# Fields of the format's tables, by their numbers.
CODES, SUBGRAPHS, BUFFERS = 1, 2, 4  # of the model
TENSORS, GIVEN, OPERATORS = 0, 2, 3  # of a subgraph
SHAPE, BUFFER, DATA = 0, 2, 0  # of a tensor, of a buffer
CODE, TAKES, MAKES = 0, 1, 2  # of an operator; CODE also of what its number stands for
RESIZE_BILINEAR = 23


def made_cheaper(content: bytes) -> tuple[bytes, tuple[Layer, ...]]:
    """The content without its last block, so that it answers what last_block.LastBlock takes, and that one's layers.

    Raises ValueError where it is no network with such layers.
    """
    try:
        graph = _Graph(bytearray(content))
        graph.enlarge_late()
        layers = graph.cut()
    except (struct.error, IndexError, KeyError, ValueError, StopIteration) as cause:
        raise ValueError(f"it is no model with the layers of the selfie networks ({cause})") from cause
    return bytes(graph.data), layers


class _Graph:
    def __init__(self, data: bytearray) -> None:
        self.data = data
        self._model = _Table(data, *struct.unpack_from("<I", data))
        self._graph = self._model.tables(SUBGRAPHS)[0]
        self._tensors, self._operators = self._graph.tables(TENSORS), self._graph.tables(OPERATORS)

    def cut(self) -> tuple[Layer, ...]:
        """Makes what the last block takes the network's answers; returns the block's layers in their order."""
        self._makers = {tensor: each for each in self._operators for tensor in each.numbers(MAKES)}
        last = self._operators[-2]  # before the sigmoid
        mixed, near = self._maker(last.numbers(TAKES)[0]).numbers(TAKES)
        mix, spread = (self._maker(self._maker(each).numbers(TAKES)[0]) for each in (mixed, near))
        weighed, enlarged = self._maker(mix.numbers(TAKES)[0]).numbers(TAKES)
        first, share = self._maker(weighed).numbers(TAKES)
        excite = self._maker(self._maker(share).numbers(TAKES)[0])
        squeeze = self._maker(self._maker(excite.numbers(TAKES)[0]).numbers(TAKES)[0])
        below, _ = self._maker(enlarged).numbers(TAKES)
        layers = tuple(self._layer(each) for each in (squeeze, excite, mix, spread, last))
        self._operators = self._operators[: self._operators.index(self._maker(below)) + 1]
        place, _ = self._graph.vector(OPERATORS)
        struct.pack_into("<I", self.data, place - 4, len(self._operators))
        self._graph.append(GIVEN, [below, first])
        return layers

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

    def _maker(self, tensor: int) -> _Table:
        return self._makers[tensor]

    def _layer(self, convolution: _Table) -> Layer:
        _, weights, bias = convolution.numbers(TAKES)
        return self._constant(weights), self._constant(bias)

    def _constant(self, tensor: int) -> Matte:
        (half,) = self._maker(tensor).numbers(TAKES)  # stored as float16
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

    def append(self, field: int, numbers: list[int]) -> None:
        """Puts a longer list at the data's end in place of the field's own."""
        place = self._field(field)
        self.data.extend(bytes(-len(self.data) % 4))
        struct.pack_into("<I", self.data, place, len(self.data) - place)
        self.data.extend(struct.pack(f"<I{len(numbers)}i", len(numbers), *numbers))

    def tables(self, field: int) -> list[_Table]:
        start, count = self.vector(field)
        places = range(start, start + 4 * count, 4)
        return [_Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]
