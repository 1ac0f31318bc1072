"""What every MattingEngine promises, whichever engine it is. The networks have deterministic or flat weights here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from implementations import implementations

import livebg.matting.propagation
import livebg.models
from livebg.core.types import Frame, MattingEngine, fault_of
from livebg.matting.propagation.propagator import PropagatingEngine
from livebg.models.constant import ConstantEngine


def _selfie(shared: Path) -> MattingEngine:
    from livebg.models.selfie.engine import SelfieEngine

    return SelfieEngine(shared / "models" / "selfie_segmenter_landscape.tflite", "landscape", "test")


def _selfie_closely(shared: Path) -> MattingEngine:
    from livebg.models.selfie.engine import SelfieEngine

    models = shared / "models"
    whole, square = models / "selfie_segmenter_landscape.tflite", models / "selfie_segmenter.tflite"
    return SelfieEngine(whole, "landscape", "test", square)


def _rmbg(_: Path) -> MattingEngine:
    import torch

    from livebg.models.device import Device
    from livebg.models.rmbg.engine import RmbgEngine
    from livebg.models.rmbg.network import RmbgNetwork
    from livebg.models.rmbg.source import InMemory
    from livebg.models.rmbg.torch_runtime import open_runtime

    torch.manual_seed(0)
    device = Device("cpu", "float32", "test")
    return RmbgEngine(open_runtime(InMemory(RmbgNetwork().eval(), "test"), device, "torch"), device, 64)


def _guided(_: Path) -> MattingEngine:
    from salient import Finder, SalientRuntime, network

    from livebg.models.guided.engine import GuidedEngine

    return GuidedEngine(Finder(), network(SalientRuntime()))


def _overlay(_: Path) -> MattingEngine:
    from livebg.core.guiding import Guided
    from livebg.matting.propagation.overlay import DetailOverlay

    engine = _guided(Path())
    assert isinstance(engine, Guided)
    return DetailOverlay(engine, is_live=False)


def _plugin(_: Path) -> MattingEngine:
    from livebg.core.plugins import Plugin
    from livebg.models.plugin import PluginEngine

    return PluginEngine(Plugin("engine", "test", "test 1", None), ConstantEngine(0.5))  # type: ignore[arg-type]


MAKERS: dict[str, Callable[[Path], MattingEngine]] = {
    "PropagatingEngine": lambda _: PropagatingEngine(ConstantEngine(0.5), in_worker=False, stride=2),
    "PropagatingEngine, beside the loop": lambda _: PropagatingEngine(ConstantEngine(0.5), in_worker=True),
    "ConstantEngine": lambda _: ConstantEngine(0.5),
    "SelfieEngine": _selfie,
    "SelfieEngine, looking closely": _selfie_closely,
    "RmbgEngine": _rmbg,
    "GuidedEngine": _guided,
    "DetailOverlay": _overlay,
    "PluginEngine": _plugin,
}


@pytest.fixture(params=sorted(MAKERS))
def matter(request: pytest.FixtureRequest) -> Iterator[MattingEngine]:
    shared = request.getfixturevalue("shared") if request.param.startswith("SelfieEngine") else Path()
    made = MAKERS[request.param](shared)
    assert type(made).__name__ == request.param.partition(",")[0]
    yield made
    made.close()
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [(90, 160), (67, 101), (1, 1), (128, 72)])
def test_an_alpha_is_valid_and_belongs_to_its_frame(matter: MattingEngine, size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    frame = Frame(image, 7, 0.0, 0.0)
    assert fault_of(matter.matte(frame), frame) == ""


@pytest.mark.slow
def test_the_same_picture_gives_the_same_alpha_and_is_not_written_to(matter: MattingEngine) -> None:
    image = np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    image.flags.writeable = False
    first = matter.matte(Frame(image, 0, 0.0, 0.0)).values.copy()
    matter.reset()
    assert np.array_equal(matter.matte(Frame(image, 1, 0.0, 0.1)).values, first)


@pytest.mark.slow
def test_an_alpha_given_out_is_not_changed_by_the_next(matter: MattingEngine) -> None:
    first = matter.matte(Frame(np.zeros((90, 160, 3), np.uint8), 0, 0.0, 0.0)).values
    kept = first.copy()
    matter.matte(Frame(np.full((90, 160, 3), 200, np.uint8), 1, 0.0, 0.1))
    assert np.array_equal(first, kept)


@pytest.mark.slow
def test_it_says_what_it_is(matter: MattingEngine) -> None:
    assert len(matter.description) > 5
    assert "\n" not in matter.description


def test_every_implementation_is_here() -> None:
    found = implementations(livebg.models, "matte") | implementations(livebg.matting.propagation, "matte", "close")
    assert found == {each.partition(",")[0] for each in MAKERS}
