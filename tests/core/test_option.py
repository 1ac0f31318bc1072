"""One value against one spec: type, range, choices, the zero that means something."""

from pathlib import Path

import pytest

from livebg.core.errors import SettingsError
from livebg.core.option import (
    Option,
    as_number,
    checked,
    did_you_mean,
    in_words,
    listed,
    option_number,
    option_path,
    seen,
)

SIZE = Option("a size", "test", unit="px", low=64, high=2048, zero="chosen live")


def test_zero_is_allowed_only_where_it_means_something() -> None:
    assert checked("--x", SIZE, int, 0) == 0
    with pytest.raises(SettingsError, match=r"--x: 0 is outside 64\.\.2048 px"):
        checked("--x", Option("a size", "test", unit="px", low=64, high=2048), int, 0)


def test_the_span_says_what_zero_means() -> None:
    assert SIZE.span == "64..2048 px, 0: chosen live"


@pytest.mark.parametrize("value", [63, 2049, -1, 1e9])
def test_a_number_outside_the_range_is_refused_with_it(value: float) -> None:
    with pytest.raises(SettingsError, match=r"outside 64\.\.2048 px"):
        checked("--x", SIZE, int, value)


@pytest.mark.parametrize("value", ["100", None, True, 64.5, float("nan")])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(SettingsError, match="is not a whole number"):
        checked("--x", SIZE, int, value)


@pytest.mark.parametrize("value", ["720", "1280 x 720", "1280x720x3", "0x0", "8000x720"])
def test_a_size_is_width_x_height(value: str) -> None:
    with pytest.raises(SettingsError, match="is not WIDTHxHEIGHT"):
        checked("--size", Option("a size", "test", is_size=True), str, value)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("wndow", "; did you mean window?"),
        ("WINDOW", "; did you mean window?"),
        ("virtual", "; did you mean virtual-camera?"),
        ("zzz", ""),
        ("", ""),
        ("w" * 100_000, ""),
    ],
)
def test_the_nearest_word_is_suggested(word: str, said: str) -> None:
    assert did_you_mean(word, ["window", "virtual-camera"]) == said


@pytest.mark.parametrize(
    ("word", "said"), [("--to", ""), ("--whta", "; did you mean --what?"), ("what", "; did you mean --what?")]
)
def test_dashes_make_no_option_near(word: str, said: str) -> None:
    assert did_you_mean(word, ["--what", "--grow"]) == said


def test_the_number_of_an_option_that_is_no_setting() -> None:
    assert option_number("--jobs", "4", 1, 64, "films") == 4
    assert as_number("--x", SIZE, "1e3") == 1000
    with pytest.raises(SettingsError, match=r"--jobs: 65 is outside 1\.\.64 films"):
        option_number("--jobs", "65", 1, 64, "films")
    with pytest.raises(SettingsError, match=r"--x: 'many' is not a number \(64\.\.2048 px, 0: chosen live\)"):
        as_number("--x", SIZE, "many")


def test_the_path_of_an_option_that_is_no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert option_path("--output", "a.mp4") == Path("a.mp4")
    with pytest.raises(SettingsError, match=r"--output: .* cannot be a file: File name too long; give another path"):
        option_path("--output", "a" * 300)
    with pytest.raises(SettingsError, match="--output"):
        option_path("--output", "a\0b")


def test_a_few_unknown_names_stand_for_many() -> None:
    assert listed(["one", "two"]) == "one, two"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert listed(["no name\n"]) == r"'no name\n'"


def test_a_value_in_a_message_keeps_the_secrets_of_an_address() -> None:
    assert seen(("rtmp://me:word@h/app/secret", "a.mp4")) == "('rtmp://...', 'a.mp4')"
    assert seen("whip:https://token@h/x y") == "'whip:https://... y'"


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "yes"), (False, "no"), (0.5, "0.5"), (30.0, "30"), (3, "3"), (("a", "b"), "a b"), ("", "")],
)
def test_a_value_in_words(value: object, words: str) -> None:
    assert in_words(value) == words
