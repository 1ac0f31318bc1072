"""Fits the person's light to the background: brightens a dark person, matches colours, lights the edge.

Measures tones under the matte at a small size and follows them slowly, in seconds of media time. The result is one
bounded curve per channel, which the composite's loop applies (over_numba.py). Owner's thread.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from livebg.core.settings import Settings
from livebg.core.types import Image, Matte

Numbers = NDArray[np.float64]

FOLLOW_S = 1.5  # time constant: faster, a hand before the face would change the light; slower, a lamp would lag
PERSON_ALPHA = 0.9  # from which a small pixel tells of the person
FEWEST_PX = 64  # of those: with fewer, the last measurement stays
BRIGHT_SHARE = 0.85  # quantile of the person's luma: the face rather than a dark shirt
WELL_LIT = 0.4  # that luma in a well lit person, 0..1
MOST_LIFT = 2.5  # slope of the curve in the dark; it amplifies the noise there
GAMMA = 2.2  # from the picture's numbers to light
EXPOSURE_SHARE, MOST_EXPOSURE = 0.5, 1.5  # how far brightness moves towards the background's; largest factor
WHITE_SHARE, MOST_WHITE = 1 / 3, 1.15  # each channel in addition: skin is no grey card, so only a part of it
SPREAD_SHARE, MOST_SPREAD = 0.5, 1.15  # contrast
DARKEST = 1e-3  # light: keeps logarithms finite where all is black
LUMA = np.array([0.114, 0.587, 0.299])  # of blue, green, red
WRAP_REACH_PX = 5  # small pixels of a box, applied twice: light reaches 3 % of the picture's height into the person
WRAP_SHARE = 0.8  # of the background's light at strength 1
LEVELS = np.linspace(0, 1, 256)
NO_CURVES, UNCHANGED = np.empty(0, np.uint8), np.tile(np.arange(256, dtype=np.uint8), 3)


class Followed:
    """A measurement that moves towards each new one with the time constant FOLLOW_S; the first counts fully."""

    def __init__(self) -> None:
        self.value: Numbers | None = None
        self._at_s = 0.0

    def reset(self) -> None:
        self.value = None

    def follow(self, measured: Numbers | None, at_s: float) -> Numbers | None:
        """The value, float64 (n,); None: no measurement yet.

        measured: float64 (n,); None leaves the value as it is, and that time does not count. at_s: media time.
        """
        if measured is not None:
            share = 1.0 if self.value is None else 1 - math.exp(-max(0.0, at_s - self._at_s) / FOLLOW_S)
            self.value = measured if self.value is None else self.value + share * (measured - self.value)
        self._at_s = at_s
        return self.value


class Tones:
    """low_light and colour_match as one curve per channel; `brightness` and `colours` are all that it remembers."""

    def __init__(self) -> None:
        self.brightness, self.colours = Followed(), Followed()

    def reset(self) -> None:
        """Forgets earlier frames (a new source or size)."""
        self.brightness.reset()
        self.colours.reset()

    def curves(self, picture: Image, alpha: Matte, background: Image | None, at_s: float, settings: Settings) -> Image:
        """uint8 (768,): the new levels of the person's blue, then green, then red; empty: no change.

        picture, background: small, BGR uint8 (h, w, 3); alpha: float32 (h, w) in 0..1; at_s: the frame's media time.
        """
        curves = np.stack([LEVELS, LEVELS, LEVELS])
        is_person = alpha >= PERSON_ALPHA
        person = picture[is_person] if np.count_nonzero(is_person) >= FEWEST_PX else None
        if settings.low_light > 0:
            bright = self.brightness.follow(None if person is None else _brightness(person), at_s)
            curves = lifted(curves, 1.0 if bright is None else lift_of(float(bright[0])) ** settings.low_light)
        else:
            self.brightness.reset()
        if settings.colour_match > 0 and background is not None:
            measured = None if person is None else _colours(_through(curves, person), background.reshape(-1, 3) / 255)
            colours = self.colours.follow(measured, at_s)
            curves = curves if colours is None else matched(curves, colours, settings.colour_match)
        else:
            self.colours.reset()
        levels = np.rint(255 * curves.clip(0, 1)).astype(np.uint8).reshape(-1)
        return NO_CURVES if np.array_equal(levels, UNCHANGED) else levels


def lift_of(brightness: float) -> float:
    """The gain that lifts this luma, 0..1, to WELL_LIT: 1 from there on, never above MOST_LIFT."""
    wanted = WELL_LIT * (1 - brightness) / (max(brightness, DARKEST) * (1 - WELL_LIT))
    return min(max(wanted, 1.0), MOST_LIFT)


def lifted(curves: Numbers, gain: float) -> Numbers:
    """Curves float64 (3, 256) in 0..1 → the same, `gain` times as steep in the dark; black and white stay."""
    return np.asarray(gain * curves / (1 + (gain - 1) * curves))


def matched(curves: Numbers, colours: Numbers, strength: float) -> Numbers:
    """Curves, float64 (3, 256) in 0..1, that bring a person of these `colours` nearer to the background.

    Means and spreads as in Reinhard et al., "Color Transfer between Images" (2001), but in linear light, only part of
    the way, and bounded. colours: float64 (8,), logarithms of the person's blue, green, red light, of the background's,
    and of both spreads. strength: 0..1.
    """
    person, background = colours[:3], colours[3:6]
    person_luma, background_luma = (math.log(float(LUMA @ np.exp(each))) for each in (person, background))
    white = (background - background_luma) - (person - person_luma)
    gains = _bounded(EXPOSURE_SHARE * (background_luma - person_luma), MOST_EXPOSURE)
    gains = np.exp(strength * (gains + _bounded(WHITE_SHARE * white, MOST_WHITE)))[:, None]
    bend = float(np.exp(strength * _bounded(SPREAD_SHARE * (colours[7] - colours[6]), MOST_SPREAD)))
    light = curves**GAMMA
    pivot = math.exp(person_luma)
    moved = gains * pivot * (light / pivot) ** bend / (1 + np.maximum(gains - 1, 0) * light)
    return np.asarray(moved.clip(0, 1) ** (1 / GAMMA))


def wrap(background: Image, alpha: Matte, strength: float) -> Matte:
    """Levels, 0..255, of the background's light on the person, float32 (3·h·w,): strongest at the edge, 0 far inside.

    background: small, BGR uint8 (h, w, 3); alpha: float32 (h, w) in 0..1; strength: 0..1.
    """
    free = (WRAP_SHARE * strength) * (1 - alpha)
    light = background * free[..., None]
    for _ in range(2):
        light = cv2.blur(light, (WRAP_REACH_PX, WRAP_REACH_PX))
    return np.asarray(light.reshape(-1).clip(0, 255), np.float32)


def _bounded(logarithm: float | Numbers, most: float) -> Numbers:
    return np.asarray(np.clip(logarithm, -math.log(most), math.log(most)))


def _brightness(person: Image) -> Numbers:
    """The person's bright luma, 0..1, shape (1,)."""
    return np.asarray(np.quantile(person @ LUMA, [BRIGHT_SHARE]) / 255)


def _through(curves: Numbers, pixels: Image) -> Numbers:
    """Colours, float64 (n, 3) in 0..1, of uint8 (n, 3) pixels after the curves."""
    return np.stack([curves[channel][pixels[:, channel]] for channel in range(3)], axis=1)


def _colours(person: Numbers, background: Numbers) -> Numbers:
    """The `colours` for matched(), from float64 (n, 3) in 0..1 each."""
    means = [np.log(np.maximum((each**GAMMA).mean(axis=0), DARKEST)) for each in (person, background)]
    spreads = [math.log(max(float((each @ LUMA).std()), 0.02)) for each in (person, background)]
    return np.array([*means[0], *means[1], *spreads])
