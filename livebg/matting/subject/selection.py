"""Which connected components of a small alpha stay foreground: the people, or the one person, whatever the engine.

Components are tracked over time. People stay with what they hold; chairs, posters and other components fade out, always
as a whole, with the haze around them, and stay away where they look the same (rejected.py). Where there is nobody,
alpha is exactly 0. One thread at a time.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.resize import shrink
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Matte
from livebg.matting.params import MAX_GAP_S
from livebg.matting.small_picture import small_of
from livebg.matting.subject import components_numba as kernels
from livebg.matting.subject.attached import is_belonging
from livebg.matting.subject.components import (
    WIDEST,
    Bytes,
    Labels,
    PreviousFrame,
    Region,
    describe,
    find_labels,
    inside,
)
from livebg.matting.subject.rejected import Rejected
from livebg.matting.subject.single_person import SinglePerson
from livebg.matting.subject.tracking import STRANGER, People, Person, faded
from livebg.matting.subject.visibility import FULL, share, visibility_of

# A region stays a stranger's if, in the frame before, at least this share of it was the stranger's, and no larger
# share the chosen person's.
STRANGE = 0.2


def prepare() -> None:
    """Compile the loop now, so that the first frames do not wait for it."""
    kernels.describe.prepare()


def is_off(settings: Settings, judges: bool) -> bool:
    """True where this step has nothing to do: it is about people. judges: it tells them from chairs."""
    return settings.subject == "anything" or (settings.people == "all" and not judges)


class Subject:
    """A correction: people, or the one person, stay; the rest goes. It holds what it knows from earlier frames.

    has_presence: False where the engine has made sure itself that its alpha is people's (core.engines.Guided).
    """

    def __init__(self, has_presence: bool = True) -> None:
        self._has_presence, self._judges = has_presence, False
        self._rejected, self._single_person = Rejected(), SinglePerson()
        self.reset()

    def reset(self) -> None:
        """Forget everybody: a person in the next frame is visible at once."""
        self._people = People()
        self._previous: PreviousFrame | None = None
        self._everywhere, self._at_s = 0.0, 0.0
        self._rejected.reset()
        self._single_person.reset()

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        """The alpha of the people who stay, float32 (h, w) in 0..1, by settings people and presence.

        alpha: float32 (h, w) in 0..1; frame: the frame it belongs to, BGR uint8 (H, W, 3). The same object where
        nothing changes.
        """
        self._judges = self._has_presence and settings.presence
        if is_off(settings, self._judges):
            self.reset()
            return alpha
        if not self._judges:
            self._rejected.reset()
        values = np.ascontiguousarray(alpha.values, np.float32)
        small = _small(values)
        elapsed_s = self._elapsed(small, frame)
        kept = self._kept_rejected(small, frame)
        seen = small if kept is None else small * share(kept, small.shape)
        visibility = self._judge(seen, frame, settings, elapsed_s)
        if kept is not None:
            visibility = kept if visibility is None else np.asarray(cv2.min(kept, visibility), np.uint8)
        return alpha if visibility is None else Alpha(values * share(visibility, values.shape), alpha.sequence)

    def _kept_rejected(self, small: Matte, frame: Frame) -> Bytes | None:
        """How far each pixel is no furniture that was rejected before, uint8 (h, w); None: nothing is."""
        if not (self._judges and self._rejected.is_known):
            return None
        return self._rejected.kept(small, shrink(frame, small.shape[1], small.shape[0]))

    def _elapsed(self, small: Matte, frame: Frame) -> float | None:
        """Seconds since the frame before; None in the first frame, at another size, and after a gap."""
        elapsed_s: float | None = frame.media_time_s - self._at_s
        if (
            self._previous is None
            or self._previous.labels.shape != small.shape
            or not 0 <= (elapsed_s or 0) < MAX_GAP_S
        ):
            self.reset()
            elapsed_s = None
        self._at_s = frame.media_time_s
        return elapsed_s

    def _judge(self, small: Matte, frame: Frame, settings: Settings, elapsed_s: float | None) -> Bytes | None:
        """How visible each pixel is, uint8 (h, w) of `small`; None where all pixels are fully visible."""
        labels, count = find_labels(inside(small))
        last = self._previous or PreviousFrame.nothing(labels.shape)
        regions, foreign = describe(labels, count, small, last), count
        if settings.people == "one":
            divided = self._single_person.divide(
                labels, count, regions, self._people, last, small_of(frame), self._at_s
            )
            if divided > count:
                count, regions = divided, describe(labels, divided, small, last)
        self._people.follow(regions, labels.shape, self._at_s, elapsed_s, foreign)
        kept = self._kept(settings, labels.shape)
        self._fade(kept, elapsed_s)
        strangers = self._strangers(regions, foreign, settings, labels.shape)
        levels = self._levels(labels, count, regions, strangers, kept, elapsed_s)
        self._learn_rejected(labels, regions, levels, strangers, frame)
        owners = np.zeros(count, np.uint8)
        owners[list(strangers)] = STRANGER + 1
        for label, person in self._people.labels.items():
            owners[label] = person.slot + 1
        self._previous = PreviousFrame(labels, owners, levels)
        return visibility_of(labels, levels)

    def _kept(self, settings: Settings, shape: tuple[int, ...]) -> list[Person]:
        """The people in sight who are foreground."""
        visible = self._people.visible()
        if settings.people == "all":
            self._single_person.reset()
            return visible
        chosen = self._single_person.choose(self._people, shape)
        return [each for each in visible if each is chosen]

    def _fade(self, kept: list[Person], elapsed_s: float | None) -> None:
        """Move everybody's level, and that of pixels in no region, one frame on."""
        for person in self._people.known:
            person.level = _level(person.level, person in kept, elapsed_s)
        self._everywhere = _level(self._everywhere, bool(kept) or not self._judges, elapsed_s)

    def _levels(
        self,
        labels: Labels,
        count: int,
        regions: list[Region],
        strangers: set[int],
        kept: list[Person],
        elapsed_s: float | None,
    ) -> Bytes:
        """How visible each label is, uint8 (count,) in 0..255."""
        levels = np.full(count, round(self._everywhere * FULL), np.uint8)
        for label, person in self._people.labels.items():
            levels[label] = round(person.level * FULL)
        boxes = [each.box for each in kept]
        others = [each.box for each in self._people.visible() if each not in kept]
        is_judged = self._judges or bool(others)
        for region in regions:
            if region.label in self._people.labels:
                continue
            if region.label in strangers or (is_judged and not is_belonging(region, boxes, others, labels.shape)):
                level = _level(region.shown, False, elapsed_s)
                levels[region.label] = round(min(level, self._everywhere) * FULL)
        return levels

    def _learn_rejected(
        self, labels: Labels, regions: list[Region], levels: Bytes, strangers: set[int], frame: Frame
    ) -> None:
        """Learn from regions that are no people and are not to be seen."""
        is_denied = np.zeros(len(levels), np.bool_)
        for region in regions:
            is_nobody = region.label not in self._people.labels and region.label not in strangers
            is_denied[region.label] = is_nobody and levels[region.label] == 0
        if self._judges and is_denied.any():
            self._rejected.see(labels, is_denied, shrink(frame, labels.shape[1], labels.shape[0]), self._at_s)

    def _strangers(self, regions: list[Region], foreign: int, settings: Settings, shape: tuple[int, ...]) -> set[int]:
        """Labels of regions that are part of another person who enters the chosen person's picture."""
        slot = self._single_person.slot
        if settings.people == "all" or slot is None or not self._single_person.is_settled(self._people, self._at_s):
            return set()
        found = set()
        for region in regions:
            theirs, strange = region.claims[slot], region.claims[STRANGER]
            left, top, right, _ = region.box
            comes_in = theirs == 0 and (left == 0 or top == 0 or right == shape[1])
            if region.label >= foreign or comes_in or strange >= max(theirs, STRANGE * region.area):
                found.add(region.label)
        return found - set(self._people.labels)


def _level(level: float, is_there: bool, elapsed_s: float | None) -> float:
    """The level of the next frame: at once that of whoever is there, so that nobody comes in half; others fade."""
    if is_there or elapsed_s is None:
        return float(is_there)
    return faded(level, elapsed_s)


def _small(values: Matte) -> Matte:
    """The alpha, float32 (h, w), with sides of at most WIDEST px; the same array where it is small enough."""
    times = -(-max(values.shape) // WIDEST)
    if times == 1:
        return values
    size = (max(1, values.shape[1] // times), max(1, values.shape[0] // times))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
