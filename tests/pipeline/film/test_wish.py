"""The choices that the command line offers are those of the type."""

from __future__ import annotations

from typing import get_args

from livebg.pipeline.film.wish import WHATS, What


def test_the_choices_are_the_type_s() -> None:
    assert get_args(What) == WHATS
