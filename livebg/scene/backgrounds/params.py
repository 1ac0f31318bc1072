"""The parameters of the blurred background, for both its forms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlurParams:
    """Of the normalised blur."""

    small_sigma_px: float = 1.5  # at the reduced size: less would show its pixels' grid when enlarged, more costs time
    steepness: float = 8.0  # a pixel that is 1/8 person no longer weighs: the rest of it is the person's colour
    faint: float = 1e-3  # weight of a half-transparent pixel, so that a hazy matte still blurs its surroundings
    faintest: float = 1e-5  # weight of the whole picture's mean, for the middle of a person larger than the blur
    unknown: float = 40.0  # grey level where the person covers everything

    def factor(self, sigma_px: float) -> int:
        """By how much the picture is reduced before a blur of this sigma."""
        return 8 if sigma_px >= 8 * self.small_sigma_px else 4


BLUR = BlurParams()
