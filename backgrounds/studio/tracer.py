"""A small path tracer: rooms of simple shapes under lamps, windows and the sun, with light that bounces.

After Kajiya's rendering equation (1986), direct light sampled from one lamp per hit; the bounced light is cleaned by
an edge-avoiding wavelet filter (Dammertz and others, 2010). Gives linear light; knows nothing about lenses or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.room import Room
from studio.shapes import FAR, NEAR, Array

CHUNK = 1 << 15  # rays at once: their arrays stay in the processor's cache
BRIGHTEST = 12.0  # of a bounced sample: rare brighter ones would stay as specks


class Tracer:
    def __init__(self, room: Room, seed: int) -> None:
        self._room, self._bounds = room, room.bounds()
        self._random = np.random.default_rng(seed)

    def nearest(self, origin: Array, direction: Array, skips_shades: bool = False) -> tuple[Array, Array]:
        """Distance (N,), FAR where nothing is met, and which shape (N,), -1 for none."""
        distance = np.full(origin.shape[1], FAR)
        which = np.full(origin.shape[1], -1)
        for group, (middle, reach) in zip(self._room.groups, self._bounds, strict=True):
            members = group
            if skips_shades:
                members = [each for each in group if not self._room.materials[each].lets_glow_through]
            if len(group) > 2:
                gap = middle[:, None] - origin
                along = (gap * direction).sum(0)
                chosen = np.nonzero(((gap * gap).sum(0) - along * along < reach * reach) & (along > -reach))[0]
                if not len(chosen):
                    continue
                near, number = distance[chosen], which[chosen]
                self._meet(members, origin[:, chosen], direction[:, chosen], near, number)
                distance[chosen], which[chosen] = near, number
            else:
                self._meet(members, origin, direction, distance, which)
        return distance, which

    def _meet(self, members: list[int], origin: Array, direction: Array, distance: Array, which: Array) -> None:
        for number in members:
            found = self._room.shapes[number].hit(origin, direction)
            closer = found < distance
            distance[closer], which[closer] = found[closer], number

    def surface(self, point: Array, direction: Array, which: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Normal towards the ray's origin, colour, glow (3, N), gloss, roughness (N,) at the points met."""
        count = point.shape[1]
        normal, colour, glow = (np.zeros((3, count), np.float32) for _ in range(3))
        gloss, roughness = np.zeros(count, np.float32), np.zeros(count, np.float32)
        order = np.argsort(which, kind="stable")
        edges = np.searchsorted(which[order], np.arange(len(self._room.shapes) + 1))
        for number in np.unique(which):
            here = order[edges[number] : edges[number + 1]]
            material = self._room.materials[number]
            normal[:, here] = self._room.shapes[number].normal(point[:, here])
            colour[:, here] = material.paint(point[:, here]) if material.paint else np.array(material.colour)[:, None]
            glow[:, here] = np.array(material.glow)[:, None]
            gloss[here], roughness[here] = material.gloss, material.roughness
        normal *= np.where((normal * direction).sum(0) > 0, -1, 1)
        return normal, colour, glow, gloss, roughness

    def direct(self, point: Array, normal: Array, from_all: bool) -> Array:
        """Light (3, N) that reaches the points straight from all lamps and the sun, or from one drawn by lot."""
        sources = len(self._room.lamps) + (self._room.sun is not None)
        light = np.zeros_like(point)
        choice = self._random.integers(0, max(1, sources), point.shape[1])
        for number in range(sources):
            if from_all:
                light += self._from_source(number, point, normal)
            else:
                here = np.nonzero(choice == number)[0]
                light[:, here] = self._from_source(number, point[:, here], normal[:, here]) * sources
        return light

    def _from_source(self, number: int, at: Array, normal: Array) -> Array:
        random, room, light = self._random, self._room, np.zeros_like(at)
        if number < len(room.lamps):
            lamp = room.lamps[number]
            place, strength = lamp.sample(random, at)
            reach = np.linalg.norm(place - at, axis=0)
            toward, colour, passes = (place - at) / reach, lamp.light, lamp.passes_shades
            reach = reach - (0 if lamp.sides else lamp.radius_m * 1.5)
        else:
            assert room.sun is not None
            spread = random.normal(0, room.sun[2], at.shape).astype(np.float32)
            toward = np.array(room.sun[0], np.float32)[:, None] + spread
            toward /= np.linalg.norm(toward, axis=0)
            reach, strength, colour, passes = np.full(at.shape[1], FAR / 2), np.float32(1), room.sun[1], False
        facing = np.maximum((normal * toward).sum(0), 0) * strength
        lit = np.nonzero(facing > 0)[0]
        distance, _ = self.nearest(at[:, lit], np.ascontiguousarray(toward[:, lit]), passes)
        lit = lit[distance > reach[lit] - 1e-3]
        light[:, lit] = np.array(colour, np.float32)[:, None] * facing[lit]
        return light

    def bounced(self, normal: Array, direction: Array, gloss: Array, roughness: Array) -> tuple[Array, Array]:
        """Where a path goes on, (3, N), and whether it was mirrored (N,)."""
        random, count = self._random, normal.shape[1]
        ball = random.normal(size=(3, count)).astype(np.float32)
        ball /= np.linalg.norm(ball, axis=0)
        facing = -(normal * direction).sum(0)
        share = gloss + (1 - gloss) * (1 - facing).clip(0, 1) ** 5 * (gloss > 0) * 0.5  # Schlick
        is_mirrored = random.random(count) < share
        onward = normal * np.float32(1.0001) + ball
        mirrored = direction + 2 * facing * normal + ball * roughness
        onward = np.where(is_mirrored, mirrored, onward)
        return onward / np.linalg.norm(onward, axis=0), is_mirrored

    def light_along(self, origin: Array, direction: Array, bounces: int) -> tuple[Array, Array, Array, Array]:
        """(straight, bounced, colour) (3, N) of what each ray sees first, and its distance (N,).

        What a ray sees is straight + bounced * colour.
        """
        count = origin.shape[1]
        straight, soft, first_colour = (np.zeros((3, count), np.float32) for _ in range(3))
        first_distance = np.full(count, FAR)
        alive, through = np.arange(count), np.ones((3, count), np.float32)
        sees_lamps = np.ones(count, bool)
        ambient, outside = (np.array(each, np.float32)[:, None] for each in (self._room.ambient, self._room.outside))
        for bounce in range(bounces + 1):
            distance, which = self.nearest(origin, direction)
            is_lost = which < 0
            target = straight if bounce == 0 else soft
            target[:, alive[is_lost]] += through[:, is_lost] * outside
            kept = ~is_lost
            alive, through, sees_lamps = alive[kept], through[:, kept], sees_lamps[kept]
            if not len(alive):
                break
            point = origin[:, kept] + direction[:, kept] * distance[kept]
            normal, colour, glow, gloss, roughness = self.surface(point, direction[:, kept], which[kept])
            target[:, alive] += np.minimum(through * glow * sees_lamps, BRIGHTEST if bounce else FAR)
            point = point + normal * NEAR * 10
            if bounce == 0:
                first_colour[:, alive], first_distance[alive] = colour, distance[kept]
                straight[:, alive] += self.direct(point, normal, True) * colour
            else:
                through = through * colour
                soft[:, alive] += np.minimum(through * self.direct(point, normal, False), BRIGHTEST)
            direction, is_mirrored = self.bounced(normal, direction[:, kept], gloss, roughness)
            if bounce == 0:  # a mirrored first bounce is not tinted by the surface
                through = through / np.where(is_mirrored, np.maximum(colour, 0.05), 1)
            origin, sees_lamps = point, is_mirrored
            if bounce == bounces:
                soft[:, alive] += through * ambient
        return straight, soft, first_colour, first_distance


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera stands, where it looks, and how wide (degrees, across)."""

    eye: tuple[float, float, float] = (0.0, 1.25, 0.0)
    target: tuple[float, float, float] = (0.0, 1.25, 3.0)
    wide: float = 53.0

    def rays(self, width: int, height: int, random: np.random.Generator) -> tuple[Array, Array]:
        eye, target = np.array(self.eye, np.float32), np.array(self.target, np.float32)
        ahead = (target - eye) / np.linalg.norm(target - eye)
        right = np.cross((0, 1, 0), ahead)
        right /= np.linalg.norm(right)
        up = np.cross(ahead, right)
        reach = np.tan(np.radians(self.wide) / 2)
        x = ((np.arange(width) + random.random((height, width))) / width * 2 - 1) * reach
        y = (1 - (np.arange(height)[:, None] + random.random((height, width))) / height * 2) * reach * height / width
        direction = ahead[:, None] + right[:, None] * x.ravel() + up[:, None] * y.ravel()
        direction = (direction / np.linalg.norm(direction, axis=0)).astype(np.float32)
        return np.repeat(eye[:, None], width * height, 1), direction


def render(room: Room, view: View, samples: int, seed: int, width: int = 640, bounces: int = 3) -> tuple[Array, Array]:
    """Linear light RGB float32 (H, W, 3), H = W * 9 / 16, and each pixel's distance in m (H, W)."""
    height = width * 9 // 16
    tracer, random = Tracer(room, seed), np.random.default_rng(seed)
    sums = [np.zeros((3, height * width), np.float32) for _ in range(3)]
    distances = np.full(height * width, FAR)
    for _ in range(samples):
        origin, direction = view.rays(width, height, random)
        for start in range(0, height * width, CHUNK):
            here = slice(start, start + CHUNK)
            part = tracer.light_along(origin[:, here], np.ascontiguousarray(direction[:, here]), bounces)
            for total, value in zip(sums, part[:3], strict=True):
                total[:, here] += value
            np.minimum(distances[here], part[3], out=distances[here])
    straight, soft, colour = (np.moveaxis(each.reshape(3, height, width), 0, 2) / samples for each in sums)
    distance = distances.reshape(height, width)
    return straight + cleaned(soft, distance) * colour, distance


def cleaned(soft: Array, distance: Array, rounds: int = 5) -> Array:
    """The bounced light (H, W, 3) without its noise: averages over wider and wider rings that stay on one surface."""
    depth = np.log(np.minimum(distance, 1e3)).astype(np.float32)
    kernel = np.array([1, 4, 6, 4, 1], np.float32) / 16
    for number in range(rounds):
        gap, total, weight = 2**number, np.zeros_like(soft), np.zeros_like(depth)
        edge = 2 * gap
        wide_soft = cv2.copyMakeBorder(soft, edge, edge, edge, edge, cv2.BORDER_REFLECT)
        wide_depth = cv2.copyMakeBorder(depth, edge, edge, edge, edge, cv2.BORDER_REFLECT)
        for row in range(5):
            for column in range(5):
                at = (slice(row * gap, row * gap + depth.shape[0]), slice(column * gap, column * gap + depth.shape[1]))
                share = kernel[row] * kernel[column] * np.exp(-np.abs(wide_depth[at] - depth) * (40 / gap))
                total += wide_soft[at] * share[..., None]
                weight += share
        soft = total / weight[..., None]
    return soft
