"""When a preset is on by itself: days and times of the local clock. Knows no files and no clock of its own.

A span over midnight belongs to the day on which it begins. Where spans overlap, the one that began last counts, so that
a lunch within the working hours ends in the working hours. Any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from livebg.core.errors import SettingsError
from livebg.core.option import did_you_mean, listed, seen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
KEYS = ("days", "from", "to")
MOST_SPANS = 20
EXAMPLE = 'days = "mon-fri", from = "09:00", to = "17:00"'


@dataclass(frozen=True, slots=True)
class Span:
    """days: 0 is Monday. from_min, to_min: minutes after midnight, 0..1440; alike: a whole day from then on."""

    days: frozenset[int]
    from_min: int = 0
    to_min: int = DAY_MIN

    def begun_at(self, now: datetime) -> datetime | None:
        """When the present span began; None outside. now: local time without a zone."""
        lasts = timedelta(minutes=(self.to_min - self.from_min) % DAY_MIN or DAY_MIN)
        for days_ago in (0, 1):  # yesterday's may reach over midnight
            day = now.date() - timedelta(days=days_ago)
            begins = datetime.combine(day, time()) + timedelta(minutes=self.from_min)
            if day.weekday() in self.days and begins <= now < begins + lasts:
                return begins
        return None

    def __str__(self) -> str:
        """'mon-fri 09:00-17:00'."""
        return f"{_in_words(self.days)} {_clock(self.from_min)}-{_clock(self.to_min)}"


def spans_from(value: Any) -> tuple[Span, ...]:
    """From a preset file's [schedule] table, or several [[schedule]] ones. Raises SettingsError."""
    tables = [value] if isinstance(value, Mapping) else value
    if not isinstance(tables, list) or not all(isinstance(each, Mapping) for each in tables):
        raise SettingsError(f"schedule: {seen(value)} is no table; write [schedule] and below it {EXAMPLE}")
    if len(tables) > MOST_SPANS:
        raise SettingsError(f"schedule: {len(tables)} spans are too many; give at most {MOST_SPANS}")
    return tuple(map(_span, tables))


def _span(table: Mapping[str, Any]) -> Span:
    unknown = sorted(set(table) - set(KEYS))
    if unknown:
        raise SettingsError(
            f"schedule: there is no {listed(unknown)}{did_you_mean(unknown[0], KEYS) or f'; write {EXAMPLE}'}"
        )
    return Span(
        _days(table.get("days", "mon-sun")),
        _minutes("from", table.get("from", "00:00")),
        _minutes("to", table.get("to", "24:00")),
    )


def _days(text: Any) -> frozenset[int]:
    """'mon-fri', 'sat,sun', 'fri-mon,wed'."""
    wrong = SettingsError(f'schedule: days: {seen(text)} are no days; write e.g. "mon-fri" or "sat,sun"')
    if not isinstance(text, str):
        raise wrong
    found = set[int]()
    for part in re.split(r"\s*,\s*", text.strip().lower()):
        ends = re.split(r"\s*-\s*", part)
        if len(ends) > 2 or not all(each in DAYS for each in ends):
            raise wrong
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found |= {(first + each) % 7 for each in range((last - first) % 7 + 1)}
    return frozenset(found)


def _minutes(key: str, text: Any) -> int:
    read = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip(), re.ASCII) if isinstance(text, str) else None
    minutes = int(read[1]) * 60 + int(read[2]) if read else -1
    if read is None or not 0 <= minutes <= DAY_MIN or int(read[2]) > 59:
        raise SettingsError(f'schedule: {key}: {seen(text)} is no time; write {key} = "09:00", up to "24:00"')
    return minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _in_words(days: frozenset[int]) -> str:
    """'mon-fri,sun': days that follow each other as one range."""
    parts, run = [], list[int]()
    for day in [*sorted(days), 99]:
        if run and day != run[-1] + 1:
            parts.append(DAYS[run[0]] + (f"-{DAYS[run[-1]]}" if len(run) > 1 else ""))
            run = []
        run.append(day)
    return ",".join(parts)


def scheduled(presets: Iterable[tuple[str, Iterable[Span]]], now: datetime) -> str:
    """The name of the preset that counts now, '' if none: of several, that whose span began last; else the first."""
    latest, wanted = datetime.min, ""
    for name, spans in presets:
        begun = max((at for each in spans if (at := each.begun_at(now))), default=datetime.min)
        if begun > latest:
            latest, wanted = begun, name
    return wanted
