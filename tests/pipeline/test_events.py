"""What is left follows from what is done and how fast it goes."""

from __future__ import annotations

from livebg.pipeline.progress import Progress


def test_the_time_left() -> None:
    assert Progress("a", 25, 100, 5.0).left_s == 15.0
    assert Progress("a", 25, 100, 0.0).left_s is None
