"""The clean plate: remember the empty room, and correct the alpha where the picture differs from it or equals it.

The model keeps one mean colour and one noise per pixel and follows them slowly (the running Gaussian of Wren et al.
1997, "Pfinder"). What a difference means is counted on each picture itself: how often sure person pixels and sure
background pixels near the edge look like that (Bayes, as in Criminisi et al. 2006, "Bilayer Segmentation of Live
Video"). So a shadow, a person in the wall's colours or a bad plate have little effect. One thread at a time.
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
from livebg.matting.plate.background_model import (
    LONGEST_STEP_S,
    BackgroundModel,
    corrected,
    drop_background_components,
)

log = logging.getLogger(__name__)

EMPTY_SHARE = 0.002  # mean alpha below which nobody is there
OCCUPIED_PACE = 0.25  # with somebody in the picture a pixel must stand still four times as long
GLANCE_S = 0.09  # learn only this often while a person is there and the plate cannot be used
SURROUNDING = 12  # the unknown region: an edge of the alpha within half of 1/12 of the picture's width
WITNESSES = 0.03  # share of the picture that must be background to check whether the plate still matches
DISAGREE, TEXTURED_DISAGREE = 0.15, 0.4  # above these shares of differing background pixels it does not match
STRICTER = 0.6  # factor on these shares once the plate was wrong
FEWEST_TEXTURED = 40.0  # textured background pixels
LET_GO_S = 1.0  # longer than a flash of light, and than a person who enters goes unseen
PICTURE_EVERY_S, PICTURE_SHARE = 0.1, 0.15  # the full-size picture is averaged from so many frames
SAME_LIGHT = 0.01  # a smaller change of gain is not worth a new full-size picture
SAME_SHAPE = 0.02  # width / height of a given plate may be off by this share


def prepare() -> None:
    """Compile the loops now, so that the first frames do not wait for them."""
    for each in (
        kernels.measure_gain,
        kernels.measure_distances,
        kernels.learn,
        weighing.weigh_evidence,
        weighing.compare,
        weighing.move_alpha,
    ):
        each.prepare()


class CleanPlate:
    """A correction that settings.plate turns on; it holds the background model, and `reset()` forgets it.

    given: BGR uint8 (H, W, 3) of the empty room; None: learn the room. keeps_picture: also keep the room at full size,
    for `picture`.
    """

    def __init__(self, given: Image | None = None, keeps_picture: bool = False) -> None:
        self._given, self._keeps_picture = given, keeps_picture
        self.reset()

    def reset(self) -> None:
        """Forget the room, unless it was given (for a new source, size or engine)."""
        self._model: BackgroundModel | None = None
        self._sizes: tuple[int, ...] = ()  # of the small alpha and of the frame
        self._is_refused = False  # the given picture has another shape
        self._at_s = 0.0
        self._wrong_since_s: float | None = None
        self._is_announced = self._is_useful = False
        self._full: NDArray[Any] | None = None  # (H, W, 3), in the light of the model's mean
        self._full_at_s = 0.0
        self._shown: Image | None = None
        self._shown_gain = np.ones(3, np.float32)

    @property
    def picture(self) -> Image | None:
        """The room at the frame's full size in the light of the last frame, BGR uint8 (H, W, 3). Do not write to it.

        None while the room is unknown or the plate does not match. Computed again only when the light changed by 1 %.
        """
        model = self._model
        if self._full is None or model is None or not self._is_useful:
            return None
        if self._shown is None or np.abs(model.gain / self._shown_gain - 1).max() > SAME_LIGHT:
            levels = np.arange(256, dtype=np.float32)[:, None] * model.gain
            table = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
            self._shown_gain = model.gain.copy()
            self._shown = np.asarray(cv2.LUT(np.clip(self._full, 0, 255).astype(np.uint8), table[None]), np.uint8)
        return self._shown

    def apply(self, alpha: Alpha, frame: Frame, settings: Settings) -> Alpha:
        """The corrected alpha, float32 (h, w) in 0..1.

        The same object where the room is unknown or the plate does not match.
        alpha: float32 (h, w) in 0..1; frame: the frame it belongs to, BGR uint8 (H, W, 3).
        """
        if settings.plate == "off":
            if self._model is not None:
                self.reset()
            return alpha
        values = np.ascontiguousarray(alpha.values)
        is_empty = float(values.mean()) < EMPTY_SHARE
        if not (is_empty or self._is_useful) and 0 < frame.media_time_s - self._at_s < GLANCE_S:
            return alpha
        model, elapsed_s = self._entered((*values.shape, frame.height, frame.width), frame)
        if model is None:
            return alpha
        height, width = values.shape
        small = shrink(frame, width, height).reshape(-1)
        span = 2 * round(width / SURROUNDING / 2) + 1
        near = np.asarray(cv2.blur(values, (span, span), borderType=cv2.BORDER_REPLICATE), np.float32)
        flat = near.reshape(-1)
        kernels.measure_gain(small, model.mean, model.age, flat, model.counts, model.gain)
        turn, taught_s = model.next_turn(frame.media_time_s)
        planes = (model.mean, model.noise, model.age)
        kernels.measure_distances(
            small, flat, *planes, model.gain, width, turn, model.steepness, model.distances, model.seen
        )
        self._is_useful = self._holds(model, frame.media_time_s)
        if self._wrong_since_s is None and taught_s > 0:
            pace = 1.0 if is_empty else OCCUPIED_PACE
            kernels.learn(small, flat, model.distances, model.gain, width, turn, taught_s, pace, *planes)
        if is_empty and self._is_useful and self._keeps_picture and self._given is None:
            self._keep_picture(frame, model)
        if is_empty or not self._is_useful:
            return alpha
        result = corrected(model, small, values, near, elapsed_s)
        if result is None:
            return alpha
        drop_background_components(model, result)
        return Alpha(result, alpha.sequence)

    def _entered(self, sizes: tuple[int, ...], frame: Frame) -> tuple[BackgroundModel | None, float]:
        """The model for these sizes (h, w, H, W), and the seconds since the last frame; another size starts again."""
        elapsed_s = frame.media_time_s - self._at_s
        is_unknown = self._model is None and not self._is_refused
        if is_unknown or self._sizes != sizes or elapsed_s < 0:
            self.reset()
            self._sizes, elapsed_s = sizes, 0.0
            self._model = self._begun(frame)
        self._at_s = frame.media_time_s
        return self._model, min(elapsed_s, LONGEST_STEP_S)

    def _begun(self, frame: Frame) -> BackgroundModel | None:
        """A model of this frame alone, or of the given picture; None where that has another shape."""
        height, width = self._sizes[:2]
        if self._given is None:
            return BackgroundModel.of(shrink(frame, width, height), 0.0)
        given = Frame(self._given, 0, 0.0, 0.0)
        if abs(given.width * frame.height / (given.height * frame.width) - 1) > SAME_SHAPE:
            self._is_refused = True
            shapes = f"the given one is {given.width}x{given.height}, the picture {frame.width}x{frame.height}"
            log.warning("clean plate: %s; not used; record it again with 'livebg plate'", shapes)
            return None
        if self._keeps_picture:
            self._full = shrink(given, frame.width, frame.height)
        return BackgroundModel.of(shrink(given, width, height), float(kernels.MAX_AGE_S))

    def _holds(self, model: BackgroundModel, now_s: float) -> bool:
        """Whether the plate can be used for this frame. Drops it when it was wrong for LET_GO_S."""
        counted, wrong, textured, textured_wrong, trusted = (float(each) * kernels.TURNS for each in model.seen)
        if counted < WITNESSES * model.age.size:
            return False
        strict = 1.0 if self._wrong_since_s is None else STRICTER  # so it does not switch on and off at the limit
        many_textured = max(textured, FEWEST_TEXTURED)
        if wrong <= strict * DISAGREE * counted and textured_wrong <= strict * TEXTURED_DISAGREE * many_textured:
            self._wrong_since_s = None
            if not self._is_announced and trusted > model.age.size / 2:
                self._is_announced = True
                log.info("clean plate: %.0f %% of the room is known", 100 * trusted / model.age.size)
            return True
        if self._wrong_since_s is None:
            self._wrong_since_s = now_s
        elif now_s - self._wrong_since_s >= LET_GO_S:
            self._let_go()
        return False

    def _let_go(self) -> None:
        """Forget a learnt room; a given one stays until camera and light are as they were. Logs it once."""
        if self._is_announced:
            log.info("clean plate: camera or light changed; not used any more")
            self._is_announced = False
        if self._given is None:
            self._model = self._full = self._shown = self._wrong_since_s = None

    def _keep_picture(self, frame: Frame, model: BackgroundModel) -> None:
        """Average the full-size picture over the first seconds of an empty room, in the light of the model's mean."""
        if frame.media_time_s - self._full_at_s < PICTURE_EVERY_S:
            return
        self._full_at_s = frame.media_time_s
        image = frame.image / model.gain
        if self._full is None or self._full.shape != image.shape:
            self._full = image
        else:
            cv2.accumulateWeighted(image, self._full, PICTURE_SHARE)
        self._shown = None
