"""What a room is to the path tracer: shapes with their materials, lamps, the sun, and the light from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from studio.shapes import Array, Shape

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """colour: share of light given back, RGB. paint: overrides it by place. gloss: share mirrored, with its blur."""

    colour: Colour = (0.7, 0.7, 0.7)
    paint: Callable[[Array], Array] | None = None
    glow: Colour = (0.0, 0.0, 0.0)
    gloss: float = 0.0
    roughness: float = 0.25
    lets_glow_through: bool = False


@dataclass(frozen=True, slots=True)
class Lamp:
    """A glowing rectangle (sides = two edge vectors) or, without sides, a ball of radius_m."""

    centre: tuple[float, float, float]
    light: Colour
    radius_m: float = 0.05
    sides: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    passes_shades: bool = False

    def sample(self, random: np.random.Generator, at: Array) -> tuple[Array, Array]:
        """Places on the lamp (3, N) and what arrives per unit of cosine at the points `at` (N,)."""
        count = at.shape[1]
        middle = np.array(self.centre, np.float32)[:, None]
        if self.sides is None:
            offset = random.normal(size=(3, count)).astype(np.float32)
            place = middle + offset / np.linalg.norm(offset, axis=0) * self.radius_m
            return place, 1 / ((at - middle) ** 2).sum(0).clip(1e-2)
        u, v = (np.array(side, np.float32)[:, None] for side in self.sides)
        shares = random.random((2, count), np.float32) - 0.5
        place = middle + u * shares[0] + v * shares[1]
        facing = np.cross(u[:, 0], v[:, 0])
        gap = at - place
        square = (gap * gap).sum(0).clip(1e-3)
        strength = np.maximum(facing @ gap, 0) / np.sqrt(square) / square / np.float32(np.pi)
        return place, np.minimum(strength, 1)  # a surface that touches the lamp is as bright as the lamp


@dataclass(slots=True)
class Room:
    """What stands where, the lamps, the sun (direction to it, colour, half its angle), and the light from outside."""

    shapes: list[Shape] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    groups: list[list[int]] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    sun: tuple[tuple[float, float, float], Colour, float] | None = None
    outside: Colour = (0.0, 0.0, 0.0)
    ambient: Colour = (0.0, 0.0, 0.0)
    _open: list[int] | None = None

    def add(self, material: Material, *shapes: Shape) -> None:
        for shape in shapes:
            self.shapes.append(shape)
            self.materials.append(material)
            if self._open is None:
                self.groups.append([len(self.shapes) - 1])
            else:
                self._open.append(len(self.shapes) - 1)

    @contextmanager
    def group(self) -> Iterator[None]:
        """Shapes that stand together: rays that miss their common ball skip them all."""
        self._open = []
        yield
        self.groups.append(self._open)
        self._open = None

    def bounds(self) -> list[tuple[Array, float]]:
        found = []
        for group in self.groups:
            centres = np.array([self.shapes[each].centre for each in group], np.float32)
            middle = (centres.min(0) + centres.max(0)) / 2
            reach = max(np.linalg.norm(self.shapes[each].centre - middle) + self.shapes[each].radius for each in group)
            found.append((middle, float(reach)))
        return found
