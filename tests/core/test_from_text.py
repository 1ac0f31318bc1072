"""A text from elsewhere as a setting's value."""

from __future__ import annotations

import pytest

from livebg.core.errors import SettingsError
from livebg.core.option import Option, from_text

SPEC = Option("", "", low=0, high=9)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [(bool, "Yes", True), (bool, "off", False), (int, "3", 3), (float, "0.5", 0.5), (str, "3", "3")],
)
def test_it_gets_its_kind(kind: type, text: str, value: object) -> None:
    assert from_text("--x", SPEC, kind, text) == value


def test_one_text_is_a_list_of_one() -> None:
    assert from_text("--to", SPEC, tuple[str, ...], "window") == ("window",)


@pytest.mark.parametrize(("kind", "text"), [(bool, "1"), (bool, ""), (int, "x"), (float, "1,5")])
def test_what_is_none_of_its_kind_is_an_error(kind: type, text: str) -> None:
    with pytest.raises(SettingsError, match=r"--x: .* is n"):
        from_text("--x", SPEC, kind, text)
