"""The light of the synthetic scene: a window to the left, the room's own from everywhere. Height → normals → light.

Heights are in design units, towards the viewer; a slope of 1 is 45 degrees.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.capture.synthetic.paint import Canvas, Colour, Field

_WINDOW = np.array([-0.58, -0.42, 0.70], np.float32)
_HALFWAY = np.array([-0.58, -0.42, 1.70], np.float32) / np.float32(1.846)  # towards window and viewer: skin shines
_ROOM = np.array([0.43, 0.42, 0.42], np.float32)  # BGR
_SUN = np.array([0.70, 0.73, 0.76], np.float32)
_REACH = np.array([0.14, 0.20, 0.36], np.float32)  # how far round a form light comes; red farthest, through skin


def skin(canvas: Canvas, height: Field, albedo: Field, shine: float = 0.13) -> Field:
    """Skin of this height, float32 (h, w), and albedo, float32 (h, w, 3) in 0..255: BGR float32 (h, w, 3) in 0..255."""
    normal = _normals(canvas, height)
    lit = _wrapped(normal, _REACH)
    glance = np.clip(normal @ _HALFWAY, 0, 1) ** 14
    colour = albedo * (_ROOM + _SUN * lit) * _openness(canvas, height, 14)[..., None]
    return np.clip(colour + 255 * shine * (glance * lit[..., 1])[..., None], 0, 255).astype(np.float32)


def cloth(canvas: Canvas, height: Field, colour: Colour) -> Field:
    """Matt cloth of this height: BGR float32 (h, w, 3) in 0..255."""
    lit = _wrapped(_normals(canvas, height), np.full(3, 0.15, np.float32))
    shaded = np.asarray(colour, np.float32) * (_ROOM + _SUN * lit) * _openness(canvas, height, 20)[..., None]
    return np.asarray(np.clip(shaded, 0, 255), np.float32)


def cushion(canvas: Canvas, mask: Field, radius: float) -> Field:
    """The height of a shape, mask float32 (h, w) in 0..1, that is round towards its edges: float32 (h, w)."""
    distance = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / canvas.scale
    inward = np.clip(distance / radius, 0, 1)
    return canvas.soft((radius * np.sqrt(1 - (1 - inward) ** 2)).astype(np.float32), radius / 8)


def _wrapped(normal: Field, reach: Field) -> Field:
    """How much of the window's light comes to each pixel and colour: float32 (h, w, 3) in 0..1."""
    facing = normal @ _WINDOW
    return np.asarray(np.clip((facing[..., None] + reach) / (1 + reach), 0, 1) ** 1.2, np.float32)


def _normals(canvas: Canvas, height: Field) -> Field:
    slope_y, slope_x = np.gradient(height * np.float32(canvas.scale))
    normal = np.dstack([-slope_x, -slope_y, np.ones_like(height)]).astype(np.float32)
    return np.asarray(normal / np.linalg.norm(normal, axis=2, keepdims=True), np.float32)


def _openness(canvas: Canvas, height: Field, radius: float) -> Field:
    """What hollows see of the room's light, by their depth below what is around them: float32 (h, w) in 0.55..1."""
    depth = canvas.soft(height, radius) - height
    return np.asarray(np.clip(1 - depth / (1.1 * radius), 0.55, 1.04), np.float32)
