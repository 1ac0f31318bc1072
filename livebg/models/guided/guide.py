"""The guide: a finder says where people are, and the network's region follows them from frame to frame.

find() and believe() may run in one thread and region() in another, each call of one in the same thread.
"""

from __future__ import annotations

from livebg.core.errors import ModelError
from livebg.core.guiding import Bound
from livebg.core.nearness import near_people
from livebg.core.types import Alpha, Frame, LooksCloser, Matte, MattingEngine, fault_of
from livebg.models.crop import PERSON_ALPHA, Crop, box_of, is_somebody
from livebg.models.guided.region import Region, followed, region_around


class Guide:
    """Owns the finder, and keeps the region around the people. bound: see bound_by()."""

    def __init__(self, finder: MattingEngine, bound: Bound | None = None) -> None:
        self._finder, self._bound = finder, bound
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

    def bound_by(self, bound: Bound) -> None:
        """From the next believe() on."""
        self._bound = bound

    def believe(self, frame: Frame) -> Alpha:
        """find()'s answer as far as it is believed: of one kind and size. Raises ModelError."""
        found = self.find(frame)
        return found if self._bound is None else self._bound.apply(found, frame)

    def edge(self, belief: Alpha, frame: Frame) -> Matte:
        """believe()'s answer with its edge where this frame shows it, float32 (h, w) in 0..1; in find()'s thread."""
        return belief.values if self._bound is None else self._bound.edge(belief, frame)

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

    def reset(self) -> None:
        """Forgets where people were."""
        self._finder.reset()
        if self._bound is not None:
            self._bound.reset()
        self._region = None

    def close(self) -> None:
        self._finder.close()
