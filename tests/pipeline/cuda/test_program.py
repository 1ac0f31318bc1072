"""Both halves of a frame, their stages in order: what the CPU's stages give from the same small alpha, within stated
tolerances.

Alpha: at most 0.02 apart but for isolated pixels, and 0.0005 on average; composite: at most 3 levels, 0.2 on average.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from on_device import HEIGHT, WIDTH, Answering, GraphsInTurn, Still, frame, picture, tiny_network
from torch import nn

from livebg.core.settings import Settings
from livebg.core.types import Alpha, Background
from livebg.matting.chain import Causal
from livebg.matting.item import Item
from livebg.matting.params import SUPPORT
from livebg.matting.steps import Adjust, DetectMotion, GuidedFilter, Settle
from livebg.matting.temporal.motion import MotionDetector
from livebg.pipeline.cuda.host_steps import Corrected
from livebg.pipeline.cuda.in_flight import Outputs, Sizes
from livebg.pipeline.cuda.program import IN_FLIGHT, Program
from livebg.pipeline.cuda.streams import InTurn, Streams
from livebg.scene.backgrounds.blur import BlurBackground, blurred
from livebg.scene.compositing.compositor import Compositor

MATTE = (64, 128)
SETTINGS = Settings()
NOWHERE = np.zeros(SUPPORT.cells_of(MATTE), np.uint8)  # that alpha may not be


def program(
    network: nn.Module,
    streams: Streams | None = None,
    outputs: Outputs | None = None,
    dtype: torch.dtype = torch.float32,
    matte: tuple[int, int] = MATTE,
) -> Program:
    streams = streams or InTurn("cpu")
    made = network.eval().to(dtype)
    sizes = Sizes((HEIGHT, WIDTH), matte)
    return Program(made, streams, sizes, 0.5, dtype, outputs or Outputs(), streams.can_capture)


class Run:
    """Frames one after the other through both halves; the host corrects nothing between them."""

    def __init__(self, program: Program) -> None:
        self.program, self.stillness = program, MotionDetector()

    def __call__(
        self,
        sequence: int,
        background: Background,
        settings: Settings = SETTINGS,
        plate: np.ndarray | None = None,
        is_finished_by_host: bool = False,
    ) -> tuple:
        given = frame(sequence)
        flight = self.program.start(given)
        flight.wait_for_answer()
        motion = self.stillness.see(given) if settings.settle else None
        alpha = Alpha(flight.answer(), sequence)
        nowhere = np.zeros(SUPPORT.cells_of(alpha.values.shape), np.uint8)  # that alpha may not be
        corrected = Corrected(alpha, motion, plate, is_finished_by_host, nowhere)
        self.program.go_on(flight, given, corrected, settings, background)
        flight.wait()
        self.program.end(flight)
        return flight.image, flight.full, flight


def run(
    program: Program, sequence: int, background: Background, settings: Settings = SETTINGS, **rest: object
) -> tuple:
    return Run(program)(sequence, background, settings, **rest)


@pytest.mark.slow
@pytest.mark.parametrize("edges", ["guided", "plain"])
@pytest.mark.parametrize("foreground", ["estimated", "plain", "with the room known"])
@pytest.mark.parametrize("behind", ["picture", "blur", "none"])
def test_agrees_with_the_cpus_stages(edges: str, foreground: str, behind: str) -> None:
    room = picture(4) if foreground == "with the room known" else None
    settings = Settings(edges=edges, foreground="plain" if foreground == "plain" else "estimated")
    steps, compositor = Causal("edges", DetectMotion(), GuidedFilter(), Settle(), Adjust()), Compositor()
    ours = Run(program(tiny_network()))
    background = BlurBackground(50) if behind == "blur" else Still(picture(9), is_transparent=behind == "none")
    for sequence in range(4):
        given = frame(sequence)
        image, alpha, flight = ours(sequence, background, settings, room)
        (item,) = steps.feed(Item(given, Alpha(flight.answer(), sequence)), settings)
        full = item.full
        scene = blurred(given.image, full, 0.034 * HEIGHT) if behind == "blur" else background.image
        if behind == "none":
            expected = compositor.cut_out(given, full, settings, room)
        else:
            expected = compositor.over(given, full, scene, settings, room)
        gap = np.abs(alpha.numpy() - full)
        assert (gap > 0.02).mean() < 1e-4
        assert gap.mean() < 5e-4
        levels = np.abs(image.numpy().astype(int) - expected)
        # A cut-out's colours come from few sure pixels here: an alpha at their threshold is in on one side alone.
        assert (levels > 3).mean() < (2e-3 if behind == "none" else 1e-4)
        assert levels.mean() < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("edges", ["guided", "plain"])
def test_a_fine_alpha_becomes_what_the_cpus_stages_make_of_it(edges: str) -> None:
    settings, ours = Settings(edges=edges), Run(program(tiny_network(), matte=(HEIGHT, WIDTH)))
    steps = Causal("edges", DetectMotion(), GuidedFilter(), Settle(), Adjust())
    for sequence in range(4):
        _, alpha, flight = ours(sequence, Still(picture(9)), settings)
        (item,) = steps.feed(Item(frame(sequence), Alpha(flight.answer(), sequence)), settings)
        gap = np.abs(alpha.numpy() - item.full)
        assert (gap > 0.02).mean() < 1e-4
        assert gap.mean() < 5e-4


@pytest.mark.slow
def test_the_graph_form_gives_what_the_plain_form_gives() -> None:
    streams = GraphsInTurn("cpu")
    plain, graphs = Run(program(tiny_network())), Run(program(tiny_network(), streams))
    for sequence, (background, edges) in enumerate(
        [(Still(picture(9)), "guided"), (BlurBackground(50), "guided"), (Still(picture(9)), "plain")] * 2
    ):
        (image, alpha, _), (other, other_alpha, _) = (
            each(sequence, background, Settings(edges=edges)) for each in (plain, graphs)
        )
        assert torch.equal(image, other)
        assert torch.equal(alpha, other_alpha)
    assert streams.captures == 11, "four stages for all, two ways to full size, each settled, a blur, two composings"


@pytest.mark.slow
def test_half_precision_stays_near() -> None:
    exact, half = Run(program(tiny_network())), Run(program(tiny_network(), dtype=torch.float16))
    for sequence in range(3):
        (image, alpha, _), (other, other_alpha, _) = (each(sequence, Still(picture(9))) for each in (exact, half))
        assert (alpha - other_alpha).abs().max() < 0.05
        assert (image.int() - other.int()).abs().max() <= 8
        assert (image.int() - other.int()).abs().float().mean() < 0.5


@pytest.mark.slow
def test_two_frames_in_flight_keep_their_own_pictures() -> None:
    in_turn, ours = Run(program(tiny_network())), program(tiny_network(), GraphsInTurn("cpu"))
    background, stillness = Still(picture(9)), MotionDetector()
    expected = [in_turn(sequence, background)[0] for sequence in range(5)]
    begun, found = [(frame(0), ours.start(frame(0)))], []
    for sequence in range(1, 6):
        begun.append((frame(sequence), ours.start(frame(sequence))))
        given, flight = begun.pop(0)
        flight.wait_for_answer()
        corrected = Corrected(Alpha(flight.answer(), given.sequence), stillness.see(given), None, False, NOWHERE)
        ours.go_on(flight, given, corrected, SETTINGS, background)
        flight.wait()
        ours.end(flight)
        found.append(flight.image)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    ours.start(frame(9))
    with pytest.raises(AssertionError, match=f"more than {IN_FLIGHT} frames"):
        ours.start(frame(9))


def test_a_picture_that_needs_no_matte_is_uploaded_once_and_asked_without() -> None:
    ours, background = program(tiny_network()), Still(picture(9))
    for sequence in range(3):
        run(ours, sequence, background)
    assert ours.pictures.uploads == 1
    assert all(alpha.size == 0 for alpha in background.alphas)


def test_a_plate_is_uploaded_once() -> None:
    ours, room = Run(program(tiny_network())), picture(4)
    for sequence in range(3):
        ours(sequence, Still(picture(9)), SETTINGS, room)
    assert ours.program.plates is not None
    assert ours.program.plates.uploads == 1


def test_what_the_host_shows_comes_down_as_alpha_alone() -> None:
    background = Still(picture(9))
    outputs = Outputs("i420", has_alpha=False)
    image, alpha, flight = run(program(tiny_network(), outputs=outputs), 0, background, is_finished_by_host=True)
    assert image is None
    assert not background.alphas, "no picture is asked for it"
    np.testing.assert_array_equal(alpha, run(program(tiny_network()), 0, background)[1])
    assert list(flight.step_ms())[-2:] == ["settle", "download"]


@pytest.mark.slow
def test_settling_off_is_as_if_it_had_never_been_on() -> None:
    with_it, without = Run(program(tiny_network())), Run(program(tiny_network()))
    off, background = Settings(settle=False), Still(picture(9))
    for sequence, settings in enumerate([SETTINGS, off, SETTINGS]):
        (_, alpha, _), (_, other, _) = with_it(sequence, background, settings), without(sequence, background, off)
        assert torch.equal(alpha, other)
    assert not torch.equal(with_it(3, background)[1], without(3, background, off)[1])


def test_none_is_straight_colour_and_black_where_nobody_is() -> None:
    background = Still(np.zeros((HEIGHT, WIDTH, 3), np.uint8), is_transparent=True)
    assert not run(program(Answering(0.0)), 0, background)[0].any()
    assert np.array_equal(run(program(Answering(1.0)), 0, background)[0], frame(0).image)
    image, alpha, _ = run(program(tiny_network()), 0, background)
    seen = alpha.numpy() == 1
    assert np.array_equal(image.numpy()[seen], frame(0).image[seen])


def test_i420_is_the_same_picture_and_alpha_stays_up_when_nobody_asks() -> None:
    background = Still(picture(9))
    expected = run(program(tiny_network()), 0, background)[0].numpy()
    image, alpha, flight = run(program(tiny_network(), outputs=Outputs("i420", has_alpha=False)), 0, background)
    wanted = cv2.cvtColor(expected, cv2.COLOR_BGR2YUV_I420)
    assert image.shape == wanted.shape
    assert np.abs(image.numpy().astype(int) - wanted).max() <= 2
    assert alpha is None
    first = ["upload", "queue", "shrink", "network", "answer"]
    assert list(flight.step_ms()) == [*first, "alpha", "edges", "settle", "background", "compose", "download"]


def test_the_alpha_comes_down_for_the_frames_that_somebody_wants_it_for() -> None:
    wanted = [False, True, False]
    outputs = Outputs("i420", has_alpha=False, is_alpha_wanted=lambda: wanted.pop(0))
    ours, all_of_it = Run(program(tiny_network(), outputs=outputs)), Run(program(tiny_network()))
    background = Still(picture(9))
    alphas = [ours(sequence, background)[1] for sequence in range(3)]
    expected = [all_of_it(sequence, background)[1] for sequence in range(3)]
    assert [each is None for each in alphas] == [True, False, True]
    assert torch.equal(alphas[1], expected[1]), "this frame's own, not one that an earlier frame left"
    assert wanted == [], "one question for each frame"


def test_what_a_background_raises_gives_the_places_back() -> None:
    class Broken(Still):
        def picture(self, *_: object) -> np.ndarray:
            raise LookupError

    ours = program(tiny_network())
    for _ in range(3):
        with pytest.raises(LookupError):
            run(ours, 0, Broken(picture(9)))
    assert run(ours, 1, Still(picture(9)))[0] is not None
