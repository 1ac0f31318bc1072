"""The rooms, each as a function that gives what to render and how to photograph it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studio import lens, things
from studio.room import Lamp, Material, Room
from studio.shapes import Ball, Box, Tube
from studio.tracer import View, render


@dataclass(slots=True)
class Shot:
    """A room, the view of it, the focus (m) and the blur (px at 640 wide), and what lens.developed takes."""

    room: Room
    view: View = field(default_factory=View)
    focus_m: float = 1.1
    blur_px: float = 6.5
    samples: int = 24
    look: dict[str, Any] = field(default_factory=dict)

    def photograph(self, seed: int, share: float = 1.0) -> lens.Picture:
        """RGB uint8 (1080, 1920, 3); share < 1 takes fewer samples, to look at quickly."""
        light, distance = render(self.room, self.view, max(2, round(self.samples * share)), seed)
        return lens.developed(lens.focused(light, distance, self.focus_m, self.blur_px), seed=seed, **self.look)


def studio_warm() -> Shot:
    room = Room(ambient=(0.10, 0.085, 0.07))
    things.shell(room, things.plaster((0.60, 0.50, 0.41), 3), things.wood((0.30, 0.19, 0.11), 5, 0.1, 2), 3.4)
    walnut = things.wood((0.27, 0.155, 0.085), 7)
    room.add(walnut, Box((-1.0, 0.42, 3.12), (0.95, 0.36, 0.24)))
    room.add(things.wood((0.22, 0.125, 0.07), 8), Box((-1.0, 0.795, 3.11), (0.98, 0.016, 0.27)))
    things.table_lamp(room, (-1.16, 0.81, 3.1), 0.42, size=1.25)
    room.add(Material((0.62, 0.58, 0.52), gloss=0.05), Ball((-0.62, 0.9, 3.1), (0.09, 0.09, 0.09)))
    room.add(Material((0.62, 0.58, 0.52), gloss=0.05), Tube((-0.62, 0.96, 3.1), 0.12, 0.04, 0.045))
    things.books(room, (-0.42, 0.81, 2.95), 0.34, 0.26, 21)
    things.frame(room, (0.95, 1.62, 3.37), 0.62, 0.82, (0.40, 0.30, 0.22), 12)
    things.plant(room, (1.42, 0.0, 2.85), 1.5, 70, 4, 0.17)
    room.lamps.append(Lamp((3.1, 1.6, 1.2), (1.0, 0.92, 0.82), sides=((0, 0, 1.6), (0, 1.5, 0))))
    return Shot(room, look={"key": 0.19, "saturation": 0.95})


def studio_cool() -> Shot:
    room = Room(ambient=(0.07, 0.08, 0.095))
    things.shell(room, things.plaster((0.36, 0.40, 0.44), 9), things.wood((0.20, 0.19, 0.18), 6, 0.1, 2), 3.3)
    slat = things.wood((0.22, 0.165, 0.125), 14, 0.03, 1)
    with room.group():
        for number in range(22):
            room.add(slat, Box((-2.15 + number * 0.062, 1.4, 3.27), (0.02, 1.4, 0.025)))
    shelf = things.wood((0.33, 0.23, 0.155), 15)
    for level in (1.02, 1.5):
        room.add(shelf, Box((1.12, level, 3.18), (0.62, 0.018, 0.13)))
    things.books(room, (0.54, 1.04, 3.06), 0.62, 0.24, 31, things.PALE)
    things.books(room, (1.1, 1.52, 3.06), 0.5, 0.24, 32, things.PALE)
    things.plant(room, (0.8, 1.52, 3.17), 0.38, 26, 6, 0.085)
    room.add(Material((0.60, 0.62, 0.64), gloss=0.08), Ball((1.4, 1.13, 3.17), (0.1, 0.1, 0.1)))
    room.lamps.append(Lamp((0.0, 2.72, 2.95), (5.2, 5.9, 6.8), sides=((3.6, 0, 0), (0, 0, 0.16))))
    room.lamps.append(Lamp((-3.1, 1.5, 1.0), (0.7, 0.8, 0.95), sides=((0, 1.6, 0), (0, 0, 1.8))))
    return Shot(room, look={"key": 0.17, "saturation": 0.95})


def bookshelf() -> Shot:
    room = Room(ambient=(0.09, 0.08, 0.07))
    things.shell(room, things.plaster((0.5, 0.45, 0.4), 3), things.wood((0.30, 0.19, 0.11), 5, 0.1, 2), 3.5)
    oak, seed = things.wood((0.30, 0.185, 0.105), 16), 40
    for level in range(8):
        room.add(oak, Box((0, 0.28 + 0.335 * level, 3.3), (2.7, 0.014, 0.18)))
    for side in range(6):
        room.add(oak, Box((-2.3 + 0.92 * side, 1.4, 3.3), (0.014, 1.4, 0.18)))
    for level in range(1, 7):
        for bay in range(5):
            seed += 1
            start = (-2.28 + 0.92 * bay, 0.294 + 0.335 * level, 3.14)
            things.books(room, start, 0.86 if seed % 7 else 0.5, 0.3, seed)
    room.lamps.append(Lamp((-1.9, 2.6, 1.4), (5.2, 4.3, 3.2), sides=((0.8, 0, 0), (0, 0, 0.8))))
    room.lamps.append(Lamp((3.1, 1.5, 1.0), (0.9, 0.88, 0.85), sides=((0, 0, 1.8), (0, 1.6, 0))))
    return Shot(room, blur_px=5.4, look={"key": 0.115, "saturation": 0.95})


def window_light() -> Shot:
    room = Room(ambient=(0.16, 0.165, 0.175), outside=(0.12, 0.13, 0.15))
    room.add(things.plaster((0.72, 0.67, 0.60), 19, 0.04), Box((0, 1.5, 3.3), (5, 3, 0.1)))
    room.add(things.wood((0.40, 0.29, 0.19), 5, 0.1, 2), Box((0, -0.1, 0), (5, 0.1, 5)))
    toward = np.array([-0.8, 0.3, -0.52]) / np.linalg.norm([-0.8, 0.3, -0.52])
    # The window is in the left wall, out of sight; through its panes the sun falls on the far wall.
    wall, bar = Material((0.55, 0.52, 0.48)), Material((0.3, 0.3, 0.3))
    x, y, z = map(float, np.array([0.25, 1.5, 3.2]) + toward * 2.85 / 0.8)
    for side in (-1.0, 1.0):
        room.add(wall, Box((x, y, z + side * 3.7), (0.05, 5.0, 3.0)), Box((x, y + side * 3.95, z), (0.05, 3.0, 0.7)))
    for offset in (-0.25, 0.25):
        room.add(bar, Box((x, y, z + offset), (0.03, 1.0, 0.025)))
    for offset in (-0.5, 0.0, 0.5):
        room.add(bar, Box((x, y + offset, z), (0.03, 0.025, 0.7)))
    things.plant(room, (x + 0.45, y - 1.35, z + 0.45), 1.7, 44, 8, 0.2, pot=False)
    room.add(things.wood((0.42, 0.29, 0.18), 7), Box((1.2, 0.62, 2.98), (0.75, 0.02, 0.18)))
    clay = Material((0.66, 0.58, 0.50), gloss=0.03)
    room.add(clay, Ball((1.35, 0.77, 2.98), (0.12, 0.14, 0.12)), Tube((1.35, 0.88, 2.98), 0.1, 0.05, 0.06))
    things.plant(room, (1.35, 0.7, 2.98), 0.62, 26, 9, 0.08, pot=False)
    room.sun = (tuple(map(float, toward)), (1.9, 1.5, 1.03), 0.006)
    room.lamps.append(Lamp((2.6, 1.8, 0.3), (0.50, 0.54, 0.62), sides=((0, 0, 2.6), (0, 2.2, 0))))
    return Shot(room, blur_px=4.5, samples=48, look={"key": 0.31, "saturation": 0.95})


def plant_corner() -> Shot:
    room = Room(ambient=(0.17, 0.175, 0.17))
    things.shell(
        room, things.plaster((0.66, 0.67, 0.63), 23, 0.035), things.wood((0.42, 0.31, 0.21), 5, 0.12, 2), 3.4, 2.3
    )
    things.plant(room, (-1.45, 0.0, 2.75), 1.95, 80, 14, 0.2)
    things.plant(room, (-0.72, 0.0, 3.05), 1.05, 50, 15, 0.13)
    stand = things.wood((0.45, 0.32, 0.2), 8)
    room.add(stand, Box((1.5, 0.4, 2.95), (0.28, 0.4, 0.24)))
    things.plant(room, (1.42, 0.8, 2.92), 0.85, 60, 16, 0.12)
    room.lamps.append(Lamp((2.2, 1.7, 1.0), (4.4, 4.35, 4.1), sides=((0, 0, 1.5), (0, 1.7, 0))))
    return Shot(room, look={"key": 0.34, "saturation": 0.95})


def evening_lamp() -> Shot:
    room = Room(ambient=(0.012, 0.014, 0.02), outside=(0.02, 0.035, 0.08))
    wall, oak = things.plaster((0.30, 0.29, 0.30), 29, 0.05), things.wood((0.24, 0.14, 0.08), 7)
    things.shell(room, wall, things.wood((0.24, 0.15, 0.09), 5, 0.12, 2), 3.4)
    room.add(oak, Box((1.15, 0.36, 3.1), (0.85, 0.3, 0.24)))
    things.table_lamp(room, (1.12, 0.66, 3.1), 0.42, (1.0, 0.58, 0.27), 1.3)
    things.books(room, (0.36, 0.66, 2.95), 0.34, 0.25, 51)
    things.plant(room, (1.95, 0.0, 2.75), 1.35, 46, 24, 0.15)
    things.frame(room, (0.28, 1.68, 3.37), 0.5, 0.66, (0.2, 0.2, 0.24), 13)
    night = Material((0.02, 0.03, 0.05), glow=(0.016, 0.026, 0.050))
    room.add(night, Box((-1.25, 1.55, 3.395), (0.62, 0.8, 0.005)))
    bar = Material((0.20, 0.19, 0.18))
    room.add(bar, Box((-1.25, 1.55, 3.37), (0.018, 0.8, 0.02)), Box((-1.25, 0.73, 3.33), (0.7, 0.025, 0.09)))
    for side in (-0.64, 0.64):
        room.add(bar, Box((-1.25 + side, 1.55, 3.37), (0.03, 0.84, 0.03)))
    random = np.random.default_rng(61)
    for _ in range(34):
        warmth = float(random.random())
        glow = (4.6, 1.5 + 1.7 * warmth, 0.25 + 1.6 * warmth)
        at = (float(random.uniform(-1.83, -0.67)), float(0.8 + 0.55 * random.beta(1.2, 2.2)), 3.385)
        room.add(Material(glow=glow), Ball(at, (0.006, 0.006, 0.002)))
    room.lamps.append(Lamp((-1.25, 1.55, 3.36), (0.16, 0.25, 0.46), sides=((0, 1.6, 0), (1.2, 0, 0))))
    room.lamps.append(Lamp((0.0, 2.7, 0.3), (0.16, 0.13, 0.1), sides=((1.5, 0, 0), (0, 0, 1.5))))
    return Shot(room, samples=32, look={"key": 0.095, "saturation": 0.95})


def office() -> Shot:
    room = Room(ambient=(0.15, 0.16, 0.17))
    grey = things.plaster((0.62, 0.63, 0.63), 33, 0.03)
    things.shell(room, grey, Material((0.26, 0.255, 0.25), gloss=0.07, roughness=0.18), 10.5, 2.6, 3.0)
    sky, bar = Material(glow=(2.6, 2.9, 3.2)), Material((0.16, 0.165, 0.17))
    room.add(sky, Box((-2.59, 1.75, 5.2), (0.005, 1.05, 5.3)))
    with room.group():
        for number in range(9):
            room.add(bar, Box((-2.55, 1.75, 0.4 + 1.25 * number), (0.05, 1.1, 0.035)))
        room.add(bar, Box((-2.55, 0.68, 5.2), (0.1, 0.03, 5.3)), Box((-2.55, 2.25, 5.2), (0.04, 0.02, 5.3)))
    for z in (3.2, 6.0, 8.8):
        room.lamps.append(Lamp((-2.45, 1.75, z - 0.2), (2.6, 2.9, 3.2), sides=((0, 2.0, 0), (0, 0, 2.6))))
    strip = Material(glow=(3.2, 3.1, 2.9))
    for x in (-1.0, 1.0):
        for z in (3.0, 5.2, 7.4, 9.4):
            room.add(strip, Box((x, 2.985, z), (0.07, 0.01, 0.75)))
        room.lamps.append(Lamp((x, 2.96, 6.2), (3.2, 3.1, 2.9), sides=((0.14, 0, 0), (0, 0, 6.0))))
    _desks(room)
    things.plant(room, (1.95, 0.0, 4.3), 1.75, 60, 35, 0.18)
    things.plant(room, (-2.1, 0.0, 6.4), 1.5, 40, 36, 0.17)
    glass = things.wood((0.36, 0.25, 0.16), 17, 0.06, 1)
    room.add(glass, Box((1.9, 1.3, 10.3), (1.4, 1.3, 0.1)))
    return Shot(room, View((0, 1.3, 0), (0.0, 1.32, 3.0), 52), blur_px=6.5, look={"key": 0.36, "saturation": 0.9})


def _desks(room: Room) -> None:
    top, leg = things.wood((0.50, 0.38, 0.26), 18), Material((0.14, 0.14, 0.15))
    screen, chair = Material((0.42, 0.43, 0.44), gloss=0.05), Material((0.20, 0.24, 0.27))
    for z in (5.4, 7.4, 9.2):
        for x in (-1.35, 1.3):
            with room.group():
                room.add(top, Box((x, 0.74, z), (0.8, 0.018, 0.4)))
                for side in (-0.75, 0.75):
                    room.add(leg, Box((x + side, 0.36, z), (0.02, 0.36, 0.3)))
                for side in (-0.36, 0.36):
                    room.add(screen, Box((x + side, 1.06, z + 0.12), (0.3, 0.18, 0.015), 0.12 * np.sign(side)))
                    room.add(leg, Box((x + side, 0.82, z + 0.16), (0.03, 0.08, 0.03)))
                room.add(
                    chair,
                    Ball((x + 0.1, 0.98, z - 0.62), (0.24, 0.33, 0.05)),
                    Ball((x + 0.1, 0.5, z - 0.42), (0.25, 0.05, 0.24)),
                )
                room.add(
                    leg,
                    Tube((x + 0.1, 0.06, z - 0.42), 0.44, 0.03, 0.025),
                    Ball((x + 0.1, 0.05, z - 0.42), (0.28, 0.035, 0.26)),
                )
                room.add(leg, Box((x + 0.1, 0.72, z - 0.62), (0.03, 0.2, 0.015)))


SHOTS = (studio_warm, studio_cool, bookshelf, window_light, plant_corner, evening_lamp, office)


def _named(shot: Callable[[], Shot], seed: int) -> tuple[str, Callable[[], lens.Picture]]:
    return shot.__name__.replace("_", "-"), lambda: shot().photograph(seed)


ROOMS = dict(_named(shot, 11 + number) for number, shot in enumerate(SHOTS))
