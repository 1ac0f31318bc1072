"""The synthetic person's hair: shoulder-long, parted, strand by strand, with loose ones that a matte must follow.

In the design coordinates of figure.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from livebg.capture.synthetic.paint import Canvas, Field, Point, smooth

_COLOUR = np.array([40, 56, 88], np.float32)  # BGR
_GLOSS = np.array([96, 136, 186], np.float32)
_PART_X = -20
_STRANDS = 620  # on each side
_LOCKS = 15
_FACE = smooth([(0, 250), (54, 268), (100, 330), (117, 410), (112, 500), (120, 580), (98, 650)], steps=6)
_RIM = smooth([(0, 180), (70, 192), (130, 238), (160, 330), (167, 440), (178, 560), (148, 672)], steps=6)
_BACK: list[Point] = [
    (-20, 205),
    (90, 214),
    (150, 290),
    (166, 400),
    (160, 540),
    (140, 632),
    (84, 644),
    (52, 640),
    (44, 560),
]


def paint_back(canvas: Canvas) -> None:
    """What falls behind the neck."""
    back = canvas.spline([*_BACK, (0, 520), *((-x, y) for x, y in reversed(_BACK[1:]))])
    canvas.paint(back, tuple(0.36 * _COLOUR))
    random = np.random.default_rng(21)
    lines, colours = [], []
    for _ in range(260):
        x = random.uniform(60, 150) * random.choice((-1, 1))
        lines.append(smooth([(0.9 * x, 440), (x, 530), (x * random.uniform(0.92, 1.06), random.uniform(600, 642))]))
        colours.append(np.tile(_COLOUR * random.uniform(0.25, 0.6), (len(lines[-1]), 1)))
    canvas.strands(lines, colours, 2, 0.8)


def paint_front(canvas: Canvas) -> None:
    """What falls from the parting along the face."""
    random = np.random.default_rng(11)
    _loose(canvas, random)
    for side in (-1, 1):
        mass = np.vstack([_flow(side, 0.07, 0)[:28], _flow(side, 0.93, 0)[27::-1]])
        canvas.paint(canvas.soft(canvas.polygon([(x, y) for x, y in mass]), 1), tuple(0.55 * _COLOUR))
    _cast_shadow(canvas)
    lines, colours = [], []
    for side in (-1, 1):
        locks = random.normal(0, 1, _LOCKS + 1)
        for across in random.permutation(np.linspace(0, 0.999, _STRANDS)):
            number = int(across * _LOCKS)
            middle, lock = (number + 0.5) / _LOCKS, float(locks[number])
            line = _flow(side, across + random.normal(0, 0.012), lock, middle)
            shorter = 0.14 * abs(across - middle) * 2 * _LOCKS + random.uniform(0, 0.05) + 0.03 * (lock > 0)
            line = line[: int(len(line) * (1 - shorter))]
            lines.append(line)
            colours.append(_gloss(len(line), across, side, 1 + 0.13 * lock + random.normal(0, 0.14)))
    canvas.strands(lines, colours, 1.4, 1.0)


def _flow(side: int, across: float, lock: float, tip: float | None = None) -> NDArray[np.float64]:
    """One strand from the parting down: float64 (n, 2). across: 0 along the face .. 1 at the outline.

    lock: what the strand's lock is like, about -2..2. tip: where across the lock ends, to which its strands converge.
    """
    along = np.linspace(0, 1, len(_FACE))
    together = 0.7 * np.clip((along - 0.55) / 0.45, 0, 1) ** 1.5
    place = across + ((across if tip is None else tip) - across) * together
    line = _FACE + place[:, None] * (_RIM - _FACE)
    wave = np.clip(along - 0.25, 0, 1) * np.sin(2 * np.pi * (1.9 * along + 0.12 * lock + 0.2 * side))
    x = side * (line[:, 0] + 7 * wave + 3 * lock * along**2) + _PART_X * (1 - along) ** 2
    return np.stack([x, line[:, 1]], -1)


def _gloss(count: int, across: float, side: int, level: float) -> Field:
    """The colours along a strand: a band of light where the head is round, another at the wave."""
    along = np.linspace(0, 1, count)
    band = 0.75 * np.exp(-(((along - 0.27) / 0.10) ** 2)) + 0.4 * np.exp(-(((along - 0.72) / 0.12) ** 2))
    band *= (1.0 if side < 0 else 0.55) * np.sin(np.pi * np.clip(0.12 + 0.8 * across, 0, 1))
    round_off = 0.62 + 0.38 * np.sin(np.pi * np.clip(0.1 + 0.85 * across, 0, 1))
    share = (0.5 * band * level)[:, None]
    colour = level * round_off * ((1 - share) * _COLOUR + share * _GLOSS)
    return np.asarray(np.clip(colour, 8, 255), np.float32)


def _cast_shadow(canvas: Canvas) -> None:
    """The hair's shadow on forehead and cheeks, and its fall from the parting."""
    inner = [_flow(side, 0.02, 0) for side in (-1, 1)]
    canvas.tint(canvas.soft(canvas.strokes(inner, 14), 7) * 0.45, (36, 50, 92))


def _loose(canvas: Canvas, random: np.random.Generator) -> None:
    lines, colours = [], []
    for _ in range(150):
        side = int(random.choice((-1, 1)))
        line = _flow(side, random.uniform(0.93, 1.02), random.normal())
        start = int(random.uniform(0.06, 0.8) * len(line))
        line = line[start : start + int(random.uniform(6, 16))]
        away = np.linspace(0, 1, len(line))
        curl = away**2 * random.uniform(2, 20) + 4 * away * np.sin(2 * np.pi * away * random.uniform(0.4, 1.2))
        line = smooth(
            [(x, y) for x, y in line + np.stack([side * curl, away**2 * random.uniform(-14, 4)], -1)], steps=2
        )
        lines.append(line)
        colours.append(np.tile(_COLOUR * random.uniform(0.8, 1.6), (len(line), 1)).astype(np.float32))
    canvas.strands(lines, colours, 0.7, 0.9, 0.25)
