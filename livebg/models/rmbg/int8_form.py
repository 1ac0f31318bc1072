"""The network's int8 form on disk: whether there is one, and which pictures it was fitted to.

Runs in the thread that opens the engine.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from livebg.core.types import Image, Matte
from livebg.models.rmbg.openvino_cache import Kept
from livebg.models.rmbg.precision import SIZE, Run, as_pixels, drawn_pictures
from livebg.models.rmbg.quantise import PARTS, Quantised, quantise

log = logging.getLogger(__name__)

DRAWN = 8  # pictures that it is fitted to where the user gave none


class Int8Form:
    """One network's int8 form: read from disk, or made where there is none, at most once."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._model: Any = None

    @property
    def is_given(self) -> bool:
        """Whether it was fitted to the user's own pictures. Only then `auto` takes it: drawn people prove little."""
        try:
            about = json.loads(self._kept.place("-int8.json").read_text(encoding="utf-8"))
            return self._kept.is_lasting and bool(about["is_given"]) and self._kept.place("-int8.xml").is_file()
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return False

    def model(self, make: Callable[[], object]) -> Any:
        """OpenVINO's model; where none is stored, this calls make(), which calls make_from()."""
        if self._model is None:
            self._model = self._kept.read("-int8.xml")
        if self._model is None:
            log.info("making the network's int8 form, once: this takes half a minute or more")
            make()
        return self._model

    def make_from(
        self, pictures: Sequence[Image], model: Any, reference: Run, open_run: Callable[[Any], Run]
    ) -> Quantised:
        """Make it again from the float32 model and store it. Raises ModelError.

        pictures: BGR uint8 (H, W, 3); none: drawn ones. reference, open_run: see quantise.quantise.
        """
        pixels = [_calibration(each) for each in pictures] or [as_pixels(each) for each in drawn_pictures(DRAWN)]
        made = quantise(model, pixels, reference, open_run)
        self._model = made.model
        self._kept.forget("-int8*")
        self._kept.forget("-precision*")  # the verdict on the old one
        self._kept.write(made.model, "-int8.xml")
        self._write_about(made, bool(pictures))
        log.info("int8: %d of %d parts, off by %.4f on average", len(made.parts), PARTS, made.difference.mean)
        return made

    def _write_about(self, made: Quantised, is_given: bool) -> None:
        about = {
            "is_given": is_given,
            "parts": made.parts,
            "mean": made.difference.mean,
            "share": made.difference.share,
        }
        try:
            if self._kept.place("-int8.xml").is_file():
                self._kept.place("-int8.json").write_text(json.dumps(about), encoding="utf-8")
        except OSError as cause:
            log.info("cannot store what the int8 form was fitted to: %s", cause)


def _calibration(picture: Image) -> Matte:
    height, width = SIZE
    return as_pixels(np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8))
