"""The first half of a frame's steps on the device: from the uploaded picture to the network's answer, in two ways.

WholeView: shrink → network. RegionView: crop → network → paste and gate, as models/guided does it on the CPU: the
region's place is a tensor, so that each of its few shapes has one graph, wherever the region is. Main thread.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from livebg.core.resize_torch import resizer
from livebg.models import crop_torch
from livebg.models.guided import gate_torch
from livebg.models.guided.gate import NETWORKS
from livebg.pipeline.cuda.graphs import GraphedSteps
from livebg.pipeline.cuda.in_flight import InFlight, Size, Sizes
from livebg.pipeline.cuda.streams import Mark, Streams, Tensors
from livebg.scene.compositing import over_torch

Marks = list[tuple[str, Mark]]  # the end of each step


class View(Protocol):
    """What the network sees of a picture."""

    def ask(self, flight: InFlight, image: Tensor) -> Mark:
        """Queues the steps to the slot's answer and its way down; returns the moment when it is there.

        image: uint8 (H, W, 3), always in the same memory.
        """
        ...


class PreparedNetwork:
    """The network with what its input needs. network: RGB (1, 3, h, w) less the mean → alpha (1, 1, h, w), in dtype."""

    def __init__(self, network: nn.Module, dtype: torch.dtype, mean: float) -> None:
        self._network, self._dtype, self._mean = network, dtype, mean
        self.work = torch.float16 if dtype == torch.float16 else torch.float32

    def pixels(self, planes: Tensor) -> Tensor:
        """From BGR (3, h, w) in 0..255, which it rounds as on the CPU."""
        return ((planes.round().flip(0).to(torch.float32) * (1 / 255) - self._mean)[None]).to(self._dtype)

    def alpha(self, pixels: Tensor) -> Tensor:
        """Float32 (h, w)."""
        answer: Tensor = self._network(pixels)[0, 0].to(torch.float32)
        return answer


class WholeView:
    """The whole picture, at the small alpha's size."""

    def __init__(self, network: PreparedNetwork, streams: Streams, steps: GraphedSteps, sizes: Sizes) -> None:
        self._network, self._streams, self._steps = network, streams, steps
        self._resize = resizer(sizes.frame, sizes.matte, streams.device, network.work)

    def ask(self, flight: InFlight, image: Tensor) -> Mark:
        streams, slot, marks = self._streams, flight.slot, flight.marks
        with streams.computing():
            (pixels,) = self._steps(("shrink",), self._shrink)(image)
            marks.append(("shrink", streams.mark()))
            (answer,) = self._steps(("network",), self._look)(pixels)
            slot.answer.copy_(answer)
            marks.append(("network", streams.mark()))
        return streams.download([(slot.answer, slot.answer_host)])

    def _shrink(self, image: Tensor) -> Tensors:
        return (self._network.pixels(self._resize(over_torch.to_planes(image, self._network.work))),)

    def _look(self, pixels: Tensor) -> Tensors:
        return (self._network.alpha(pixels),)


class RegionView:
    """The region of each frame's Look; where it has none, the network rests and the answer is 0."""

    def __init__(self, network: PreparedNetwork, streams: Streams, steps: GraphedSteps, sizes: Sizes) -> None:
        assert sizes.opening is not None
        self._network, self._streams, self._steps, self._sizes = network, streams, steps, sizes
        self._place = torch.zeros((4,), device=streams.device)
        self._opening = torch.zeros((3, *sizes.opening), dtype=torch.uint8, device=streams.device)

    def ask(self, flight: InFlight, image: Tensor) -> Mark:
        streams, slot, look, marks = self._streams, flight.slot, flight.look, flight.marks
        assert look is not None
        assert slot.guide is not None
        if look.region is None:
            return streams.mark()
        size, guide = look.region.size, slot.guide
        streams.wait_for(streams.upload(guide.fill(look.region, look.opening)))
        with streams.computing():
            self._place.copy_(guide.place)
            self._opening.copy_(guide.opening)
            answer, extremes = self._looked(image, size, size, marks)
            guide.extremes[0].copy_(extremes)
            if look.smaller is not None:
                coarse, extremes = self._looked(image, size, look.smaller, marks)
                guide.extremes[1].copy_(extremes)
                (answer,) = self._steps(("whole", size), self._whole)(answer, coarse)
                marks.append(("whole", streams.mark()))
            (alpha,) = self._steps(("gate", size), self._gate)(answer, self._place, self._opening)
            slot.answer.copy_(alpha)
            marks.append(("gate", streams.mark()))
        return streams.download([(slot.answer, slot.answer_host), (guide.extremes, guide.extremes_host)])

    def _looked(self, image: Tensor, shape: Size, size: Size, marks: Marks) -> Tensors:
        """The network's bare answer to the region at `size`, and its extremes.

        shape: the size of the first look. Each shape has graphs of its own, also of a second look: a graph of two
        shapes would write where one captured in between keeps its answer.
        """
        crop, network = ("crop", "network") if size == shape else ("crop again", "network again")
        (pixels,) = self._steps((crop, shape), lambda *each: self._crop(size, *each))(image, self._place)
        marks.append((crop, self._streams.mark()))
        found = self._steps((network, shape), self._look)(pixels)
        marks.append((network, self._streams.mark()))
        return found

    def _crop(self, size: Size, image: Tensor, place: Tensor) -> Tensors:
        planes = over_torch.to_planes(image, self._network.work)
        return (self._network.pixels(crop_torch.cut(planes, place, size)),)

    def _look(self, pixels: Tensor) -> Tensors:
        answer = self._network.alpha(pixels)
        return answer, torch.stack([answer.amin(), answer.amax()])

    def _whole(self, fine: Tensor, coarse: Tensor) -> Tensors:
        return (gate_torch.whole(fine, coarse, NETWORKS),)

    def _gate(self, answer: Tensor, place: Tensor, opening: Tensor) -> Tensors:
        alpha = crop_torch.pasted(answer, place, self._sizes.frame, self._sizes.matte)
        return (gate_torch.through(alpha, opening, answer.numel()),)
