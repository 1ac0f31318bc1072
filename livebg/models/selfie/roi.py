"""The region-of-interest pass of the light engine: the whole picture now and then, a crop in every frame.

A network that takes 256x256 px sees a person who fills a third of the picture three times as finely in a crop around
them; people who stand apart have a crop each, and whoever comes in gets one from a look at what stirs. Only the crop's
place passes from frame to frame, no alpha. Runs in the thread that calls matte(); the network on the whole picture may
run beside the one on the crop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.frame_difference import SCENE_CUT_LEVELS, measure_change
from livebg.core.masks import Mask
from livebg.core.resize import shrink, shrink_usual, small_size, work_size
from livebg.core.threads import Aside
from livebg.core.types import Frame, Image, Matte
from livebg.models.crop import PERSON_ALPHA, Crop, PersonBox, box_of, crop_around, cut, followed, paste, pasted
from livebg.models.selfie.believed import Believed
from livebg.models.selfie.common_fate import CommonFate
from livebg.models.selfie.division import Division, agrees, divided, joined, with_comer
from livebg.models.selfie.furniture import Furniture
from livebg.models.selfie.room import Room
from livebg.models.selfie.similarity import luma_of

log = logging.getLogger(__name__)

GRID_PX = 2  # of the crop's alpha: fine enough to find where somebody is
EVERY_S = 0.17  # from one run over the whole picture to the next, in time of the source
RETRY_S = 0.5  # while nobody is followed, how often the crop is tried again where it found nobody
STIR_LEVELS, STIR_SHARE = 16.0, 0.003  # luma changed by more, on this share of the picture outside the crop: run it all
FOLLOWS = 2  # times in one frame the crop goes after who reaches out of it: who comes in does so twice
STRIP_S, STRIPS = 0.06, 6  # from one look at what stirs there to the next; after so many in vain, RETRY_S
CLAIM_SHARE = 0.01  # of the picture: a smaller person outside the crop is ignored
SAME_LEVELS = 16.0  # while luma changed by less, what the crop denied there stays denied

Luma = NDArray[np.uint8]


class RegionOfInterest:
    """An alpha for each frame from two networks; it keeps the crop, and `reset()` forgets it.

    whole: alpha float32 (h, w) in 0..1 of a frame, at any size; close: alpha float32 (side, side) in 0..1 of a BGR
    uint8 picture of side x side px. Where one raises ModelError, the frame has no alpha; the next frame is processed as
    usual. aside: a thread for `whole` beside `close`, so that a frame with both comes no later; None: one after the
    other, with the same answers.
    """

    def __init__(
        self,
        whole: Callable[[Frame], Matte],
        close: Callable[[Image], Matte],
        side: int,
        aside: Aside | None = None,
    ) -> None:
        self._whole, self._close, self._side, self._aside = whole, close, side, aside
        self._fate, self._furniture, self._room, self._believed = CommonFate(), Furniture(), Room(), Believed()
        self._learned: Callable[[], None] | None = None  # waits for what the newest look teaches
        measure_change.prepare()
        paste.prepare()
        self.reset()

    def reset(self) -> None:
        """The next frame is the first."""
        self._wait_for_learning()
        self._crop: Crop | None = None
        self._box: PersonBox | None = None  # around the people in the newest crop
        self._sequence, self._at_s, self._luma = -1, float("-inf"), np.zeros((0, 0), np.uint8)  # of the frame before
        self._looked_s, self._looked_luma = float("-inf"), self._luma  # of the newest frame run as a whole picture
        self._may_hurry = True
        self._division: Division | None = None  # of people side by side in the newest frame
        self._refused_s = float("-inf")  # when crops of their own showed less than one crop
        self._strip_s, self._strips = float("-inf"), 0  # when what stirs was looked at, and how often in vain
        self._overview: Matte | None = None  # the newest frame's alpha of the whole picture, at its own size
        for each in (self._fate, self._furniture, self._room, self._believed):
            each.reset()
        self._forget_denied()

    def _forget_denied(self) -> None:
        """Forget where the network on the crop found nobody, against the network on the whole picture."""
        self._denied, self._denied_luma, self._denied_s = np.zeros_like(self._luma, np.bool_), self._luma, float("-inf")

    @property
    def crop(self) -> Crop | None:
        """The crop for the next frame; None while nobody is there."""
        return self._crop

    @property
    def _crops(self) -> tuple[Crop, ...]:
        """The crops that the network looks at."""
        if self._crop is None:
            return ()
        return (self._crop,) if self._division is None else self._division.crops

    def foresee(self, frames: Iterable[Frame]) -> None:
        """Forgets everything; then what people wear in these frames, and what stands, is known from the next frame on.

        frames: some of those that come, in order, EVERY_S or more apart; they vote from the last one, or from the last
        of the scene, back to the first, so that each piece ends where the first one shows it. Raises ModelError.
        """
        self.reset()
        votes = list[Callable[[], None]]()
        for frame in frames:
            if not self._follows(frame, _luma_of(frame)):
                break
            result = self._look(frame)
            if self._overview is not None and self._crop is not None:
                votes.append(partial(self._vote, *self._both_looks(frame, result), frame.media_time_s))
        self.reset()
        for vote in reversed(votes):
            vote()

    def look(self, frame: Frame) -> Matte:
        """The alpha of this frame, float32 (h, w) in 0..1 at core/resize.py's work_size; it belongs to the caller.

        0 outside the crop, but for what people wear (common_fate.py). Where the crop holds nobody any more, it uses the
        whole picture at once. Raises ModelError.
        """
        is_first = self._crop is None
        result = self._look(frame)
        self._wait_for_learning()
        return self._corrected(frame, result, is_first)

    def _look(self, frame: Frame) -> Matte:
        """The crop's alpha as it is, at work size."""
        luma = self._next_luma(frame)
        self._overview = None
        is_first = self._crop is None
        is_due = self._is_due(frame, luma)
        claimed: Mask | None
        if is_due and self._crop is not None and self._aside is not None:
            claimed, result = self._look_at_once(frame, luma, self._crop, self._aside)
        else:
            claimed = self._look_around(frame, luma, self._whole(frame)) if is_due else None
            result = self._look_closely(frame, is_first)
        if self._box is None and not is_due:
            self._crop = None
            claimed = self._look_around(frame, luma, self._whole(frame))
            result = self._look_closely(frame, is_first=True)
        for _ in range(FOLLOWS):
            if self._crop is not None and self._box is not None and self._division is None:
                moved = followed(self._crop, self._box)
                if moved != self._crop and moved.area >= self._crop.area:
                    self._crop = moved
                    result = self._look_closely(frame, is_first)
        result = self._divide(frame, result, is_first)
        if claimed is None and self._crop is not None and self._division is None:
            result = self._look_for_comers(frame, luma, result, self._crop)
        if claimed is not None:
            self._deny(claimed, result, frame, luma)
        if self._crop is not None:
            self._crop = followed(self._crop, self._box) if self._box else None
        if self._overview is not None:
            self._believed.see(self._overview, luma)  # last, so that both networks at once answer alike
        return result

    def _corrected(self, frame: Frame, result: Matte, is_first: bool) -> Matte:
        """The crop's alpha with what people wear and without furniture; a look at the whole picture teaches both.

        Nobody waits for that, which takes milliseconds, before the next frame's alpha.
        """
        picture = shrink(frame, *work_size(frame.height, frame.width))
        corrected = self._fate.correct(picture, self._room.corrected(result, picture))
        corrected = self._furniture.correct(picture, corrected)
        if self._overview is not None:
            learn = partial(self._learn, *self._both_looks(frame, result), frame.media_time_s, self._crop is None)
            if self._aside is None or is_first:  # the first one only begins
                self._learned = learn
                self._wait_for_learning()
            else:
                self._learned = self._aside.begin(learn)
        return corrected

    def _both_looks(self, frame: Frame, result: Matte) -> tuple[Image, Matte, Matte]:
        """The picture and both looks' alphas at work size, where the whole picture was looked at.

        result: the crop's alpha.
        """
        assert self._overview is not None
        size = work_size(frame.height, frame.width)
        overview = np.asarray(cv2.resize(self._overview, size, interpolation=cv2.INTER_LINEAR), np.float32)
        return shrink(frame, *size), result.copy(), overview  # a copy, as the caller owns the result

    def _learn(self, picture: Image, close: Matte, whole: Matte, now_s: float, is_empty: bool) -> None:
        if is_empty:  # what the whole picture doubts and what stands is the room
            self._room.see(picture, close, close, now_s, doubted=whole)
        else:
            self._room.see(picture, close, whole, now_s)
            self._vote(picture, close, whole, now_s)

    def _vote(self, picture: Image, close: Matte, whole: Matte, now_s: float) -> None:
        luma = luma_of(picture)
        self._fate.vote(picture, luma, close, whole)
        self._furniture.see(picture, luma, close, now_s)

    def _wait_for_learning(self) -> None:
        learned, self._learned = self._learned, None
        if learned is None:
            return
        try:
            learned()
        except Exception as failure:  # what a look teaches is an extra: without it the alpha is the network's
            log.warning(
                "a look at the whole picture taught nothing: %s", failure, exc_info=log.isEnabledFor(logging.DEBUG)
            )
            for each in (self._fate, self._furniture, self._room):
                each.reset()

    def _next_luma(self, frame: Frame) -> Luma:
        """Small luma of the frame, uint8 (h, w); forgets everything where that frame does not follow the one before."""
        luma = _luma_of(frame)
        if not self._follows(frame, luma):
            self.reset()
        self._sequence, self._at_s, self._luma = frame.sequence, frame.media_time_s, luma
        if self._denied.shape != luma.shape:
            self._forget_denied()
        return luma

    def _follows(self, frame: Frame, luma: Luma) -> bool:
        """Whether the frame is the next of the same scene, or the first."""
        if not self._luma.size:
            return True
        crop = self._crop
        return (
            luma.shape == self._luma.shape
            and (crop is None or (crop.width, crop.height) == (frame.width, frame.height))
            and frame.sequence > self._sequence
            and frame.media_time_s >= self._at_s
            and measure_change(luma.reshape(-1), self._luma.reshape(-1))[1] < SCENE_CUT_LEVELS
        )

    def _is_due(self, frame: Frame, luma: Luma) -> bool:
        """Whether to run the whole picture: nobody is followed, it is time, or something moves outside the crop."""
        if self._crop is None or self._looked_luma.shape != luma.shape:
            return True
        if frame.media_time_s - self._looked_s >= EVERY_S - 1e-6:
            self._may_hurry = True
            return True
        if self._may_hurry and self._stirring(luma) is not None:
            self._may_hurry = False  # once: whatever moves out there counts again when it is time
            return True
        return False

    def _stirring(self, luma: Luma) -> Mask | None:
        """Where the picture outside the crops has changed since the newest look at all of it, bool (h, w); or None."""
        if self._looked_luma.shape != luma.shape:
            return None
        change = np.asarray(cv2.absdiff(luma, self._looked_luma))
        for crop in self._crops:
            change[crop.inside(luma.shape)] = 0
        mask = np.asarray(change > STIR_LEVELS, np.bool_)
        return mask if np.count_nonzero(mask) > STIR_SHARE * luma.size else None

    def _comer(self, frame: Frame, luma: Luma, every_s: float) -> PersonBox | None:
        """The box around what stirs, which may be somebody who comes in; None where nothing does, or not yet again."""
        waited_s = frame.media_time_s - self._strip_s + 1e-6
        if waited_s < (every_s if self._strips < STRIPS else RETRY_S):
            return None
        stirring = self._stirring(luma)
        box = None if stirring is None else box_of(stirring, Crop.whole(frame.width, frame.height))
        if box is not None:
            self._strip_s, self._strips = frame.media_time_s, self._strips + 1
        elif waited_s >= 2 * RETRY_S:
            self._strips = 0
        return box

    def _look_for_comers(self, frame: Frame, luma: Luma, result: Matte, crop: Crop) -> Matte:
        """The alpha with somebody who comes in, from a crop around what stirs: the whole picture shows them later."""
        box = self._comer(frame, luma, STRIP_S)
        if box is None:
            return result
        strip = crop_around(box, frame.width, frame.height)
        alpha = pasted(self._seen(frame, strip, is_first=False), strip, work_size(frame.height, frame.width))
        both = np.maximum(alpha, result)
        division = with_comer(both[::GRID_PX, ::GRID_PX], crop)
        if division is None:
            return result
        each = self._look_at_each(frame, division, is_first=False)
        if not agrees(each, both, division):
            return result
        self._division, self._strips = division, 0
        return each

    def _look_at_once(self, frame: Frame, luma: Luma, crop: Crop, aside: Aside) -> tuple[Mask, Matte]:
        """Both networks at once: what _look_around() and then _look_closely() return.

        The crop runs again where the whole picture widens it, which is rare.
        """
        box, division = self._box, self._division
        self._wait_for_learning()  # one task at a time
        wait = aside.begin(lambda: self._whole(frame))
        try:
            result = self._look_closely(frame, is_first=False)
        finally:
            alpha = wait()
        seen, self._box = self._box, box
        claimed = self._look_around(frame, luma, alpha)
        if self._crop != crop or self._division != division:
            return claimed, self._look_closely(frame, is_first=False)
        self._box = seen
        return claimed, result

    def _look_around(self, frame: Frame, luma: Luma, alpha: Matte) -> Mask:
        """Make a crop around whoever is there, or widen the crop for whoever else is there.

        alpha: the whole picture's, float32 (h, w) in 0..1. Returns the mask, bool (h, w) at the luma's size, of people
        that the crop did not show and the network on the crop did not deny.
        """
        comer = None if self._crop else self._comer(frame, luma, 0.0)
        if self._crop is None and frame.media_time_s - self._denied_s >= RETRY_S:
            self._forget_denied()
        self._looked_s, self._looked_luma, self._overview = frame.media_time_s, luma, alpha
        if alpha.shape != luma.shape:
            alpha = np.asarray(cv2.resize(alpha, luma.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        self._denied &= cv2.absdiff(luma, self._denied_luma) < SAME_LEVELS
        claimed: Mask = (alpha > PERSON_ALPHA) & ~self._denied
        for crop in self._crops:
            claimed[crop.inside(luma.shape)] = False
        if np.count_nonzero(claimed) < (CLAIM_SHARE * claimed.size if self._crop else 1):
            claimed = np.zeros_like(claimed)
        box = box_of(claimed, Crop.whole(frame.width, frame.height))
        box = comer.with_(box or comer) if comer else box
        if box is not None:
            box = box.with_(self._box) if self._crop and self._box else box
            self._crop = followed(self._crop, box) if self._crop else crop_around(box, frame.width, frame.height)
            self._division = None  # one look shows who came, and where to divide now
        return claimed

    def _look_closely(self, frame: Frame, is_first: bool) -> Matte:
        """The alpha from the crop, or from the crops of people side by side."""
        size = work_size(frame.height, frame.width)
        if self._crop is None:
            self._box = None
            return np.zeros(size[::-1], np.float32)
        if self._division is not None:
            result = self._look_at_each(frame, self._division, is_first)
            self._box = self._box_of(result, Crop.whole(frame.width, frame.height))
            return result
        alpha = self._seen(frame, self._crop, is_first)
        self._box = self._box_of(alpha, self._crop)
        return pasted(alpha, self._crop, size)

    def _box_of(self, alpha: Matte, region: Crop) -> PersonBox | None:
        """The box around the people in an alpha of this region, float32 (h, w) in 0..1: believed.py tells them."""
        return box_of(self._believed.part(alpha[::GRID_PX, ::GRID_PX] > PERSON_ALPHA, region, self._luma), region)

    def _look_at_each(self, frame: Frame, division: Division, is_first: bool) -> Matte:
        size = work_size(frame.height, frame.width)
        return joined([pasted(self._seen(frame, crop, is_first), crop, size) for crop in division.crops], division)

    def _seen(self, frame: Frame, crop: Crop, is_first: bool) -> Matte:
        """The crop's alpha; in the first frame the mean of it and of its mirror image's, which is more exact."""
        picture = cut(frame, crop, self._side, self._side)
        alpha = self._close(picture)
        if is_first:
            alpha = (alpha + self._close(np.ascontiguousarray(picture[:, ::-1]))[:, ::-1]) * np.float32(0.5)
        return alpha

    def _divide(self, frame: Frame, result: Matte, is_first: bool) -> Matte:
        """Give people side by side crops of their own, from this frame on: returns the alpha from these crops."""
        if self._crop is None or self._box is None:
            self._division = None
            return result
        last, self._division = self._division, None
        if last is None and frame.media_time_s - self._refused_s < RETRY_S:
            return result
        division = divided(result[::GRID_PX, ::GRID_PX], self._crop, last)
        if division is not None and (last is None or len(last.crops) != len(division.crops)):
            each = self._look_at_each(frame, division, is_first)
            if not agrees(each, result, division):
                self._refused_s = frame.media_time_s
                return result
            result = each
        self._division = division
        return result

    def _deny(self, claimed: Mask, result: Matte, frame: Frame, luma: Luma) -> None:
        """Remember where the network on the crop found nobody, so that the crop is not widened for it again."""
        seen = cv2.resize(result, luma.shape[::-1], interpolation=cv2.INTER_LINEAR) > PERSON_ALPHA
        denied = claimed & ~seen
        if not denied.any():
            return
        if not self._denied.any():
            self._denied_s = frame.media_time_s
        self._denied_luma = np.where(denied, luma, self._denied_luma)
        self._denied = self._denied | denied


def _luma_of(frame: Frame) -> Luma:
    """Small luma of the frame, uint8 (h, w)."""
    shrink_usual(frame)
    small = shrink(frame, *small_size(frame.height, frame.width))
    return np.asarray(cv2.blur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (3, 3)), np.uint8)
