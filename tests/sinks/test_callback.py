"""The caller's function gets every composite, and may end the loop by raising."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Composite
from livebg.sinks.callback import CallbackSink


def test_the_function_gets_the_composite_and_its_failure_comes_through() -> None:
    composite = Composite(np.zeros((2, 2, 3), np.uint8))
    seen: list[Composite] = []
    CallbackSink(seen.append).write(composite)
    assert np.array_equal(seen[0].image, composite.image)

    def failing(_: Composite) -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        CallbackSink(failing).write(composite)


def test_the_function_may_draw_on_the_image() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image.flags.writeable = False
    seen: list[Composite] = []
    CallbackSink(seen.append).write(Composite(image))
    seen[0].image[:] = 9
    assert not image.any()


def test_colours_come_in_the_order_that_was_asked_for() -> None:
    seen: list[Composite] = []
    CallbackSink(seen.append, is_rgb=True).write(Composite(np.full((1, 1, 3), (1, 2, 3), np.uint8)))
    assert seen[0].image.tolist() == [[[3, 2, 1]]]


def test_the_last_composite_at_a_fault_comes_without_its_alpha() -> None:
    """It is of another frame: who composites that one with it shows the room."""
    seen: list[Composite] = []
    held = Composite(np.zeros((2, 2, 3), np.uint8), alpha=np.ones((2, 2), np.float32), fault="late; try --device cpu")
    CallbackSink(seen.append).write(held)
    assert (seen[0].alpha, seen[0].fault) == (None, 'late; try device="cpu"')
