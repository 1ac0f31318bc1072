"""Solid shapes for the path tracer and where rays meet them. Metres; x right, y up, z away from the camera.

Rays are float32 (3, N) origins and directions of length 1. Knows nothing about light or colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
FAR = np.float32(1e9)
NEAR = np.float32(1e-4)


@dataclass(frozen=True, slots=True)
class Box:
    """centre, half its size, turned by yaw (radians) about the vertical."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    yaw: float = 0.0

    @property
    def radius(self) -> float:
        return float(np.linalg.norm(self.half))

    def hit(self, origin: Array, direction: Array) -> Array:
        """Distance along each ray, FAR where it misses."""
        ox, oy, oz = (origin[axis] - self.centre[axis] for axis in range(3))
        dx, dy, dz = direction
        if self.yaw:
            cos, sin = np.float32(np.cos(self.yaw)), np.float32(np.sin(self.yaw))
            ox, oz, dx, dz = cos * ox - sin * oz, sin * ox + cos * oz, cos * dx - sin * dz, sin * dx + cos * dz
        enter, leave = np.full_like(oy, -FAR), np.full_like(oy, FAR)
        for start, step, half in ((ox, dx, self.half[0]), (oy, dy, self.half[1]), (oz, dz, self.half[2])):
            inverse = 1 / np.where(np.abs(step) < 1e-7, np.float32(1e-7), step)
            middle, reach = -start * inverse, np.abs(np.float32(half) * inverse)
            np.maximum(enter, middle - reach, out=enter)
            np.minimum(leave, middle + reach, out=leave)
        distance = np.where(enter > NEAR, enter, leave)
        return np.where((enter <= leave) & (distance > NEAR), distance, FAR)

    def normal(self, point: Array) -> Array:
        x, y, z = (point[axis] - self.centre[axis] for axis in range(3))
        cos, sin = np.float32(np.cos(self.yaw)), np.float32(np.sin(self.yaw))
        x, z = cos * x - sin * z, sin * x + cos * z
        local = np.stack([x / self.half[0], y / self.half[1], z / self.half[2]])
        face = np.abs(local).argmax(0)
        nx, ny, nz = (np.where(face == axis, np.sign(local[axis]), 0).astype(np.float32) for axis in range(3))
        return np.stack([cos * nx + sin * nz, ny, -sin * nx + cos * nz])


@dataclass(frozen=True, slots=True)
class Ball:
    """An ellipsoid along the axes."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]

    @property
    def radius(self) -> float:
        return max(self.half)

    def hit(self, origin: Array, direction: Array) -> Array:
        o = [(origin[axis] - self.centre[axis]) / self.half[axis] for axis in range(3)]
        d = [direction[axis] / self.half[axis] for axis in range(3)]
        a = d[0] ** 2 + d[1] ** 2 + d[2] ** 2
        b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
        root = b * b - a * (o[0] ** 2 + o[1] ** 2 + o[2] ** 2 - 1)
        half_chord = np.sqrt(np.maximum(root, 0))
        enter, leave = (-b - half_chord) / a, (-b + half_chord) / a
        distance = np.where(enter > NEAR, enter, leave)
        return np.where((root > 0) & (distance > NEAR), distance, FAR)

    def normal(self, point: Array) -> Array:
        scaled = np.stack([(point[axis] - self.centre[axis]) / self.half[axis] ** 2 for axis in range(3)])
        return scaled / np.linalg.norm(scaled, axis=0)


@dataclass(frozen=True, slots=True)
class Tube:
    """An open round wall about a vertical axis, from radius `bottom` up to radius `top`: shade, vase, pot."""

    foot: tuple[float, float, float]
    height: float
    bottom: float
    top: float

    @property
    def centre(self) -> tuple[float, float, float]:
        return self.foot[0], self.foot[1] + self.height / 2, self.foot[2]

    @property
    def radius(self) -> float:
        return float(np.hypot(self.height / 2, max(self.bottom, self.top)))

    def hit(self, origin: Array, direction: Array) -> Array:
        ox, oy, oz = (origin[axis] - self.foot[axis] for axis in range(3))
        dx, dy, dz = direction
        slope = np.float32((self.top - self.bottom) / self.height)
        wide, widening = self.bottom + slope * oy, slope * dy
        a = dx * dx + dz * dz - widening * widening
        a = np.where(np.abs(a) < 1e-7, np.float32(1e-7), a)
        b = ox * dx + oz * dz - wide * widening
        root = b * b - a * (ox * ox + oz * oz - wide * wide)
        half_chord = np.sqrt(np.maximum(root, 0))
        distance = np.full_like(oy, FAR)
        for candidate in ((-b - half_chord) / a, (-b + half_chord) / a):
            level = oy + candidate * dy
            is_hit = (root > 0) & (candidate > NEAR) & (level >= 0) & (level <= self.height)
            distance = np.where(is_hit & (candidate < distance), candidate, distance)
        return distance

    def normal(self, point: Array) -> Array:
        slope = (self.top - self.bottom) / self.height
        x, z = point[0] - self.foot[0], point[2] - self.foot[2]
        across = np.sqrt(x * x + z * z) + np.float32(1e-9)
        normal = np.stack([x / across, np.full_like(x, -slope), z / across])
        return normal / np.float32(np.hypot(1, slope))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A flat pointed oval: `along` reaches from its middle to the tip, `across` to its side."""

    centre: tuple[float, float, float]
    along: tuple[float, float, float]
    across: tuple[float, float, float]

    @property
    def radius(self) -> float:
        return float(np.linalg.norm(self.along))

    def hit(self, origin: Array, direction: Array) -> Array:
        along, across = np.array(self.along, np.float32), np.array(self.across, np.float32)
        flat = np.cross(along, across)
        flat /= np.linalg.norm(flat)
        slant = flat @ direction
        gap = np.array(self.centre, np.float32)[:, None] - origin
        distance = (flat @ gap) / np.where(np.abs(slant) < 1e-7, np.float32(1e-7), slant)
        point = distance * direction - gap
        u, v = (along @ point) / (along @ along), (across @ point) / (across @ across)
        is_hit = (np.abs(u) < 1) & (np.abs(v) < 1 - u * u) & (distance > NEAR)
        return np.where(is_hit, distance, FAR)

    def normal(self, point: Array) -> Array:
        flat = np.cross(self.along, self.across).astype(np.float32)
        flat /= np.linalg.norm(flat)
        return np.repeat(flat[:, None], point.shape[1], 1)


Shape = Box | Ball | Tube | Leaf
