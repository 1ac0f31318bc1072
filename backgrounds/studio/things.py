"""What the rooms are furnished with: walls, wood, books, plants, lamps, frames. Every thing stands on its foot."""

from __future__ import annotations

import numpy as np

from studio import noise
from studio.room import Colour, Lamp, Material, Room
from studio.shapes import Array, Ball, Box, Leaf, Tube

Place = tuple[float, float, float]

MUTED: tuple[Colour, ...] = (
    (0.62, 0.56, 0.46), (0.34, 0.10, 0.08), (0.07, 0.10, 0.17), (0.09, 0.15, 0.11), (0.52, 0.36, 0.14),
    (0.26, 0.25, 0.24), (0.40, 0.27, 0.17), (0.06, 0.055, 0.05), (0.68, 0.65, 0.60), (0.16, 0.24, 0.28),
)  # fmt: skip
PALE: tuple[Colour, ...] = (
    (0.72, 0.70, 0.66), (0.60, 0.60, 0.60), (0.45, 0.50, 0.54), (0.66, 0.58, 0.48), (0.30, 0.34, 0.38),
    (0.74, 0.72, 0.70), (0.50, 0.44, 0.38), (0.20, 0.22, 0.25),
)  # fmt: skip
GREENS: tuple[Colour, ...] = ((0.09, 0.20, 0.06), (0.13, 0.27, 0.09), (0.19, 0.34, 0.12), (0.07, 0.16, 0.08))


def plaster(colour: Colour, seed: int, depth: float = 0.05) -> Material:
    """A painted wall: cloudy by a few per cent."""
    base = np.array(colour, np.float32)[:, None]
    return Material(colour, paint=lambda point: base * (1 + depth * noise.solid(point, 0.5, seed, 4)))


def wood(colour: Colour, seed: int, gloss: float = 0.05, along: int = 0) -> Material:
    """Grain that runs along one axis."""
    base = np.array(colour, np.float32)[:, None]
    squeeze = np.ones((3, 1), np.float32)
    squeeze[along] = 0.07

    def paint(point: Array) -> Array:
        grain = noise.solid(point * squeeze, 0.06, seed, 4)
        return base * np.exp(0.28 * grain)

    return Material(colour, paint=paint, gloss=gloss, roughness=0.22)


def shell(room: Room, wall: Material, floor: Material, far_m: float, half_m: float = 3.2, high_m: float = 2.8) -> None:
    """Floor, ceiling, far wall, side walls, and the wall behind the camera."""
    ceiling = Material((0.78, 0.77, 0.75))
    room.add(wall, Box((0, high_m / 2, far_m + 0.1), (half_m + 3, high_m, 0.1)))
    room.add(wall, Box((-half_m - 0.1, high_m / 2, 0), (0.1, high_m, far_m + 3)))
    room.add(wall, Box((half_m + 0.1, high_m / 2, 0), (0.1, high_m, far_m + 3)))
    room.add(wall, Box((0, high_m / 2, -2.6), (half_m + 3, high_m, 0.1)))
    room.add(floor, Box((0, -0.1, 0), (half_m + 3, 0.1, far_m + 3)))
    room.add(ceiling, Box((0, high_m + 0.1, 0), (half_m + 3, 0.1, far_m + 3)))


def table_lamp(room: Room, foot: Place, power: float, warm: Colour = (1.0, 0.62, 0.32), size: float = 1.0) -> None:
    """A shaded lamp: it throws pools up and down the wall, and its shade glows."""
    x, y, z = foot
    low = y + 0.26 * size
    glow: Colour = (1.25 * warm[0], 1.25 * warm[1], 1.25 * warm[2])
    shade = Material((0.8, 0.72, 0.6), glow=glow, lets_glow_through=True)
    room.add(shade, Tube((x, low, z), 0.24 * size, 0.165 * size, 0.115 * size))
    body = Material((0.30, 0.24, 0.19), gloss=0.08)
    room.add(body, Ball((x, y + 0.11 * size, z), (0.075 * size, 0.11 * size, 0.075 * size)))
    room.add(body, Tube((x, y, z), 0.28 * size, 0.02 * size, 0.012 * size))
    light: Colour = (power * warm[0], power * warm[1], power * warm[2])
    through: Colour = (0.5 * light[0], 0.5 * light[1], 0.5 * light[2])
    room.lamps.append(Lamp((x, low + 0.12 * size, z), light, 0.045 * size))
    room.lamps.append(Lamp((x, low + 0.12 * size, z), through, 0.12 * size, passes_shades=True))


def books(
    room: Room, start: Place, length_m: float, high_m: float, seed: int, palette: tuple[Colour, ...] = MUTED
) -> None:
    """A row of books from start (left, bottom, front) to the right, a lying stack or an ornament between them."""
    random = np.random.default_rng(seed)
    x, y, z = start
    end = x + length_m
    kinds = [Material(colour, gloss=0.02) for colour in palette]
    with room.group():
        while x < end - 0.08:
            chance = random.random()
            if chance < 0.06 and end - x > 0.3:
                x = _stack(room, (x, y, z), high_m, random, kinds)
            elif chance < 0.13 and end - x > 0.25:
                x = _ornament(room, (x, y, z), high_m, random)
            else:
                run = min(end - x, random.uniform(0.15, 0.6))
                tall = random.uniform(0.62, 0.9) * high_m
                stop = x + run
                while x < stop - 0.02:
                    thick = float(random.uniform(0.018, 0.048))
                    height = float(min(0.95 * high_m, tall * random.uniform(0.9, 1.08)))
                    deep = float(random.uniform(0.13, 0.19))
                    kind = kinds[random.integers(len(kinds))]
                    room.add(
                        kind,
                        Box(
                            (x + thick / 2, y + height / 2, z + deep / 2 + 0.02),
                            (thick / 2 - 0.001, height / 2, deep / 2),
                        ),
                    )
                    x += thick
                x += float(random.uniform(0.0, 0.05))


def _stack(room: Room, at: Place, high_m: float, random: np.random.Generator, kinds: list[Material]) -> float:
    x, y, z = at
    for _ in range(random.integers(2, 5)):
        thick, wide = float(random.uniform(0.02, 0.04)), float(random.uniform(0.2, 0.25))
        if y + thick > at[1] + 0.8 * high_m:
            break
        yaw = float(random.uniform(-0.12, 0.12))
        room.add(
            kinds[random.integers(len(kinds))],
            Box((x + 0.14, y + thick / 2, z + 0.1), (wide / 2, thick / 2, 0.08), yaw),
        )
        y += thick
    return x + 0.3


def _ornament(room: Room, at: Place, high_m: float, random: np.random.Generator) -> float:
    x, y, z = at
    clay = Material(((0.70, 0.66, 0.60), (0.42, 0.26, 0.18), (0.20, 0.24, 0.26))[random.integers(3)], gloss=0.06)
    size = float(random.uniform(0.3, 0.42)) * high_m
    room.add(clay, Ball((x + 0.13, y + size * 0.8, z + 0.1), (size * 0.62, size * 0.8, size * 0.62)))
    room.add(clay, Tube((x + 0.13, y + size * 1.4, z + 0.1), size * 0.5, size * 0.22, size * 0.3))
    return x + 0.26


def plant(
    room: Room, foot: Place, high_m: float, leaves: int, seed: int, leaf_m: float = 0.16, pot: bool = True
) -> None:
    """A leafy plant: stems fan out of the pot, leaves hang outward, larger towards the middle height."""
    random = np.random.default_rng(seed)
    x, y, z = foot
    wide = 0.16 * high_m**0.5
    if pot:
        clay = Material((0.55, 0.50, 0.45), gloss=0.03)
        room.add(clay, Tube((x, y, z), 0.26 * high_m**0.5, wide * 0.75, wide))
        room.add(Material((0.05, 0.04, 0.03)), Ball((x, y + 0.22 * high_m**0.5, z), (wide * 0.95, 0.02, wide * 0.95)))
    greens = [Material(colour, gloss=0.05, roughness=0.35) for colour in GREENS]
    with room.group():
        for number in range(leaves):
            height = high_m * (0.3 + 0.7 * (number + random.random()) / leaves)
            turn = 2.4 * number + random.uniform(-0.5, 0.5)  # the golden angle, as leaves grow
            spread = high_m * 0.34 * np.sin(np.pi * min(0.93, 0.25 + 0.7 * height / high_m)) * random.uniform(0.4, 1.1)
            out = np.array([np.cos(turn), 0, np.sin(turn)])
            middle = np.array([x, y + height, z]) + out * spread
            along = out * random.uniform(0.6, 1) + np.array([0, random.uniform(-0.9, 0.5), 0])
            along = along / np.linalg.norm(along) * leaf_m * random.uniform(0.7, 1.15)
            side = np.cross(along, np.array([random.uniform(-0.4, 0.4), 1, random.uniform(-0.4, 0.4)]))
            side = side / np.linalg.norm(side) * leaf_m * random.uniform(0.3, 0.42)
            leaf = Leaf(tuple(map(float, middle)), tuple(map(float, along)), tuple(map(float, side)))
            room.add(greens[random.integers(len(greens))], leaf)
    stem = Material((0.10, 0.09, 0.05))
    room.add(stem, Tube((x, y, z), high_m * 0.9, 0.012, 0.006))


def frame(room: Room, centre: Place, wide_m: float, high_m: float, inside: Colour, seed: int) -> None:
    """A picture on the far wall: dark frame, pale mount, a cloudy print."""
    x, y, z = centre
    room.add(Material((0.10, 0.08, 0.06), gloss=0.04), Box((x, y, z), (wide_m / 2, high_m / 2, 0.015)))
    room.add(Material((0.72, 0.70, 0.66)), Box((x, y, z - 0.01), (wide_m / 2 - 0.02, high_m / 2 - 0.02, 0.008)))
    base = np.array(inside, np.float32)[:, None]

    def paint(point: Array) -> Array:
        return base * np.exp(0.9 * noise.solid(point, 0.35, seed, 3))

    room.add(Material(inside, paint=paint), Box((x, y, z - 0.012), (wide_m / 2 - 0.08, high_m / 2 - 0.08, 0.008)))
