"""One frame in flight on the device: the slot with its pictures, the end time of each step, and its results.

Main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from livebg.core.types import Image, Matte
from livebg.matting.params import SUPPORT
from livebg.matting.temporal.edge_torch import SCALARS
from livebg.models.crop_torch import place_of
from livebg.models.guided.region import Region
from livebg.pipeline.cuda.streams import Mark, Streams

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The results: the composite as BGR or as the virtual camera's I420, and the alpha if a sink needs it.

    is_alpha_wanted: whether somebody needs it for this frame, although has_alpha is False.
    """

    layout: Literal["bgr", "i420"] = "bgr"
    has_alpha: bool = True
    is_alpha_wanted: Callable[[], bool] = bool

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        if self.layout == "bgr":
            return height, width, 3
        return (height + height % 2) * 3 // 2, width + width % 2


@dataclass(frozen=True, slots=True)
class Sizes:
    """(h, w) of the frames, of the small alpha, and of the planes of each frame's Look; None: there are no Looks, and
    the network looks at the whole picture."""

    frame: Size
    matte: Size
    opening: Size | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Where the network looks in a frame, and what counts of its answer.

    region: None: nobody is there, and the network rests. opening: uint8 (3, h', w'), see guided.gate.opening().
    smaller: the (h, w), px, at which the network sees the region a second time; None: it looks once.
    """

    region: Region | None
    opening: Image
    smaller: Size | None = None


class GuideSlot:
    """Memory for one frame's Look on its way up, and the extremes of the network's bare answers on their way down."""

    def __init__(self, streams: Streams, opening: Size) -> None:
        shape, device = (3, *opening), streams.device
        self.place_host, self.place = streams.host((4,), torch.float32), torch.zeros((4,), device=device)
        self.opening_host = streams.host(shape, torch.uint8)
        self.opening = torch.zeros(shape, dtype=torch.uint8, device=device)
        self.extremes_host, self.extremes = streams.host((2, 2), torch.float32), torch.zeros((2, 2), device=device)

    def fill(self, region: Region, opening: Image) -> list[tuple[Tensor, Tensor]]:
        """What to upload: (host, on the device) of each."""
        np.copyto(self.place_host.numpy(), place_of(region.crop))
        np.copyto(self.opening_host.numpy(), opening)
        return [(self.place_host, self.place), (self.opening_host, self.opening)]


class Slot:
    """Memory for one frame on its way up and down, since the next frame uses the steps' own by then."""

    def __init__(self, streams: Streams, sizes: Sizes, work_size: Size, outputs: Outputs) -> None:
        """work_size: of the picture for the optical flow."""
        (height, width), matte_size = sizes.frame, sizes.matte

        def place(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=streams.device)

        self.image_host, self.image = (
            streams.host((height, width, 3), torch.uint8),
            place((height, width, 3), torch.uint8),
        )
        self.answer_host, self.answer = streams.host(matte_size, torch.float32), place(matte_size)
        self.alpha_host, self.alpha = streams.host(matte_size, torch.float32), place(matte_size)
        self.motion_host, self.motion = streams.host(work_size, torch.float32), place(work_size)
        self.scalars_host, self.scalars = streams.host((SCALARS,), torch.float32), place((SCALARS,))
        self.flow_host, self.flow = streams.host((*work_size, 2), torch.float32), place((*work_size, 2))
        cells = SUPPORT.cells_of(matte_size)
        self.cells_host, self.cells = streams.host(cells, torch.uint8), place(cells, torch.uint8)
        self.found = place((4,), torch.int32)
        self.result = place(outputs.shape(height, width), torch.uint8)
        self.full = place(sizes.frame)
        self.guide = None if sizes.opening is None else GuideSlot(streams, sizes.opening)

    def fill(
        self, alpha: Matte, unsupported: Image, motion: Matte | None, scalars: Matte, flow: Matte
    ) -> list[tuple[Tensor, Tensor]]:
        """The pictures to upload: (host, on the device) of each."""
        np.copyto(self.alpha_host.numpy(), alpha)
        np.copyto(self.cells_host.numpy(), unsupported)
        always = [(self.alpha_host, self.alpha), (self.cells_host, self.cells)]
        if motion is None:
            return always
        np.copyto(self.motion_host.numpy(), motion)
        np.copyto(self.scalars_host.numpy(), scalars)
        np.copyto(self.flow_host.numpy(), flow)
        moving = [(self.motion_host, self.motion), (self.scalars_host, self.scalars), (self.flow_host, self.flow)]
        return [*always, *moving]


@dataclass(slots=True)
class InFlight:
    """One frame in the device's queues, in two halves: to the network's answer, and from the corrected alpha on.

    look: None: the network looks at the whole picture. image: host uint8 as Outputs.shape says, None if the device
    returns only the alpha; full: host float32 (H, W) or None.
    """

    slot: Slot
    look: Look | None = None
    marks: list[tuple[str, Mark]] = field(default_factory=list)  # the end of each step in the first half
    later_marks: list[tuple[str, Mark]] = field(default_factory=list)
    answered: Mark | None = None
    done: Mark | None = None
    image: Tensor | None = None
    full: Tensor | None = None
    found: Tensor | None = None  # host int32 (4,): the judgement of support_torch.py on the full-size alpha

    def wait_for_answer(self) -> None:
        """Waits for the network's answer. Raises the device's failure."""
        assert self.answered is not None
        self.answered.wait()

    def answer(self) -> Matte:
        """The network's answer, as far as the Look lets it count, float32 (h, w), after the wait; the caller's own."""
        answer: Matte = self.slot.answer_host.numpy()
        return np.zeros_like(answer) if self.look is not None and self.look.region is None else answer.copy()

    def extremes(self) -> list[tuple[float, float]]:
        """Least and greatest of each of the network's bare answers to a region, after the wait."""
        guide = self.slot.guide
        if guide is None or self.look is None or self.look.region is None:
            return []
        looks = guide.extremes_host if self.look.smaller else guide.extremes_host[:1]
        return [(low, high) for low, high in looks.tolist()]

    def wait(self) -> None:
        """Waits for all results. Raises the device's failure."""
        assert self.done is not None
        self.done.wait()

    def step_ms(self) -> dict[str, float]:
        """Time of each step, by the device's clock, after the wait."""
        return _between(self.marks) | _between(self.later_marks)


def _between(marks: list[tuple[str, Mark]]) -> dict[str, float]:
    return {name: mark.ms_since(before) for (_, before), (name, mark) in pairwise(marks)}
