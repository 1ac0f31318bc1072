"""The network's int8 form on disk: fitted to half of the user's own pictures, and proven on the others.

Runs in the thread that opens the engine.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.rmbg.openvino_cache import Kept
from livebg.models.rmbg.precision import Difference, Run
from livebg.models.rmbg.quantise import Quantised, quantise

log = logging.getLogger(__name__)


class Int8Form:
    """One network's int8 form, if the user has made it. Its pictures themselves are not kept."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._model: Any = None

    def proven(self, short_px: int) -> Difference | None:
        """How far its alpha was off on the pictures held back; None without a form, or with proof for larger sizes.

        A larger size than that of the proof is easier: the alpha is half as far off at 512 px as at 288.
        """
        try:
            about = json.loads(self._kept.place("-int8.json").read_text(encoding="utf-8"))
            off = Difference(float(about["held_back_mean"]), float(about["held_back_share"]))
            is_there = self._kept.is_lasting and self._kept.place("-int8.xml").is_file()
            return off if is_there and int(about["short_px"]) <= short_px else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def model(self) -> Any:
        """OpenVINO's model. Raises ModelError where there is none."""
        if self._model is None:
            self._model = self._kept.read("-int8.xml")
        if self._model is None:
            raise ModelError(
                "--precision int8 must be made first, of the same weights: livebg models quantise rmbg --calibrate CLIP"
            )
        return self._model

    def make_from(
        self, pixels: Sequence[Matte], model: Any, reference: Run, open_run: Callable[[Any], Run]
    ) -> Quantised:
        """Make it from the float32 model and store it. Raises ModelError; then the former one stays.

        pixels: float32 (1, 3, H, W), two or more of one size; every other one is held back. reference, open_run: see
        quantise.quantise.
        """
        made = quantise(model, pixels[::2], pixels[1::2], reference, open_run)
        self._model = made.model
        self._kept.forget("-int8*")
        self._kept.forget("-precision*")  # the verdict on the old one
        self._kept.write(made.model, "-int8.xml")
        self._write_about(made.difference, min(pixels[0].shape[2:]))
        return made

    def _write_about(self, off: Difference, short_px: int) -> None:
        about = {"short_px": short_px, "held_back_mean": off.mean, "held_back_share": off.share}
        try:
            if self._kept.place("-int8.xml").is_file():
                self._kept.place("-int8.json").write_text(json.dumps(about), encoding="utf-8")
        except OSError as cause:
            log.info("cannot store what the int8 form was fitted to: %s", cause)
