"""A network's answers are kept: it is opened for a new picture only, and other weights have answers of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from livebg.core.types import Matte
from livebg.models.device import Device
from livebg.models.rmbg import engine
from tests.bench.answers import MOST, kept_in

CPU = Device("cpu", "float32", "asked for")
RNG = np.random.default_rng(2)


class Looks:
    """A Runtime that counts its pictures, and how often it was opened."""

    at_once, description = 1, "counts"

    def __init__(self) -> None:
        self.pictures = self.opened = 0

    def open(self, *_: object) -> Looks:
        self.opened += 1
        return self

    def run(self, pixels: Matte) -> Matte:
        self.pictures += 1
        return np.clip(pixels[0, 0] + 0.5, 0, 1)

    def close(self) -> None:
        """Nothing is open."""


def _ask(folder: Path | None, looks: Looks, pictures: list[Matte], identity: str = "a") -> list[Matte]:
    source = mock.Mock(identity=identity)
    with mock.patch.object(engine, "open_runtime", looks.open), kept_in(folder):
        runtime = engine.open_runtime(source, CPU)
        answers = [runtime.run(each) for each in pictures]
        runtime.close()
    return answers


def test_a_picture_is_looked_at_once(tmp_path: Path) -> None:
    looks, pictures = Looks(), [RNG.uniform(-0.5, 0.5, (1, 3, 32, 64)).astype(np.float32) for _ in range(2)]
    first = _ask(tmp_path / "new", looks, [*pictures, pictures[0]])
    assert (looks.opened, looks.pictures) == (1, 2)
    again = _ask(tmp_path / "new", looks, pictures)
    assert (looks.opened, looks.pictures) == (1, 2)
    for picture, one, other in zip(pictures, first, again, strict=False):
        assert np.array_equal(one, other)
        assert one.dtype == np.float32
        assert np.abs(one - (picture[0, 0] + 0.5)).max() <= 0.51 / MOST


def test_other_weights_have_other_answers(tmp_path: Path) -> None:
    looks, picture = Looks(), np.zeros((1, 3, 32, 32), np.float32)
    for identity in ("a", "b", "a"):
        _ask(tmp_path, looks, [picture], identity)
    assert looks.pictures == 2


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    looks, picture = Looks(), np.zeros((1, 3, 32, 32), np.float32)
    _ask(None, looks, [picture, picture])
    assert looks.pictures == 2
    assert not list(tmp_path.iterdir())
