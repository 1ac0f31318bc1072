"""One photo's processor, from the photo as read to the arrays to write: matte, background in its colours, composite.

The photo's own colours are never converted: the background is converted to them instead. Caller's thread.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from livebg import models
from livebg.core.guiding import Guided
from livebg.core.settings import Settings, change
from livebg.core.stats import Stats
from livebg.core.types import Frame, Matte, MattingEngine, Resizable, SourceInfo
from livebg.matting.chain import Causal, Chain, still
from livebg.matting.item import Item
from livebg.matting.steps import Ask
from livebg.matting.validity import Judged
from livebg.media.image.colour import SRGB, converted
from livebg.media.image.formats import Content
from livebg.media.image.photo import in_eight_bits
from livebg.media.image.types import Photo, Samples
from livebg.models.crop import is_somebody
from livebg.pipeline.cpu_build import open_plate
from livebg.pipeline.loops import prepare_loops
from livebg.pipeline.photo.samples import of_colours, of_matte
from livebg.scene.backgrounds import open_background
from livebg.scene.compositing.compositor import Compositor

TRAINED_PX = 1024  # of the rmbg network's pictures; a live one is smaller for speed alone
PEOPLE_PX = 720  # of a region around people: at more, large ones lose necks and chests (tests/bench/RESULTS.md)
NOT_FOR_PHOTOS = {"auto_frame": False, "smoothing": 0.0, "settle": False, "still_gate": False}


class PhotoProcessor:
    """For photos one after the other; the engine stays open between them, and the background too.

    note: what the user should know of the last photo; '' nothing.
    """

    def __init__(self, settings: Settings, has_background: bool, is_premultiplied: bool) -> None:
        """has_background: the caller will want composites. Raises BackgroundError."""
        self._settings = change(settings, NOT_FOR_PHOTOS)
        self._is_premultiplied = is_premultiplied
        self.note = ""
        shown = self._settings if has_background else change(self._settings, {"background": "none"})
        self._background = open_background(shown)

    @property
    def is_transparent(self) -> bool:
        """There is no background to put behind anybody."""
        return self._background.is_transparent

    def samples(self, photo: Photo, alpha: Matte, content: Content, is_deep: bool) -> Samples:
        """Gray or BGR(A); alpha: this photo's; is_deep: 16 bits where the photo has them."""
        is_deep = is_deep and photo.is_deep
        if content == "matte":
            return of_matte(alpha, is_deep)
        frame = Frame(photo.image, 0, 0.0, 0.0)
        eight = photo.image if photo.own is photo.image else in_eight_bits(photo.own)
        own = frame if eight is photo.image else Frame(eight, 0, 0.0, 0.0)
        compositor = Compositor()
        if content == "composite":
            picture = converted(self._background.picture(frame, alpha), SRGB, photo.about.profile)
            made = compositor.over(own, alpha, picture, self._settings)
        else:
            made = compositor.cut_out(own, alpha, self._settings)
        return of_colours(made, photo.own if is_deep else eight, alpha, content, self._is_premultiplied)

    def alpha(self, photo: Photo) -> Matte:
        """float32 (H, W) in 0..1: the people, by the photo's own pixels. Raises ModelError."""
        frame = Frame(photo.image, 0, 0.0, 0.0)
        chain, settings = _chain(frame, self._settings)
        self.note = models.NOBODY_FOUND if settings.subject != self._settings.subject else ""
        (item,) = chain.feed(Item(frame), settings)
        if item.fault is not None:
            raise item.fault
        alpha = item.full
        if photo.transparency is None:
            return alpha
        return np.asarray(cv2.multiply(alpha, photo.transparency), np.float32)

    def close(self) -> None:
        self._background.close()


def _chain(frame: Frame, settings: Settings) -> tuple[Chain, Settings]:
    """A new one for each picture: it remembers no other picture, but the engine stays open. Raises ModelError.

    With the settings for this picture: where the user left the subject to livebg and nobody is there, it is anything.
    """
    engine = _engine(change(settings, {"background": "none"}), frame.width > frame.height)
    engine.reset()
    whole_px, people_px = settings.matte_size or TRAINED_PX, settings.matte_size or PEOPLE_PX
    is_guided = isinstance(engine, Guided)
    if isinstance(engine, Guided) and settings.subject == "auto" and not is_somebody(engine.find(frame).values):
        engine, settings = engine.unguided, change(settings, {"subject": "anything"})
    if isinstance(engine, Resizable):
        engine.resize(people_px if isinstance(engine, Guided) else whole_px)
    ask = Causal("matte", Ask(Judged(engine, is_live=False)))
    return still(ask, open_plate(settings), Stats(), has_presence=not is_guided), settings


@lru_cache(maxsize=2)
def _engine(settings: Settings, is_wide: bool) -> MattingEngine:
    """Kept open between calls: loading takes longer than a matte."""
    prepare_loops(settings)
    width, height = (16, 9) if is_wide else (9, 16)
    return models.open_engine(settings, SourceInfo("picture", width, height, 0.0, False, is_photo=True))
