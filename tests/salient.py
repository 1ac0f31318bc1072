"""A drawn room and a network with the failings of a trained one for salient objects: it takes a chair for foreground,
also in an empty room; its people are grey, with holes; it misses small ones. And a finder that knows people alone."""

from __future__ import annotations

import cv2
import numpy as np

from livebg.core.types import Alpha, Frame, Image, Matte
from livebg.models.device import Device
from livebg.models.rmbg.engine import RmbgEngine

PERSON, CHAIR, ROOM = (40, 40, 220), (220, 60, 40), (110, 110, 110)  # BGR
GREY, MISSED_SHARE = 0.7, 0.02
HEIGHT, WIDTH = 360, 640


def picture(
    people: list[tuple[int, int, int, int]], chair: bool = True, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> Image:
    """BGR uint8 of `size`: each of the people a rectangle (left, top, right, bottom), px; a chair at the left."""
    image = np.full((*size, 3), ROOM, np.uint8)
    if chair:
        image[size[0] // 2 :, 20:100] = CHAIR
    for left, top, right, bottom in people:
        image[top:bottom, left:right] = PERSON
    return image


def frame(people: list[tuple[int, int, int, int]], sequence: int = 0, chair: bool = True) -> Frame:
    return Frame(picture(people, chair), sequence, sequence / 30, sequence / 30)


def truth(image: Image) -> Matte:
    """1 where the picture, BGR uint8 (H, W, 3), shows a person, else 0."""
    red, blue = image[..., 2].astype(int), image[..., 0].astype(int)
    return (red - blue > 90).astype(np.float32)


class SalientRuntime:
    """A runtime of the rmbg engine. seen: the (height, width) of each picture."""

    description, at_once = "salient", 1

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def warm_up(self, height: int, width: int) -> None:
        """Nothing to prepare."""

    def run(self, pixels: Matte) -> Matte:
        """float32 (1, 3, H, W) → float32 (H, W)."""
        self.seen.append(pixels.shape[2:])
        image = ((pixels[0].transpose(1, 2, 0)[..., ::-1] + 0.5) * 255).astype(np.uint8)
        person = truth(image)
        if person.mean() < MISSED_SHARE:
            person[:] = 0
        alpha = GREY * person
        rows, columns = np.nonzero(person)
        if rows.size:  # a hole in the chest
            middle, radius = (int(rows.mean()), int(columns.mean())), max(2, int(0.1 * (rows.max() - rows.min())))
            alpha[middle[0] - radius : middle[0] + radius, middle[1] - radius : middle[1] + radius] = 0.05
        chair = image[..., 0].astype(int) - image[..., 2] > 90
        return np.asarray(np.where(chair, np.float32(1), alpha), np.float32)

    def run_all(self, pixels: Matte) -> Matte:
        return np.stack([self.run(pixels[each : each + 1]) for each in range(len(pixels))])

    def close(self) -> None:
        """Nothing to close."""


class Finder:
    """Knows people, at 160x90, softly; `haze` is what it half believes everywhere."""

    description = "finder"

    def __init__(self, haze: float = 0.0) -> None:
        self.haze, self.resets, self.is_closed = haze, 0, False

    def matte(self, frame: Frame) -> Alpha:
        small = cv2.resize(truth(frame.image), (160, 90), interpolation=cv2.INTER_AREA)
        alpha = np.asarray(cv2.blur(small, (3, 3)), np.float32)
        alpha[0, 0] = 0  # not even of one red pixel is the answer the same everywhere, as a dead network's is
        return Alpha(np.maximum(alpha, np.float32(self.haze)), frame.sequence)

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.is_closed = True


def network(runtime: SalientRuntime, matte_size: int = 128) -> RmbgEngine:
    return RmbgEngine(runtime, Device("cpu", "float32", "test"), matte_size)
