"""Keeps the network in the present level's form, and the program for the present sizes. Main thread."""

from __future__ import annotations

from torch import nn

from livebg.models.guided.engine import grid_of
from livebg.pipeline.cuda.fallback import Level, matte_size_for, prepare
from livebg.pipeline.cuda.in_flight import Look, Outputs, Size, Sizes
from livebg.pipeline.cuda.program import Program
from livebg.pipeline.cuda.streams import Streams


class Programs:
    """Makes a program where frame, matte or level changes. A frame in flight keeps the one that it began with.

    network: float32, on the CPU; each level uses a copy.
    """

    def __init__(self, network: nn.Module, streams: Streams, input_mean: float, outputs: Outputs) -> None:
        self._network, self._streams, self._input_mean, self._outputs = network, streams, input_mean, outputs
        self._prepared: nn.Module | None = None  # in the present level's form
        self.present: Program | None = None
        self._made = 0

    @property
    def preparations(self) -> tuple[int, int]:
        """Another pair after each frame that waited for memory or a graph."""
        return self._made, 0 if self.present is None else self.present.steps.made

    def of(self, level: Level, frame_size: Size, matte_size: Size | int, look: Look | None) -> Program:
        """The program for frames of this size. matte_size: of the highest level. Raises torch's exceptions."""
        seen = matte_size_for(level, *frame_size, matte_size)
        sizes = Sizes(frame_size, seen)
        if look is not None:
            assert isinstance(matte_size, int)
            sizes = Sizes(frame_size, grid_of(*frame_size, level.short_px(matte_size))[::-1], look.opening.shape[1:])
        if self.present is None or self.present.sizes != sizes:
            self.present = None  # first, so that its memory can be used anew
            if self._prepared is None:
                self._prepared = prepare(level, self._network, self._streams, seen)
            rest = level.dtype, self._outputs, level.is_captured
            self.present = Program(self._prepared, self._streams, sizes, self._input_mean, *rest)
            self._made += 1
        return self.present

    def drop(self) -> None:
        """All that is on the device: it is void."""
        if self.present is not None:
            self.present.has_failed = True
        self.present = self._prepared = None

    def close(self) -> None:
        self.drop()
        self._network = nn.Identity()
