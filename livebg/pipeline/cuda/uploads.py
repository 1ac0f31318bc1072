"""The background's pictures on the device, each uploaded once, while the device computes the frame's matte.

What a background is made of, it says itself, so that a picture is only asked of it without a matte where that can show
nothing of the room. Main thread.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch

from livebg.core.types import Background, Image
from livebg.pipeline.cuda.streams import Lanes, upload_picture


@runtime_checkable
class Blurring(Protocol):
    """A background that is the frame itself, blurred around the person: made on the device, not asked for."""

    @property
    def sigma_share(self) -> float:
        """Of the blur, as a share of the picture's height."""
        ...


def needs_matte(background: Background) -> bool:
    """True where picture() looks at the frame's pixels or the matte, or does not say: it gets the true matte, late."""
    return bool(getattr(background, "needs_matte", True))


class Pictures:
    """`behind` is the newest one on the device, uint8 (H, W, 3), always at the same place.

    Two places take turns on the way there: while one is being read for the frame in flight, the next fills the other.
    """

    def __init__(self, lanes: Lanes, height: int, width: int) -> None:
        shape = (height, width, 3)
        self._lanes = lanes
        self._places = [
            (lanes.host(shape, torch.uint8), torch.empty(shape, dtype=torch.uint8, device=lanes.device))
            for _ in range(2)
        ]
        self.behind = torch.zeros(shape, dtype=torch.uint8, device=lanes.device)
        self._newest: Image | None = None
        self.uploads = 0

    def bring(self, picture: Image) -> None:
        """Make this BGR uint8 (H, W, 3) the one at `behind`; nothing to do where it is (the same array)."""
        if picture is self._newest:
            return
        host, place = self._places[self.uploads % 2]
        mark = upload_picture(self._lanes, picture, host, place)
        self._lanes.wait_for(mark)
        with self._lanes.computing():
            self.behind.copy_(place)
        self._newest = picture
        self.uploads += 1
