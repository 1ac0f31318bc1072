"""The guided engine: the light engine finds the people, then the rmbg network looks at the region around them.

The network sees the people larger for the same cost, and its alpha counts only near what the finder believes in: it is
a network of salient objects, and takes chairs and screens for foreground. find() and detail() may run in two threads,
each call of one in the same thread. On an NVIDIA GPU pipeline/cuda does the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from livebg.core.engines import Bound, MattingEngine
from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, Image, Matte, fault_of_network
from livebg.models.crop import cut, pasted
from livebg.models.guided.gate import NETWORKS, gated, whole
from livebg.models.guided.guide import Guide
from livebg.models.guided.region import Region, second_size
from livebg.models.rmbg.engine import RmbgEngine

GRID = 16 / 9  # the alpha's short side against the matte size: people fill a part of the picture, and get its pixels


class GuidedEngine:
    """A core.engines.Guided, Resizable, LooksCloser, Batches and Foresees over finder and network, which it owns."""

    def __init__(self, finder: MattingEngine, network: RmbgEngine) -> None:
        self._guide, self._network = Guide(finder), network

    @property
    def description(self) -> str:
        return f"{self._network.description}; guided by {self._guide.description}"

    @property
    def unguided(self) -> MattingEngine:
        """The network on whole pictures: whatever stands out is foreground."""
        return self._network

    @property
    def matte_size(self) -> int:
        """The short side, px, at which the network would take a whole picture; a region has the same area."""
        return self._network.matte_size

    def resize(self, matte_size: int) -> None:
        """From the next detail() on; from any thread."""
        self._network.resize(matte_size)

    @property
    def has_closer_look(self) -> bool:
        """Whether the finder takes one."""
        return self._guide.has_closer_look

    def set_closer_look(self, is_on: bool) -> None:
        """The finder's, from the next frame on; from any thread."""
        self._guide.set_closer_look(is_on)

    def warm_up(self, height: int, width: int) -> None:
        """Prepares the network for frames of this size. Raises ModelError."""
        self._network.warm_up(height, width)

    def matte(self, frame: Frame) -> Alpha:
        """The alpha of the people, float32 (h, w) in 0..1 at grid_of()'s size. Raises ModelError."""
        belief = self._guide.believe(frame)
        return self._looked(frame, belief, self._guide.edge(belief, frame))

    def bound_by(self, bound: Bound) -> None:
        """From the next matte() on; find() answers as before."""
        self._guide.bound_by(bound)

    def find(self, frame: Frame) -> Alpha:
        """The finder's alpha, float32 (h', w') in 0..1 at the finder's own size. Raises ModelError."""
        return self._guide.find(frame)

    def detail(self, frame: Frame, belief: Alpha) -> Alpha:
        """The network's alpha as far as the belief, find()'s answer to this frame, allows: float32 (h, w) in 0..1.

        All 0, without a look of the network, where the finder sees nobody. Raises ModelError.
        """
        return self._looked(frame, belief, belief.values)

    def _looked(self, frame: Frame, belief: Alpha, edge: Matte) -> Alpha:
        region = self._guide.region(belief, frame, self.matte_size)
        seen = None if region is None else self._seen([frame], [region])[0]
        return self._allowed(frame, belief, edge, region, seen)

    @property
    def at_once(self) -> int:
        """How many frames mattes() best takes together."""
        return self._network.at_once

    def mattes(self, frames: Sequence[Frame]) -> list[Alpha]:
        """The alphas of frames of one size, as matte() one by one; the network looks at regions of one shape in one go.

        Raises ModelError.
        """
        pairs, edges = list[tuple[Frame, Alpha]](), list[Matte]()
        for frame in frames:  # both see the motion up to this frame
            belief = self._guide.believe(frame)
            pairs.append((frame, belief))
            edges.append(self._guide.edge(belief, frame))
        regions = [self._guide.region(belief, frame, self.matte_size) for frame, belief in pairs]
        seen: dict[int, Matte] = {}
        for size in {each.size for each in regions if each is not None}:
            alike = [(n, each) for n, each in enumerate(regions) if each is not None and each.size == size]
            answers = self._seen([frames[n] for n, _ in alike], [each for _, each in alike])
            seen |= {n: answer for (n, _), answer in zip(alike, answers, strict=True)}
        return [self._allowed(*pairs[n], edges[n], region, seen.get(n)) for n, region in enumerate(regions)]

    def _seen(self, frames: Sequence[Frame], regions: Sequence[Region]) -> list[Matte]:
        """The network's answers to regions of one shape, one in each of these frames, float32 (h, w) in 0..1.

        What it is sure of in a second, smaller picture counts, too.
        """
        fine = self._looks(frames, regions)
        smaller = second_size(regions[0].size, self.matte_size)
        if smaller is None:
            return fine
        coarse = self._looks(frames, [Region(each.crop, smaller) for each in regions])
        return [whole(*each, NETWORKS) for each in zip(fine, coarse, strict=True)]

    def _looks(self, frames: Sequence[Frame], regions: Sequence[Region]) -> list[Matte]:
        parts = [_part(*each) for each in zip(frames, regions, strict=True)]
        answers = self._network.looks(parts, frames)
        for frame, answer in zip(frames, answers, strict=True):
            fault = fault_of_network(answer)  # of the bare answer: the gate would give it a person's shape
            if fault:
                raise ModelError(f"{frame}: {fault}")
        return answers

    def _allowed(self, frame: Frame, belief: Alpha, edge: Matte, region: Region | None, seen: Matte | None) -> Alpha:
        """What counts of the network's answer to the region, float32 (h', w') in 0..1; None: it saw none."""
        grid = grid_of(frame.height, frame.width, self.matte_size)
        if region is None or seen is None:
            return Alpha(np.zeros(grid[::-1], np.float32), frame.sequence)
        values = gated(pasted(seen, region.crop, grid), belief.values, edge, math.prod(region.size))
        return Alpha(values, frame.sequence)

    def foresee(self, frames: Iterable[Frame]) -> None:
        """See core.engines.Foresees: the finder's, which knows then what people wear. Raises ModelError."""
        self._guide.foresee(frames)

    def reset(self) -> None:
        """Forgets where people were."""
        self._guide.reset()

    def close(self) -> None:
        self._guide.close()
        self._network.close()


def _part(frame: Frame, region: Region) -> Image:
    """The region as the network sees it, BGR uint8 (*region.size, 3). Do not write to it."""
    return cut(frame, region.crop, region.size[1], region.size[0])


def grid_of(height: int, width: int, matte_size: int) -> tuple[int, int]:
    """(width, height) of the alpha of a frame of height x width, px: always the same, wherever the region is."""
    scale = min(1.0, GRID * matte_size / min(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))
