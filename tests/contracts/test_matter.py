"""What every Matter promises, whichever engine it is. The networks have deterministic or flat weights here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from implementations import implementations

import livebg.matting
from livebg.matting.carried import CarriedMatter
from livebg.matting.fixed import FixedMatter
from livebg.stages import Frame, Matter, fault_of


def _selfie(shared: Path) -> Matter:
    from livebg.matting.selfie import SelfieMatter

    return SelfieMatter(shared / "models" / "selfie_segmenter_landscape.tflite", "landscape", "test")


def _selfie_closely(shared: Path) -> Matter:
    from livebg.matting.selfie import SelfieMatter

    models = shared / "models"
    whole, square = models / "selfie_segmenter_landscape.tflite", models / "selfie_segmenter.tflite"
    return SelfieMatter(whole, "landscape", "test", square)


def _rmbg(_: Path) -> Matter:
    import torch

    from livebg.matting.device import Device
    from livebg.matting.rmbg_engine import RmbgMatter
    from livebg.matting.rmbg_net import RmbgNetwork
    from livebg.matting.runtime import InMemory, open_runtime

    torch.manual_seed(0)
    device = Device("cpu", "float32", "test")
    return RmbgMatter(open_runtime(InMemory(RmbgNetwork().eval(), "test"), device, "torch"), device, 64)


MAKERS: dict[str, Callable[[Path], Matter]] = {
    "CarriedMatter": lambda _: CarriedMatter(FixedMatter(0.5), in_worker=False, stride=2),
    "CarriedMatter, beside the loop": lambda _: CarriedMatter(FixedMatter(0.5), in_worker=True),
    "FixedMatter": lambda _: FixedMatter(0.5),
    "SelfieMatter": _selfie,
    "SelfieMatter, looking closely": _selfie_closely,
    "RmbgMatter": _rmbg,
}


@pytest.fixture(params=sorted(MAKERS))
def matter(request: pytest.FixtureRequest) -> Iterator[Matter]:
    shared = request.getfixturevalue("shared") if request.param.startswith("SelfieMatter") else Path()
    made = MAKERS[request.param](shared)
    assert type(made).__name__ == request.param.partition(",")[0]
    yield made
    made.close()
    made.close()


@pytest.mark.parametrize("size", [(90, 160), (67, 101), (1, 1), (128, 72)])
def test_an_alpha_is_valid_and_belongs_to_its_frame(matter: Matter, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    frame = Frame(image, 7, 0.0, 0.0)
    assert fault_of(matter.matte(frame), frame) == ""


def test_the_same_picture_gives_the_same_alpha_and_is_not_written_to(matter: Matter) -> None:
    image = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    image.flags.writeable = False
    first = matter.matte(Frame(image, 0, 0.0, 0.0)).values.copy()
    matter.reset()
    assert np.array_equal(matter.matte(Frame(image, 1, 0.0, 0.1)).values, first)


def test_an_alpha_given_out_is_not_changed_by_the_next(matter: Matter) -> None:
    first = matter.matte(Frame(np.zeros((90, 160, 3), np.uint8), 0, 0.0, 0.0)).values
    kept = first.copy()
    matter.matte(Frame(np.full((90, 160, 3), 200, np.uint8), 1, 0.0, 0.1))
    assert np.array_equal(first, kept)


def test_it_says_what_it_is(matter: Matter) -> None:
    assert len(matter.description) > 5
    assert "\n" not in matter.description


def test_every_implementation_is_here() -> None:
    assert implementations(livebg.matting, "matte") == {each.partition(",")[0] for each in MAKERS}
