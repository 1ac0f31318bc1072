"""The backgrounds livebg brings: everything shipped can be made, loops close, and the tracer's light is right."""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.scene.backgrounds.catalog import list_backgrounds, shipped_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def generate() -> Iterator[ModuleType]:
    before = list(sys.path)
    sys.path.insert(0, str(ROOT / "backgrounds"))  # an installation does not have it
    yield importlib.import_module("generate")
    sys.path[:] = before


def test_what_can_be_made_is_what_is_shipped(generate: ModuleType) -> None:
    assert sorted(generate.NAMES) == [entry.name for entry in list_backgrounds("")]


@pytest.mark.slow
def test_one_is_made_from_its_name_alone(generate: ModuleType, tmp_path: Path) -> None:
    path = generate.make("gradient-slate", tmp_path)
    assert path.stat().st_size <= 150_000
    made, shipped = (np.asarray(Pillow.open(each), np.float32) for each in (path, shipped_folder() / path.name))
    assert np.abs(made - shipped).mean() < 1


def test_an_unknown_name_is_told(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        generate.main(["studio-hot"])
    assert "unknown studio-hot" in capsys.readouterr().err


@pytest.mark.slow
def test_no_picture_is_banded_black_or_burnt_out() -> None:
    for entry in list_backgrounds(""):
        if entry.kind == "picture":
            grey = np.asarray(Pillow.open(entry.path).convert("L").resize((480, 270)), np.float32)
            assert 20 < grey.mean() < 225, entry.name
            assert (grey > 252).mean() < 0.12, entry.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bokeh-drift", "leaf-shadows"])
def test_a_loop_ends_where_it_begins(name: str) -> None:
    with av.open(str(shipped_folder() / f"{name}.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        assert 6 <= stream.duration * stream.time_base <= 8
        frames = container.decode(stream)
        first, second = next(frames), next(frames)
        last = deque(frames, maxlen=1).pop()
    first, second, last = (each.to_ndarray(format="gray").astype(np.float32) for each in (first, second, last))
    assert np.abs(last - first).mean() < 2.5 * np.abs(second - first).mean() + 0.5


def test_rays_meet_shapes_where_they_stand(generate: ModuleType) -> None:
    del generate  # it makes `studio` importable
    shapes = importlib.import_module("studio.shapes")
    origin, ahead = np.zeros((3, 1), np.float32), np.array([[0], [0], [1]], np.float32)
    for shape, distance in (
        (shapes.Box((0, 0, 3), (1, 1, 0.5)), 2.5),
        (shapes.Box((0, 0, 3), (1, 1, 1), np.pi / 4), 3 - 2**0.5),
        (shapes.Ball((0, 0, 3), (1, 1, 2)), 1.0),
        (shapes.Tube((0, -1, 3), 2, 0.5, 0.5), 2.5),
        (shapes.Leaf((0, 0, 3), (0, 1, 0), (0.5, 0, 0)), 3.0),
        (shapes.Ball((5, 0, 3), (1, 1, 1)), 1e9),
    ):
        assert shape.hit(origin, ahead)[0] == pytest.approx(distance, rel=1e-4), shape
    assert shapes.Box((0, 0, 3), (1, 1, 0.5)).normal(np.array([[0], [0], [2.5]]))[:, 0].tolist() == [0, 0, -1]


def test_bounced_light_neither_gains_nor_loses(generate: ModuleType) -> None:
    """Under an open sky of 1, a floor that gives back a half looks a half bright, whichever way its light came."""
    del generate
    shapes, tracer, rooms = (importlib.import_module(f"studio.{name}") for name in ("shapes", "tracer", "room"))
    room = rooms.Room(outside=(1.0, 1.0, 1.0))
    room.add(rooms.Material((0.5, 0.5, 0.5)), shapes.Box((0, -0.5, 0), (50, 0.5, 50)))
    origin = np.repeat(np.array([[0], [1], [0]], np.float32), 500, 1)
    direction = np.repeat(np.array([[0], [-1], [0]], np.float32), 500, 1)
    straight, soft, colour, distance = tracer.Tracer(room, 1).light_along(origin, direction, 3)
    assert not straight.any()
    assert (straight + soft * colour).mean() == pytest.approx(0.5, rel=1e-3)
    assert distance == pytest.approx(1, rel=1e-4)


def test_a_lamp_lights_as_the_inverse_square_says(generate: ModuleType) -> None:
    del generate
    shapes, tracer, rooms = (importlib.import_module(f"studio.{name}") for name in ("shapes", "tracer", "room"))
    room = rooms.Room(lamps=[rooms.Lamp((0, 2, 0), (4.0, 4.0, 4.0), 0.001)])
    room.add(rooms.Material((1, 1, 1)), shapes.Box((0, -0.5, 0), (50, 0.5, 50)))
    below = np.array([[0.0, 2.0], [1e-3, 1e-3], [0.0, 0.0]], np.float32)
    up = np.array([[0, 0], [1, 1], [0, 0]], np.float32)
    light = tracer.Tracer(room, 1).direct(below, up, True)[0]
    assert light == pytest.approx([4 / 4, 4 / 8 / 2**0.5], rel=5e-3)
