"""The vocabulary's values show shapes, not pixels, and cannot be changed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from livebg.core.types import (
    NOBODY,
    SMALLEST_PX,
    Alpha,
    Composite,
    Frame,
    fault_of_flat,
    fault_of_network,
    fault_of_range,
    read_only,
)


def test_a_frame_shows_its_shape() -> None:
    frame = Frame(np.zeros((9, 16, 3), np.uint8), 3, 0.0, 0.1)
    assert repr(frame) == "Frame(#3 16x9 at 0.100 s)"
    assert (frame.width, frame.height) == (16, 9)
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.sequence = 4  # type: ignore[misc]  # the point of the test


def test_a_read_only_frame_shares_its_pixels_and_nobody_can_write_to_them() -> None:
    frame = Frame(np.zeros((9, 16, 3), np.uint8), 3, 0.0, 0.1)
    other = read_only(frame)
    assert np.shares_memory(other.image, frame.image)
    with pytest.raises(ValueError, match="read-only"):
        other.image[:] = 1
    assert frame.image.flags.writeable


def test_an_alpha_shows_its_shape() -> None:
    assert repr(Alpha(np.zeros((2, 5), np.float32), 7)) == "Alpha(#7 5x2)"


def test_a_composite_shows_no_pixels_as_text() -> None:
    image, alpha = np.zeros((9, 16, 3), np.uint8), np.zeros((9, 16), np.float32)
    composite = Composite(image, Frame(image, 3, 0.1, 5.0), alpha, coverage=0.25)
    assert repr(composite) == "Composite(image (9, 16, 3), 25% of it the person, of Frame(#3 16x9 at 5.000 s))"
    assert repr(Composite(image, fault="it hangs", is_standby=True)) == (
        "Composite(the standby image, no alpha, of None, it hangs)"
    )


def test_a_network_that_answers_the_same_everywhere_is_dead_but_in_an_empty_room() -> None:
    flat, sloping = np.full((9, 16), 0.5, np.float32), np.linspace(0, 1, 144, dtype=np.float32).reshape(9, 16)
    assert (
        fault_of_network(flat)
        == "the network answers 0.50 everywhere, as if dead; livebg opens it again if this goes on"
    )
    assert not fault_of_network(sloping)
    assert not fault_of_network(flat * np.float32(NOBODY))
    assert not fault_of_network(flat[:3, :3]), "so few may be the same by chance"


def test_extremes_tell_what_the_whole_alpha_would() -> None:
    assert not fault_of_range(0.0, 1.0)
    for low, high in ((-0.1, 1.0), (0.0, 1.1), (float("nan"), float("nan"))):
        assert "not 0 to 1" in fault_of_range(low, high)
    assert "0.50 everywhere" in fault_of_flat(0.5, 0.5, SMALLEST_PX)
    assert not fault_of_flat(0.5, 0.5, SMALLEST_PX - 1)
    assert not fault_of_flat(0.0, 1.0, SMALLEST_PX)
