"""The synthetic room: a soft lit corner with a window, shelves of books, a plant and a lamp, painted once.

In design coordinates 1920x1080; every run paints the same.
"""

from __future__ import annotations

import cv2
import numpy as np

from livebg.capture.synthetic.paint import Canvas, Colour, lighter, smooth
from livebg.core.types import Image

_WIDTH, _HEIGHT = 1920, 1080
_WOOD: Colour = (72, 108, 150)
_COVERS: tuple[Colour, ...] = (
    (104, 98, 140), (128, 116, 94), (102, 124, 106), (104, 146, 168), (150, 154, 160), (92, 92, 98), (120, 108, 126),
)  # fmt: skip


def draw_room(width: int, height: int) -> Image:
    """BGR uint8 (height, width, 3): the room, filling this size from its middle."""
    scale = max(width / _WIDTH, height / _HEIGHT)
    canvas = Canvas(0, 0, _WIDTH, _HEIGHT, min(1.0, max(0.5, scale)))
    for draw in (_wall, _window, _shelves, _picture, _sideboard, _lamp, _plant):
        draw(canvas)
    # A webcam focused on the person: what is behind is a little soft.
    soft = cv2.GaussianBlur(canvas.colour, (0, 0), 2.2 * canvas.scale)
    whole = (max(width, round(_WIDTH * scale)), max(height, round(_HEIGHT * scale)))
    large = cv2.resize(soft, whole, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (whole[1] - height) // 2, (whole[0] - width) // 2
    cut = np.clip(large[top : top + height, left : left + width], 0, 255)
    return np.ascontiguousarray(cut.round().astype(np.uint8))


def _shadow(canvas: Canvas, left: float, top: float, right: float, bottom: float, strength: float) -> None:
    shape = canvas.polygon([(left, top), (right, top), (right, bottom), (left, bottom)])
    canvas.paint(canvas.soft(shape, 16) * strength, (60, 70, 78))


def _wall(canvas: Canvas) -> None:
    rows, columns = np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]].astype(np.float32) / canvas.scale
    away = np.hypot((columns - 420) / 1500, (rows - 380) / 1100)
    light = np.clip(1.02 - 0.42 * away, 0.5, 1)
    grain = canvas.soft(np.random.default_rng(5).normal(0, 1, canvas.shape).astype(np.float32), 3)
    wall = light[..., None] * np.array([196, 208, 214], np.float32) + 6 * grain[..., None]
    canvas.paint(np.ones(canvas.shape, np.float32), wall.astype(np.float32))


def _window(canvas: Canvas) -> None:
    _shadow(canvas, 96, 96, 560, 660, 0.4)
    canvas.box(90, 80, 550, 640, (226, 232, 236))
    glass = canvas.polygon([(112, 102), (528, 102), (528, 618), (112, 618)])
    rows = (np.mgrid[0 : canvas.shape[0], 0 : canvas.shape[1]][0] / canvas.scale).astype(np.float32)
    sky = np.array([250, 238, 222], np.float32) + (rows[..., None] - 100) * np.array([-0.02, 0.0, 0.03], np.float32)
    canvas.paint(glass, np.clip(sky, 0, 255).astype(np.float32))
    random = np.random.default_rng(2)
    for _ in range(26):
        x, y = random.uniform(112, 528), random.uniform(430, 620)
        crown = canvas.ellipse(x, y, random.uniform(30, 62), random.uniform(26, 50))
        green = random.uniform(0.7, 1.1)
        canvas.paint(canvas.soft(crown, 8) * glass * 0.8, (130 * green, 176 * green, 150 * green))
    canvas.box(310, 100, 330, 620, (222, 228, 232))
    canvas.box(110, 330, 530, 346, (222, 228, 232))
    canvas.box(70, 636, 570, 662, (214, 222, 228))
    for left in (20, 520):
        for fold in range(4):
            x = left + 26 * fold
            canvas.box(x, 50, x + 27, 760, lighter((178, 190, 206), 0.86 + 0.06 * (fold % 2)))
    canvas.box(0, 40, 640, 54, (60, 66, 74))


def _shelves(canvas: Canvas) -> None:
    random = np.random.default_rng(8)
    for top in (250, 470, 690):
        _shadow(canvas, 1290, top + 10, 1850, top + 60, 0.35)
        x = 1300.0
        while x < 1800:
            if random.random() < 0.16:
                x += random.uniform(30, 70)
                continue
            wide, tall = random.uniform(20, 46), random.uniform(105, 165)
            cover = _COVERS[random.integers(len(_COVERS))]
            canvas.box(x, top - tall, x + wide, top, cover)
            canvas.box(x, top - tall * 0.82, x + wide, top - tall * 0.74, lighter(cover, 1.35))
            canvas.box(x + wide - 4, top - tall, x + wide, top, lighter(cover, 0.7))
            x += wide + 1
        canvas.box(1280, top, 1860, top + 20, _WOOD)
        canvas.box(1280, top + 16, 1860, top + 22, (48, 74, 106))


def _picture(canvas: Canvas) -> None:
    _shadow(canvas, 636, 116, 1236, 400, 0.4)
    canvas.box(620, 96, 1226, 384, (116, 158, 190))
    canvas.box(631, 107, 1215, 373, (84, 122, 154))
    canvas.box(636, 112, 1210, 368, (222, 230, 233))
    canvas.box(676, 140, 1170, 340, (206, 190, 150))
    inside = canvas.polygon([(676, 140), (1170, 140), (1170, 340), (676, 340)])
    canvas.paint(canvas.ellipse(1100, 196, 34, 34) * inside, (120, 190, 240))
    hills = [(600, 360), (720, 230), (820, 290), (1000, 240), (1200, 360)]
    canvas.paint(canvas.spline(hills) * inside, (196, 196, 172))
    canvas.paint(
        canvas.spline([(600, 380), (780, 300), (960, 320), (1140, 290), (1200, 380)]) * inside, (176, 188, 164)
    )


def _sideboard(canvas: Canvas) -> None:
    canvas.box(0, 960, _WIDTH, _HEIGHT, (120, 138, 150))
    _shadow(canvas, 600, 800, 1290, 1080, 0.35)
    canvas.box(600, 800, 1270, 1080, _WOOD)
    canvas.box(590, 784, 1280, 806, (92, 130, 174))
    for left in (620, 840, 1060):
        canvas.box(left, 830, left + 196, 1060, (64, 98, 138))
        canvas.paint(canvas.ellipse(left + 98, 900, 8, 8), (40, 50, 60))


def _lamp(canvas: Canvas) -> None:
    canvas.paint(canvas.soft(canvas.ellipse(1190, 590, 190, 170), 70) * 0.5, (170, 214, 250))
    canvas.box(1184, 640, 1196, 780, (60, 66, 74))
    canvas.paint(canvas.ellipse(1190, 782, 46, 10), (60, 66, 74))
    canvas.paint(canvas.polygon([(1146, 530), (1234, 530), (1268, 650), (1112, 650)]), (168, 216, 250))


def _plant(canvas: Canvas) -> None:
    """A dense fern: fronds that bend down, with leaflets on both sides."""
    random = np.random.default_rng(4)
    canvas.tint(canvas.soft(canvas.ellipse(1690, 860, 150, 110), 40) * 0.6, (46, 62, 50))
    for number, angle in enumerate(random.permutation(np.linspace(-1.45, 1.45, 30))):
        reach, rise = random.uniform(150, 260), random.uniform(150, 290) * np.cos(0.75 * angle)
        end = (1690 + 1.25 * reach * np.sin(angle), 900 - 0.75 * rise + 60 * abs(angle))
        line = smooth([(1690, 930), (1690 + 0.5 * reach * np.sin(angle), 900 - rise), end])
        green = 0.55 + 0.016 * number
        leaflets = []
        for share in np.linspace(0.15, 1, 16):
            x, y = line[int(share * (len(line) - 1))]
            long = 34 * np.sin(np.pi * (0.2 + 0.72 * share))
            leaflets += [[(x, y), (x + side * 0.8 * long, y + 0.55 * long)] for side in (-1, 1)]
        colour = (66 * green, 118 * green, 84 * green)
        canvas.paint(canvas.strokes(leaflets, 9), colour)
        canvas.paint(canvas.strokes([line], 4), lighter(colour, 1.25))
    pot = canvas.polygon([(1600, 920), (1780, 920), (1756, 1080), (1624, 1080)])
    canvas.paint(pot, canvas.rounded(pot, (172, 166, 152), 60))
