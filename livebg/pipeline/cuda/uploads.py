"""Uploads each background picture to the device once, while it computes the frame's matte. Main thread."""

from __future__ import annotations

import torch

from livebg.core.types import Image
from livebg.pipeline.cuda.streams import Streams, upload_picture


class Pictures:
    """`behind` is the newest one on the device, uint8 (H, W, 3), always in the same memory.

    Two upload buffers take turns: while the frame in flight reads one, the next picture fills the other.
    """

    def __init__(self, streams: Streams, height: int, width: int) -> None:
        shape = (height, width, 3)
        self._streams = streams
        self._places = [
            (streams.host(shape, torch.uint8), torch.empty(shape, dtype=torch.uint8, device=streams.device))
            for _ in range(2)
        ]
        self.behind = torch.zeros(shape, dtype=torch.uint8, device=streams.device)
        self._newest: Image | None = None
        self.uploads = 0

    def bring(self, picture: Image) -> None:
        """Puts this BGR uint8 (H, W, 3) at `behind`; does nothing if it is there (the same array)."""
        if picture is self._newest:
            return
        host, place = self._places[self.uploads % 2]
        mark = upload_picture(self._streams, picture, host, place)
        self._streams.wait_for(mark)
        with self._streams.computing():
            self.behind.copy_(place)
        self._newest = picture
        self.uploads += 1
