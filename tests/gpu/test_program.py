"""The stages in their order: what the CPU's stages give (edges: what their paper says), within stated tolerances.

Alpha: at most 0.02 apart anywhere and 0.0005 on average; composite: at most 3 levels, 0.2 on average.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from on_device import HEIGHT, WIDTH, Answering, Depending, GraphsInTurn, Still, frame, guided, picture, tiny_network
from torch import nn

from livebg.gpu.lanes import InTurn, Lanes
from livebg.gpu.passage import Outputs
from livebg.gpu.program import IN_FLIGHT, Program
from livebg.matting.device import Device
from livebg.matting.edges import enlarge
from livebg.matting.rmbg_engine import RmbgMatter
from livebg.matting.runtime import InMemory, open_runtime
from livebg.matting.smoothing import Smoother
from livebg.scene.blur import blurred
from livebg.scene.compose import over
from livebg.settings import Settings
from livebg.stages import Background

MATTE = (64, 128)
SETTINGS = Settings()


class Soft(Still):
    """As scene's blur once it says so."""

    sigma_share = 0.034


def program(
    network: nn.Module, lanes: Lanes | None = None, outputs: Outputs | None = None, dtype: torch.dtype = torch.float32
) -> Program:
    lanes = lanes or InTurn("cpu")
    made = network.eval().to(dtype)
    return Program(made, lanes, (HEIGHT, WIDTH), MATTE, 0.5, dtype, outputs or Outputs(), lanes.can_capture)


def run(program: Program, sequence: int, background: Background, settings: Settings = SETTINGS) -> tuple:
    passage = program.start(frame(sequence), settings, background)
    passage.wait()
    program.end(passage)
    return passage.image, passage.alpha, passage


@pytest.mark.parametrize("edges", ["guided", "plain"])
@pytest.mark.parametrize("behind", ["picture", "blur"])
def test_agrees_with_the_cpus_stages(edges: str, behind: str) -> None:
    settings, device = Settings(edges=edges), Device("cpu", "float32", "test")
    matter = RmbgMatter(open_runtime(InMemory(tiny_network()), device, "torch"), device, 64)
    smoother = Smoother()
    ours, background = program(tiny_network()), (Soft if behind == "blur" else Still)(picture(9))
    for sequence in range(4):
        given = frame(sequence)
        steady = smoother.smooth(matter.matte(given), given, settings.smoothing).values
        full = guided(steady, given.image) if edges == "guided" else enlarge(steady, given)
        scene = blurred(given.image, full, 0.034 * HEIGHT) if behind == "blur" else background.image
        image, alpha, _ = run(ours, sequence, background, settings)
        assert np.abs(alpha.numpy() - full).max() < 0.02
        assert np.abs(alpha.numpy() - full).mean() < 5e-4
        levels = np.abs(image.numpy().astype(int) - over(given.image, full, scene))
        assert levels.max() <= 3
        assert levels.mean() < 0.2


def test_the_graph_form_gives_what_the_plain_form_gives() -> None:
    lanes = GraphsInTurn("cpu")
    plain, graphs = program(tiny_network()), program(tiny_network(), lanes)
    for sequence, (background, edges) in enumerate(
        [(Still(picture(9)), "guided"), (Soft(picture(9)), "guided"), (Still(picture(9)), "plain")] * 2
    ):
        (image, alpha, _), (other, other_alpha, _) = (
            run(each, sequence, background, Settings(edges=edges)) for each in (plain, graphs)
        )
        assert torch.equal(image, other)
        assert torch.equal(alpha, other_alpha)
    assert lanes.captures == 9, "three stages for all, two ways to full size, a blur, three composings"


def test_half_precision_stays_near() -> None:
    exact, half = program(tiny_network()), program(tiny_network(), dtype=torch.float16)
    for sequence in range(3):
        (image, alpha, _), (other, other_alpha, _) = (run(each, sequence, Still(picture(9))) for each in (exact, half))
        assert (alpha - other_alpha).abs().max() < 0.05
        assert (image.int() - other.int()).abs().max() <= 8
        assert (image.int() - other.int()).abs().float().mean() < 0.5


def test_two_frames_in_flight_keep_their_own_pictures() -> None:
    in_turn, overlapping = program(tiny_network()), program(tiny_network(), GraphsInTurn("cpu"))
    expected = [run(in_turn, sequence, Still(picture(9)))[0] for sequence in range(5)]
    background = Still(picture(9))
    passages = [overlapping.start(frame(0), SETTINGS, background)]
    found = []
    for sequence in range(1, 6):
        passages.append(overlapping.start(frame(sequence), SETTINGS, background))
        passage = passages.pop(0)
        passage.wait()
        overlapping.end(passage)
        found.append(passage.image)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    overlapping.start(frame(9), SETTINGS, background)
    with pytest.raises(AssertionError, match=f"more than {IN_FLIGHT} frames"):
        overlapping.start(frame(9), SETTINGS, background)


def test_a_picture_that_needs_no_matte_is_uploaded_once_and_asked_without() -> None:
    ours, background = program(tiny_network()), Still(picture(9))
    for sequence in range(3):
        run(ours, sequence, background)
    assert ours.pictures.uploads == 1
    assert all(alpha.size == 0 for alpha in background.alphas)


def test_a_background_that_needs_the_matte_gets_this_frames() -> None:
    ours, background = program(tiny_network()), Depending(picture(9))
    _, alpha, _ = run(ours, 0, background)
    np.testing.assert_array_equal(background.alphas[0], alpha.numpy())


@pytest.mark.parametrize("background", [Still(picture(9)), Soft(picture(9)), Depending(picture(9))])
def test_an_invalid_matte_is_told_and_nothing_of_the_frame_is_computed(background: Still) -> None:
    background.alphas.clear()
    image, _, passage = run(program(Answering(float("nan"))), 0, background)
    assert not passage.is_valid
    assert image is None or not image.any()
    assert isinstance(background, Depending) <= (not background.alphas), "no picture is asked for it"


def test_none_is_straight_colour_and_black_where_nobody_is() -> None:
    background = Still(np.zeros((HEIGHT, WIDTH, 3), np.uint8), is_transparent=True)
    assert not run(program(Answering(0.0)), 0, background)[0].any()
    assert np.array_equal(run(program(Answering(1.0)), 0, background)[0], frame(0).image)
    image, alpha, _ = run(program(tiny_network()), 0, background)
    seen = alpha.numpy() > 0.01
    assert np.array_equal(image.numpy()[seen], frame(0).image[seen])


def test_i420_is_the_same_picture_and_alpha_stays_up_when_nobody_asks() -> None:
    background = Still(picture(9))
    expected = run(program(tiny_network()), 0, background)[0].numpy()
    image, alpha, passage = run(program(tiny_network(), outputs=Outputs("i420", has_alpha=False)), 0, background)
    wanted = cv2.cvtColor(expected, cv2.COLOR_BGR2YUV_I420)
    assert image.shape == wanted.shape
    assert np.abs(image.numpy().astype(int) - wanted).max() <= 2
    assert alpha is None
    stages = ["upload", "queue", "shrink", "network", "smooth", "edges", "background", "compose", "download"]
    assert list(passage.stage_ms()) == stages


def test_what_a_background_raises_gives_the_places_back() -> None:
    class Broken(Still):
        def picture(self, *_: object) -> np.ndarray:
            raise LookupError

    ours = program(tiny_network())
    for _ in range(3):
        with pytest.raises(LookupError):
            ours.start(frame(0), SETTINGS, Broken(picture(9)))
    assert run(ours, 1, Still(picture(9)))[2].is_valid
