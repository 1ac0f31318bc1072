"""One frame on its way through the device: where its pictures lie, when each stage ended, what comes down.

Knows nothing about what the stages do. Main thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from livebg.gpu.lanes import Lanes, Mark

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What comes down: the composite as BGR or as the virtual camera's I420, and the alpha where a sink needs it."""

    layout: Literal["bgr", "i420"] = "bgr"
    has_alpha: bool = True

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        if self.layout == "bgr":
            return height, width, 3
        return (height + height % 2) * 3 // 2, width + width % 2


class Slot:
    """Places for one frame on its way up and down, since the stages' own are the next frame's by then."""

    def __init__(self, lanes: Lanes, size: Size, outputs: Outputs) -> None:
        height, width = size
        self.image_host = lanes.host((height, width, 3), torch.uint8)
        self.numbers_host = lanes.host((2,), torch.int64)
        self.flag_host = lanes.host((1,), torch.bool)
        self.image = torch.empty((height, width, 3), dtype=torch.uint8, device=lanes.device)
        self.numbers = torch.empty((2,), dtype=torch.int64, device=lanes.device)
        self.flag = torch.zeros((1,), dtype=torch.bool, device=lanes.device)
        self.result = torch.empty(outputs.shape(height, width), dtype=torch.uint8, device=lanes.device)
        self.alpha = torch.empty(size if outputs.has_alpha else (0, 0), device=lanes.device)


@dataclass(slots=True)
class Passage:
    """One frame in the device's queues. image: host uint8 as Outputs.shape says; alpha: host float32 (H, W) or None."""

    slot: Slot
    marks: list[tuple[str, Mark]] = field(default_factory=list)  # the moment each stage ended
    done: Mark | None = None
    image: Tensor | None = None
    alpha: Tensor | None = None
    is_valid: bool = False

    def wait(self) -> None:
        """Until everything is down; then is_valid says whether it may be used. Raises what the device failed of."""
        assert self.done is not None
        self.done.wait()
        self.is_valid = bool(self.slot.flag_host[0])

    def stage_ms(self) -> dict[str, float]:
        """Device time of each stage, once waited for."""
        pairs = zip(self.marks[:-1], self.marks[1:], strict=True)
        return {name: mark.ms_since(before) for (_, before), (name, mark) in pairs}
