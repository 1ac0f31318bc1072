"""The guide: a finder says where people are, and the network's region follows them from frame to frame.

find() and region() may run in two threads, each call of one in the same thread.
"""

from __future__ import annotations

from collections.abc import Iterable

from livebg.core.errors import ModelError
from livebg.core.nearness import near_people
from livebg.core.types import Alpha, Foresees, Frame, LooksCloser, MattingEngine, fault_of
from livebg.models.crop import PERSON_ALPHA, Crop, box_of, is_somebody
from livebg.models.guided.region import Region, followed, region_around


class Guide:
    """Owns the finder, and keeps the region around the people."""

    def __init__(self, finder: MattingEngine) -> None:
        self._finder = finder
        self._closer = finder if isinstance(finder, LooksCloser) and finder.has_closer_look else None
        self._region: Region | None = None

    @property
    def has_closer_look(self) -> bool:
        """Whether the finder takes one."""
        return self._closer is not None

    def set_closer_look(self, is_on: bool) -> None:
        """From the next frame on; from any thread."""
        if self._closer is not None:
            self._closer.set_closer_look(is_on)

    @property
    def description(self) -> str:
        return self._finder.description

    def find(self, frame: Frame) -> Alpha:
        """The finder's alpha, float32 (h', w') in 0..1 at the finder's own size. Raises ModelError."""
        belief = self._finder.matte(frame)
        fault = fault_of(belief, frame)
        if fault:
            raise ModelError(f"the finder's answer to {frame} cannot be used: {fault}")
        return belief

    def region(self, belief: Alpha, frame: Frame, short_px: int) -> Region | None:
        """Where the network looks in this frame, whose belief this is; None: nobody is there.

        short_px: the short side at which the network would take the whole picture.
        """
        box = None
        if is_somebody(belief.values):
            box = box_of(near_people(belief.values) > PERSON_ALPHA, Crop.whole(frame.width, frame.height))
        region = self._region
        if box is None:
            region = None
        elif region is None or (region.crop.width, region.crop.height) != (frame.width, frame.height):
            region = region_around(box, frame.width, frame.height, short_px)
        else:
            region = followed(region, box, short_px)
        self._region = region
        return region

    def foresee(self, frames: Iterable[Frame]) -> None:
        """See core.types.Foresees; the finder, where it can. Raises ModelError."""
        self.reset()
        if isinstance(self._finder, Foresees):
            self._finder.foresee(frames)

    def reset(self) -> None:
        """Forgets where people were."""
        self._finder.reset()
        self._region = None

    def close(self) -> None:
        self._finder.close()
