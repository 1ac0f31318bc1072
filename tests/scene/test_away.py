"""How much of the card shows while nobody is there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livebg.core.types import Composite
from livebg.scene.standby import AbsenceFade, faded

IMAGE = np.full((8, 8, 3), 100, np.uint8)
CARD = np.full((8, 8, 3), 200, np.uint8)
EMPTY, THERE = Composite(IMAGE, coverage=0.0), Composite(IMAGE, coverage=0.2)


def test_never_unless_asked_for() -> None:
    away = AbsenceFade()
    assert {away.share(EMPTY, 0.0, float(now_s)) for now_s in range(100)} == {0.0}


def test_after_its_time_and_not_for_somebody_who_comes_and_goes() -> None:
    away = AbsenceFade()
    assert not any(away.share(THERE if step % 20 == 0 else EMPTY, 3.0, step / 10) for step in range(100))
    away.share(THERE, 3.0, 9.9)
    shares = [away.share(EMPTY, 3.0, 10 + step / 10) for step in range(60)]
    assert shares[:29] == [0.0] * 29
    assert shares[-1] == 1.0


@pytest.mark.parametrize(("share", "level"), [(0.0, 100), (0.5, 150), (1.0, 200)])
def test_faded(share: float, level: int) -> None:
    assert (faded(EMPTY, CARD, share).image == level).all()


def test_a_gpus_i420_is_faded_too() -> None:
    image = np.asarray(cv2.cvtColor(IMAGE, cv2.COLOR_BGR2YUV_I420), np.uint8)
    shown = faded(Composite(image), CARD, 1.0).image
    assert (shown == cv2.cvtColor(CARD, cv2.COLOR_BGR2YUV_I420)).all()


def test_a_gpus_i420_of_odd_sides_is_faded_too() -> None:
    image, card = np.full((12, 10), 100, np.uint8), np.full((7, 9, 3), 200, np.uint8)
    shown = faded(Composite(image), card, 1.0).image
    assert shown.shape == image.shape
    assert (shown != image).any()


def test_a_transparent_composite_is_left_alone() -> None:
    composite = Composite(IMAGE, is_transparent=True, coverage=0.0)
    assert faded(composite, CARD, 1.0) is composite
