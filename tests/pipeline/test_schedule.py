"""When presets come on by themselves: days, midnight, overlaps, and what is no schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from livebg.core.errors import SettingsError
from livebg.pipeline.schedule import MOST_SPANS, Span, scheduled, spans_from

# 2026-11-23 is a Monday.


def _at(day: int, clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return datetime(2026, 11, day, int(hours), int(minutes))


WORK = spans_from({"days": "mon-fri", "from": "09:00", "to": "17:00"})
LUNCH = spans_from({"from": "12:00", "to": "13:00"})
NIGHT = spans_from({"days": "fri", "from": "22:00", "to": "6:00"})


@pytest.mark.parametrize(
    ("day", "clock", "wanted"),
    [
        (23, "08:59", ""),
        (23, "09:00", "work"),
        (27, "16:59", "work"),
        (27, "17:00", ""),
        (28, "10:00", ""),  # a Saturday
        (23, "12:00", "lunch"),  # began last
        (23, "13:00", "work"),  # and the earlier one goes on
        (28, "12:30", "lunch"),
        (27, "22:00", "night"),
        (28, "00:00", "night"),  # over midnight: still Friday's
        (28, "05:59", "night"),
        (28, "06:00", ""),
        (28, "22:30", ""),  # Saturday's night is not meant
    ],
)
def test_the_span_that_began_last_counts(day: int, clock: str, wanted: str) -> None:
    assert scheduled([("lunch", LUNCH), ("night", NIGHT), ("work", WORK)], _at(day, clock)) == wanted


def test_of_two_that_begin_together_the_first_counts() -> None:
    assert scheduled([("a", LUNCH), ("b", LUNCH)], _at(23, "12:30")) == "a"
    assert scheduled([("b", LUNCH), ("a", LUNCH)], _at(23, "12:30")) == "b"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "mon-sun 00:00-24:00"),
        ({"days": "Sat, SUN"}, "sat-sun 00:00-24:00"),
        ({"days": "fri-mon"}, "mon,fri-sun 00:00-24:00"),
        ({"days": "wed,mon-tue", "from": "9:05"}, "mon-wed 09:05-24:00"),
        ({"from": "12:00", "to": "12:00"}, "mon-sun 12:00-12:00"),
    ],
)
def test_days_and_times_in_words(table: dict[str, Any], words: str) -> None:
    (span,) = spans_from(table)
    assert isinstance(span, Span)
    assert str(span) == words
    parts = words.split()
    again = spans_from(dict(zip(("days", "from", "to"), [parts[0], *parts[1].split("-")], strict=True)))
    assert again == (span,)


def test_equal_times_are_a_whole_day() -> None:
    (span,) = spans_from({"days": "mon", "from": "12:00", "to": "12:00"})
    assert span.begun_at(_at(23, "11:59")) is None
    assert span.begun_at(_at(23, "12:00")) == span.begun_at(_at(24, "11:59")) == _at(23, "12:00")
    assert span.begun_at(_at(24, "12:00")) is None


def test_a_preset_may_have_several_spans() -> None:
    spans = spans_from([{"from": "08:00", "to": "09:00"}, {"from": "20:00", "to": "21:00"}])
    assert [scheduled([("a", spans)], _at(23, each)) for each in ("08:30", "12:00", "20:30")] == ["a", "", "a"]
    assert spans_from([]) == ()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("mon", "schedule: 'mon' is no table"),
        (["mon"], r"schedule: \['mon'\] is no table"),
        ([{}] * (MOST_SPANS + 1), "21 spans are too many"),
        ({"day": "mon"}, "there is no day; did you mean days"),
        ({"until": "17:00"}, "there is no until; write days"),
        ({"days": "monday"}, "days: 'monday' are no days; write e.g. \"mon-fri\""),
        ({"days": ""}, "are no days"),
        ({"days": "mon-tue-wed"}, "are no days"),
        ({"days": ["mon"]}, "are no days"),
        ({"from": "25:00"}, "from: '25:00' is no time; write from = \"09:00\""),
        ({"to": "24:01"}, "to: '24:01' is no time"),
        ({"to": "9:60"}, "to: '9:60' is no time"),
        ({"to": 17}, "to: 17 is no time"),
        ({"to": "٩:00"}, "is no time"),
    ],
)
def test_what_is_no_schedule_is_a_sentence(value: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        spans_from(value)
