"""Frames before the first one: everything they need is made, and what fails of them ends nothing but a spent device."""

from __future__ import annotations

import numpy as np
import pytest
from on_device import frame

from livebg.core.errors import ModelError
from livebg.pipeline.cuda.warm_up import FRAMES, PlainColour, rehearse


class Failing:
    """A journey that has no matte for any frame."""

    def __init__(self, is_spent: bool) -> None:
        self.is_spent, self.sizes = is_spent, []

    def composite(self, given: object, *_: object) -> None:
        self.sizes.append(given.image.shape)
        raise ModelError("no")


def test_noise_without_a_matte_is_no_failure_while_the_device_works() -> None:
    journey = Failing(is_spent=False)
    rehearse(journey, 20, 30)
    assert journey.sizes == [(20, 30, 3)] * FRAMES


def test_a_spent_device_is() -> None:
    with pytest.raises(ModelError):
        rehearse(Failing(is_spent=True), 20, 30)


def test_the_background_is_one_plain_picture() -> None:
    plain = PlainColour(20, 30)
    assert plain.picture(frame(), np.zeros((0, 0))) is plain.standby(20, 30)
    plain.close()
