"""A clean plate: the empty room, remembered, and an alpha moved where the picture tells person from room by it.

The room is one colour and noise per pixel, followed slowly (the running Gaussian of Wren et al. 1997, "Pfinder"); what
a difference to it means is counted on each picture itself: how often sure persons and sure room near the edge look so
(Bayes, as in Criminisi et al. 2006, "Bilayer Segmentation of Live Video"). So a shadow, a person in the wall's colours
or a bad plate say little by themselves. Knows nothing about files or engines. Main thread.
"""

from __future__ import annotations

import logging
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.resize import shrink
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame, Image
from livebg.matting.plate import learn_numba as kernels
from livebg.matting.plate import weigh_numba as weighing
from livebg.matting.plate.background_model import LONGEST_STEP_S, TRUSTED_S, Room, decided, drop_islands

log = logging.getLogger(__name__)

EMPTY_SHARE = 0.002  # mean alpha below which nobody is there
OCCUPIED_PACE = 0.25  # with somebody in the picture a pixel must stand still four times as long
GLANCE_S = 0.09  # as long as the plate is of no use and somebody is there, it is enough to learn so often
SURROUNDING = 12  # an alpha is in doubt where there is an edge within half of 1/12 of the picture's width
WITNESSES = 0.03  # of the picture, that must be there to say whether the plate still holds
DISAGREE, TEXTURED_DISAGREE = 0.15, 0.4  # shares of the witnesses that say that it does not
STRICTER = 0.6  # times those, once it has been wrong
FEWEST_TEXTURED = 40.0  # witnesses
LET_GO_S = 1.0  # a flash of light is shorter, and the time until somebody who comes in is seen
PICTURE_EVERY_S, PICTURE_SHARE = 0.1, 0.15  # the full-size picture is averaged from so many frames
SAME_LIGHT = 0.01  # a smaller change of gain is not worth a new full-size picture
SAME_SHAPE = 0.02  # width / height of a given plate may be off by this share


def prepare() -> None:
    """Compile the loops now, so that the first frames need not wait for them."""
    for each in (kernels.measure_gain, kernels.ask, kernels.teach, weighing.look, weighing.compare, weighing.decide):
        each.prepare()


class CleanPlate:
    """A stages.Correction by settings.plate; the state is visible here and `reset()` forgets it.

    given: BGR uint8 (H, W, 3) of the empty room, None to learn it. keeps_picture: the room is also kept at full size,
    for `picture`.
    """

    def __init__(self, given: Image | None = None, keeps_picture: bool = False) -> None:
        self._given, self._keeps_picture = given, keeps_picture
        self.reset()

    def reset(self) -> None:
        """Forget the room, unless it was given (a new source, size or engine)."""
        self._room: Room | None = None
        self._sizes: tuple[int, ...] = ()  # of the small alpha and of the frame
        self._is_refused = False  # what was given is of another shape
        self._at_s = 0.0
        self._wrong_since_s: float | None = None
        self._is_told = self._is_useful = False
        self._full: NDArray[Any] | None = None  # of the frame's size, in the light of room.mean
        self._full_at_s = 0.0
        self._shown: Image | None = None
        self._shown_gain = np.ones(3, np.float32)

    @property
    def picture(self) -> Image | None:
        """The room at the frame's full size, in the light of the last frame: BGR uint8 (H, W, 3); None where it is not
        known or does not hold. Made anew only when the light has changed by 1 %. Not to be written to."""
        room = self._room
        if self._full is None or room is None or not self._is_useful:
            return None
        if self._shown is None or np.abs(room.gain / self._shown_gain - 1).max() > SAME_LIGHT:
            levels = np.arange(256, dtype=np.float32)[:, None] * room.gain
            table = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
            self._shown_gain = room.gain.copy()
            self._shown = np.asarray(cv2.LUT(np.clip(self._full, 0, 255).astype(np.uint8), table[None]), np.uint8)
        return self._shown

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        """The better alpha; the very same object where nothing is known of the room or the plate does not hold."""
        if settings.plate == "off":
            if self._room is not None:
                self.reset()
            return alpha
        values = np.ascontiguousarray(alpha.values)
        is_empty = float(values.mean()) < EMPTY_SHARE
        if not (is_empty or self._is_useful) and 0 < frame.media_time_s - self._at_s < GLANCE_S:
            return alpha
        room, elapsed_s = self._entered((*values.shape, frame.height, frame.width), frame)
        if room is None:
            return alpha
        height, width = values.shape
        small = shrink(frame, width, height).reshape(-1)
        span = 2 * round(width / SURROUNDING / 2) + 1
        near = np.asarray(cv2.blur(values, (span, span), borderType=cv2.BORDER_REPLICATE), np.float32)
        flat = near.reshape(-1)
        kernels.measure_gain(small, room.mean, room.age, flat, TRUSTED_S, room.counts, room.gain)
        turn, taught_s = room.next_turn(frame.media_time_s)
        planes = (room.mean, room.noise, room.age)
        kernels.ask(small, flat, *planes, room.gain, width, turn, TRUSTED_S, room.steepness, room.distances, room.seen)
        self._is_useful = self._holds(room, frame.media_time_s)
        if self._wrong_since_s is None and taught_s > 0:
            knobs = np.array([taught_s, 1.0 if is_empty else OCCUPIED_PACE, TRUSTED_S], np.float32)
            kernels.teach(small, flat, room.distances, room.gain, width, turn, knobs, *planes)
        if is_empty and self._is_useful and self._keeps_picture and self._given is None:
            self._keep_picture(frame, room)
        if is_empty or not self._is_useful:
            return alpha
        result = decided(room, small, values, near, elapsed_s)
        if result is None:
            return alpha
        drop_islands(room, result)
        return Alpha(result, alpha.sequence)

    def _entered(self, sizes: tuple[int, ...], frame: Frame) -> tuple[Room | None, float]:
        """The room as it is known for these sizes, and the seconds since the last frame."""
        elapsed_s = frame.media_time_s - self._at_s
        is_unknown = self._room is None and not self._is_refused
        if is_unknown or self._sizes != sizes or elapsed_s < 0:
            self.reset()
            self._sizes, elapsed_s = sizes, 0.0
            self._room = self._begun(frame)
        self._at_s = frame.media_time_s
        return self._room, min(elapsed_s, LONGEST_STEP_S)

    def _begun(self, frame: Frame) -> Room | None:
        """Nothing known but this frame, or what was given; None where that is of another shape."""
        height, width = self._sizes[:2]
        if self._given is None:
            return Room.of(shrink(frame, width, height), 0.0)
        given = Frame(self._given, 0, 0.0, 0.0)
        if abs(given.width * frame.height / (given.height * frame.width) - 1) > SAME_SHAPE:
            self._is_refused = True
            shapes = f"the given one is {given.width}x{given.height}, the picture {frame.width}x{frame.height}"
            log.warning("clean plate: %s: not used; make it anew with 'livebg plate'", shapes)
            return None
        if self._keeps_picture:
            self._full = shrink(given, frame.width, frame.height)
        return Room.of(shrink(given, width, height), float(kernels.MAX_AGE_S))

    def _holds(self, room: Room, now_s: float) -> bool:
        """Whether the plate may be used for this frame; lets go of it when it has been wrong for LET_GO_S."""
        asked, wrong, textured, textured_wrong, trusted = (float(each) * kernels.TURNS for each in room.seen)
        if asked < WITNESSES * room.age.size:
            return False
        strict = 1.0 if self._wrong_since_s is None else STRICTER  # else it would come and go at the border
        many_textured = max(textured, FEWEST_TEXTURED)
        if wrong <= strict * DISAGREE * asked and textured_wrong <= strict * TEXTURED_DISAGREE * many_textured:
            self._wrong_since_s = None
            if not self._is_told and trusted > room.age.size / 2:
                self._is_told = True
                log.info("clean plate: %.0f %% of the room is known", 100 * trusted / room.age.size)
            return True
        if self._wrong_since_s is None:
            self._wrong_since_s = now_s
        elif now_s - self._wrong_since_s >= LET_GO_S:
            self._let_go()
        return False

    def _let_go(self) -> None:
        """A learnt room is forgotten; a given one waits until camera and light are as they were. Said once."""
        if self._is_told:
            log.info("clean plate: camera or light changed, let go of it")
            self._is_told = False
        if self._given is None:
            self._room = self._full = self._shown = self._wrong_since_s = None

    def _keep_picture(self, frame: Frame, room: Room) -> None:
        """The full-size picture, averaged over the first seconds of an empty room, in the light of room.mean."""
        if frame.media_time_s - self._full_at_s < PICTURE_EVERY_S:
            return
        self._full_at_s = frame.media_time_s
        image = frame.image / room.gain
        if self._full is None or self._full.shape != image.shape:
            self._full = image
        else:
            cv2.accumulateWeighted(image, self._full, PICTURE_SHARE)
        self._shown = None
