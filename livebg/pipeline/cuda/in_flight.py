"""One frame in flight on the device: the slot with its pictures, the end time of each step, and its results.

Main thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from livebg.core.types import Image, Matte
from livebg.matting.params import SUPPORT
from livebg.matting.temporal.edge_torch import SCALARS
from livebg.pipeline.cuda.streams import Mark, Streams

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outputs:
    """The results: the composite as BGR or as the virtual camera's I420, and the alpha if a sink needs it."""

    layout: Literal["bgr", "i420"] = "bgr"
    has_alpha: bool = True

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        if self.layout == "bgr":
            return height, width, 3
        return (height + height % 2) * 3 // 2, width + width % 2


class Slot:
    """Memory for one frame on its way up and down, since the next frame uses the steps' own by then."""

    def __init__(self, streams: Streams, size: Size, matte_size: Size, work_size: Size, outputs: Outputs) -> None:
        """work_size: of the picture for the optical flow."""
        height, width = size

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
        cells = SUPPORT.cells_of(matte_size)
        self.cells_host, self.cells = streams.host(cells, torch.uint8), place(cells, torch.uint8)
        self.found = place((4,), torch.int32)
        self.result = place(outputs.shape(height, width), torch.uint8)
        self.full = place(size)

    def fill(
        self, alpha: Matte, unsupported: Image, motion: Matte | None, scalars: Matte
    ) -> list[tuple[Tensor, Tensor]]:
        """The pictures to upload: (host, on the device) of each."""
        np.copyto(self.alpha_host.numpy(), alpha)
        np.copyto(self.cells_host.numpy(), unsupported)
        always = [(self.alpha_host, self.alpha), (self.cells_host, self.cells)]
        if motion is None:
            return always
        np.copyto(self.motion_host.numpy(), motion)
        np.copyto(self.scalars_host.numpy(), scalars)
        return [*always, (self.motion_host, self.motion), (self.scalars_host, self.scalars)]


@dataclass(slots=True)
class InFlight:
    """One frame in the device's queues, in two halves: to the network's answer, and from the corrected alpha on.

    image: host uint8 as Outputs.shape says, None if the device returns only the alpha; full: host float32 (H, W) or
    None.
    """

    slot: Slot
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
        """The network's answer, float32 (h, w), after the wait; the caller owns it."""
        return np.array(self.slot.answer_host.numpy())

    def wait(self) -> None:
        """Waits for all results. Raises the device's failure."""
        assert self.done is not None
        self.done.wait()

    def step_ms(self) -> dict[str, float]:
        """Time of each step, by the device's clock, after the wait."""
        return _between(self.marks) | _between(self.later_marks)


def _between(marks: list[tuple[str, Mark]]) -> dict[str, float]:
    return {name: mark.ms_since(before) for (_, before), (name, mark) in pairwise(marks)}
