"""Frames before the first one: everything they need is made, and what fails of them ends nothing but a spent device."""

from __future__ import annotations

import pytest

from livebg.core.errors import ModelError
from livebg.pipeline.cuda.warm_up import FRAMES, run_noise


class Failing:
    """A processor that has no matte for any frame."""

    def __init__(self, is_spent: bool) -> None:
        self.is_spent, self.sizes = is_spent, []

    def composite(self, given: object, *_: object) -> None:
        self.sizes.append(given.image.shape)
        raise ModelError("no")


def test_noise_without_a_matte_is_no_failure_while_the_device_works() -> None:
    processor = Failing(is_spent=False)
    run_noise(processor, 20, 30)
    assert processor.sizes == [(20, 30, 3)] * FRAMES


def test_a_spent_device_is() -> None:
    with pytest.raises(ModelError):
        run_noise(Failing(is_spent=True), 20, 30)
