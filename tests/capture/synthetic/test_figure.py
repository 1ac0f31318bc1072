"""The person's layers: all there, placed where they join, and the eyes alone differ when blinking."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.capture.synthetic.figure import ELBOW, NECK, SHOULDER, Figure, Layer, draw_figure


@pytest.fixture(scope="module")
def figure() -> Figure:
    return draw_figure(0.5)


def covers(layer: Layer, x: float, y: float) -> bool:
    return bool(layer.coverage[round((y - layer.top) * 0.5), round((x - layer.left) * 0.5)] > 250)


def test_layers_meet_at_their_joints(figure: Figure) -> None:
    assert covers(figure.head, *NECK)
    assert covers(figure.upper_arm, *SHOULDER)
    assert covers(figure.body, *SHOULDER)
    assert covers(figure.upper_arm, *ELBOW)
    assert covers(figure.forearm, *ELBOW)


def test_layers_end_within_their_canvas(figure: Figure) -> None:
    for layer in (figure.upper_arm, figure.forearm, figure.head):
        rim = np.concatenate([layer.coverage[0], layer.coverage[:, 0], layer.coverage[:, -1]])
        assert rim.max() == 0, "a cut edge would show"
        assert layer.image.shape == (*layer.coverage.shape, 3)


def test_blinking_changes_the_eyes_alone(figure: Figure) -> None:
    assert np.array_equal(figure.head.coverage, figure.blinking.coverage)
    rows, columns = np.nonzero((figure.head.image != figure.blinking.image).any(axis=2))
    assert rows.size > 20
    assert rows.min() / 0.5 + figure.head.top > 360
    assert rows.max() / 0.5 + figure.head.top < 440
    assert np.abs(columns / 0.5 + figure.head.left).max() < 100
