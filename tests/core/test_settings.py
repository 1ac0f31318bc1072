"""Settings: defaults, ranges, the file, and that nothing wrong gets in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebg.core.errors import SettingsError
from livebg.core.settings import OPTIONS, Settings, change, option_name, setting_from


def test_every_default_is_within_its_own_range() -> None:
    assert Settings().to == ()
    assert set(OPTIONS) == set(Settings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("fps", 1000, "--fps: 1000 is outside 1..240 fps"),
        ("fps", 10**400, "is outside 1..240 fps"),
        ("fps", float("nan"), "not a number"),
        ("matte_size", 100.5, "not a whole number"),
        ("matte_size", "big", "not a whole number"),
        ("smoothing", True, "not a number"),
        ("engine", "magic", "none of auto, rmbg, selfie"),
        ("size", "1280", "WIDTHxHEIGHT"),
        ("size", "0x0", "WIDTHxHEIGHT"),
        ("force", "yes", "not true or false"),
        ("to", "window", "not a list"),
        ("source", "a\0b", "zero byte"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_seen(name: str, value: Any, seen: str) -> None:
    with pytest.raises(SettingsError, match=option_name(name)) as failure:
        change(Settings(), {name: value})
    assert seen in str(failure.value)


@pytest.mark.slow
@given(st.sampled_from(sorted(OPTIONS)), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()))
def test_any_value_is_taken_in_range_or_refused_in_words(name: str, value: Any) -> None:
    try:
        taken = getattr(change(Settings(), {name: value}), name)
    except SettingsError:
        return
    spec = OPTIONS[name]
    assert not spec.choices or taken in spec.choices
    assert spec.low is None or spec.high is None or spec.low <= taken <= spec.high or (spec.zero and taken == 0)


def test_levels_that_cross_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"--level-low: 0.6 is not below --level-high \(0.6\)"):
        Settings(level_low=0.6, level_high=0.6)


def test_an_unknown_setting_is_told_with_the_nearest_one() -> None:
    with pytest.raises(
        SettingsError, match=r"^there is no setting bakground; did you mean background or background_fit\?$"
    ):
        change(Settings(), {"bakground": "blur"})
    with pytest.raises(SettingsError, match=r"^there is no setting zzz; 'livebg help settings' lists those there are$"):
        change(Settings(), {"zzz": 1})


def test_a_setting_from_two_texts() -> None:
    assert setting_from("--matte-size", "384") == setting_from("matte_size", "384") == {"matte_size": 384}
    with pytest.raises(SettingsError, match=r"there is no setting 'smoothin'; did you mean smoothing\?"):
        setting_from("smoothin", "1")
