"""Just enough of a chart: points on two axes, and bars with a limit, drawn with Pillow. Knows nothing about benches.

Not matplotlib: it would add 30 MB and ten packages to every installation for one picture. Drawn twice as large and
reduced, which makes every line smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FINE = 2
INK, PALE, GRID, PAPER = "#1b1f24", "#667080", "#dde2e8", "#ffffff"
COLOURS = ("#0b6e99", "#d9730d", "#0f7b6c", "#ad1a72", "#6940a5", "#9f6b00")

Box = tuple[float, float, float, float]  # left, top, right, bottom, px


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one colour, joined by a line: (x, y, what stands beside the point)."""

    name: str
    points: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class Bar:
    """From 0 to `value`, with a whisker to `high`."""

    name: str
    value: float
    high: float


class Canvas:
    """A white picture of this size, px."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, x: float, y: float, text: str, size: int = 13, colour: str = INK, anchor: str = "ls") -> None:
        """anchor: two letters as Pillow has them, e.g. 'ls': x is the left end, y the baseline."""
        font = ImageFont.load_default(size * FINE)
        self._draw.text((x * FINE, y * FINE), text, colour, font, anchor)

    def text_width(self, text: str, size: int = 13) -> float:
        return float(ImageFont.load_default(size * FINE).getlength(text)) / FINE

    def line(self, points: Sequence[tuple[float, float]], colour: str = INK, width: float = 1.0) -> None:
        self._draw.line([(x * FINE, y * FINE) for x, y in points], colour, round(width * FINE), "curve")

    def dot(self, x: float, y: float, radius: float, colour: str) -> None:
        self._draw.circle((x * FINE, y * FINE), radius * FINE, colour, PAPER, FINE)

    def bar(self, box: Box, colour: str) -> None:
        self._draw.rectangle([each * FINE for each in box], colour)

    def save(self, path: Path) -> None:
        """PNG. Raises OSError."""
        self._image.resize((self.width, self.height), Image.Resampling.BOX).save(path, "PNG")


def scatter(canvas: Canvas, box: Box, title: str, axes: tuple[str, str], series: Sequence[Series]) -> None:
    """Points over a logarithmic x axis and a y axis that shows where they differ; axes: the two names."""
    plot = _frame(canvas, box, title)
    x_values = [x for each in series for x, _, _ in each.points]
    y_ticks = ticks_around([y for each in series for _, y, _ in each.points])
    low, high = min(x_values) / 1.25, max(x_values) * 1.25

    def place(x: float, y: float) -> tuple[float, float]:
        across = math.log(x / low) / math.log(high / low)
        up = (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])
        return plot[0] + across * (plot[2] - plot[0]), plot[3] - up * (plot[3] - plot[1])

    for tick in y_ticks:
        left, y = place(low, tick)
        canvas.line([(left, y), (plot[2], y)], GRID)
        canvas.text(left - 8, y, f"{tick:g}", 12, PALE, "rm")
    for tick in logarithmic_ticks(low, high):
        x, bottom = place(tick, y_ticks[0])
        canvas.line([(x, bottom), (x, plot[1])], GRID)
        canvas.text(x, bottom + 16, f"{tick:g}", 12, PALE, "ms")
    canvas.text(plot[2], plot[3] + 34, axes[0], 12, PALE, "rs")
    canvas.text(box[0], plot[1] - 10, axes[1], 12, PALE)
    _legend(canvas, box, [each.name for each in series])
    for each, colour in zip(series, _colours(len(series)), strict=True):
        places = [place(x, y) for x, y, _ in each.points]
        canvas.line(places, colour, 1.5)
        for (x, y), (_, _, text) in zip(places, each.points, strict=True):
            canvas.dot(x, y, 5, colour)
            canvas.text(x, y - 9, text, 11, colour, "ms")


def bars(canvas: Canvas, box: Box, title: str, unit: str, rows: Sequence[Bar], limit: float, limit_name: str) -> None:
    """Horizontal bars one below the other, with a line at `limit`."""
    plot = _frame(canvas, box, title)
    names = max(canvas.text_width(each.name, 12) for each in rows)
    left = plot[0] + names + 4
    x_ticks = ticks(max(limit, *(each.high for each in rows)))

    def across(value: float) -> float:
        return left + value / x_ticks[-1] * (plot[2] - left)

    for tick in x_ticks:
        canvas.line([(across(tick), plot[1]), (across(tick), plot[3])], GRID)
        canvas.text(across(tick), plot[3] + 16, f"{tick:g}", 12, PALE, "ms")
    canvas.text(plot[2], plot[3] + 34, unit, 12, PALE, "rs")
    pitch = (plot[3] - plot[1]) / len(rows)
    half = min(12.0, pitch * 0.32)
    for number, each in enumerate(rows):
        y = plot[1] + (number + 0.5) * pitch
        canvas.text(left - 8, y, each.name, 12, INK, "rm")
        canvas.bar((left, y - half, across(each.value), y + half), COLOURS[0])
        canvas.line([(across(each.value), y), (across(each.high), y)], INK, 1.5)
        canvas.line([(across(each.high), y - 5), (across(each.high), y + 5)], INK, 1.5)
    canvas.line([(across(limit), plot[1]), (across(limit), plot[3])], COLOURS[1], 1.5)
    canvas.text(across(limit), plot[1] - 10, limit_name, 12, COLOURS[1], "ms")


def ticks(highest: float, lowest: float = 0.0) -> list[float]:
    """Up to seven round numbers in even steps, the first at or below `lowest`, the last at or beyond `highest`."""
    rough = (highest - lowest) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    return [step * each for each in range(math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9) + 1)]


def ticks_around(values: Sequence[float]) -> list[float]:
    """Ticks with some room about these numbers, all above 0; at least a third of the largest is shown, so that what is
    nearly the same looks nearly the same."""
    low, high = min(values), max(values)
    room = max(0.1 * (high - low), (high / 3 - (high - low)) / 2)
    return ticks(high + room, max(0.0, low - room))


def logarithmic_ticks(low: float, high: float) -> list[float]:
    """Round numbers within low..high, both above 0: 1, 2 and 5, and finer ones where that leaves less than three."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8), (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9)):
        found = [digit * 10.0**power for power in powers for digit in digits]
        found = [each for each in found if low <= each <= high]
        if len(found) >= 3:
            break
    return found


def _frame(canvas: Canvas, box: Box, title: str) -> Box:
    """Title and where the axes go."""
    canvas.text(box[0], box[1] + 16, title, 16)
    return box[0] + 40, box[1] + 76, box[2], box[3] - 42


def _legend(canvas: Canvas, box: Box, names: Sequence[str]) -> None:
    x = box[0]
    for name, colour in zip(names, _colours(len(names)), strict=True):
        canvas.dot(x + 5, box[1] + 36, 5, colour)
        canvas.text(x + 14, box[1] + 40, name, 12, INK)
        x += 30 + canvas.text_width(name, 12)


def _colours(count: int) -> list[str]:
    return [COLOURS[each % len(COLOURS)] for each in range(count)]
