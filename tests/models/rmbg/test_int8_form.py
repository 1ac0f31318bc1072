"""The int8 form on disk: fitted to half of the user's pictures, and taken for sizes for which the others prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import CountingSource, SmallNetwork

from livebg.core.errors import ModelError
from livebg.core.types import Matte
from livebg.models.rmbg import int8_form
from livebg.models.rmbg.int8_form import Int8Form
from livebg.models.rmbg.openvino_cache import Kept, exported, without_tail
from livebg.models.rmbg.precision import Difference, Run
from livebg.models.rmbg.quantise import Quantised

PIXELS = [np.full((1, 3, 288, 512), each, np.float32) for each in range(4)]
OFF = Difference(0.001, 0.0)


def run(pixels: Matte) -> Matte:
    return pixels[0, 0]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[list[float]]]:
    """What it was fitted to and judged on, each time; the form itself is the network as it was."""
    seen: list[list[list[float]]] = []

    def quantise(model: Any, fitted: list[Matte], held_back: list[Matte], _reference: Run, _open_run: Any) -> Quantised:
        seen.append([[float(each.max()) for each in half] for half in (fitted, held_back)])
        return Quantised(model, OFF)

    monkeypatch.setattr(int8_form, "quantise", quantise)
    return seen


@pytest.fixture
def network(tmp_path: Path) -> tuple[Any, Kept]:
    model, kept = exported(CountingSource(SmallNetwork()), tmp_path)
    return without_tail(model)[0], kept


def make(form: Int8Form, model: Any) -> None:
    form.make_from(PIXELS, model, run, lambda _: run)


@pytest.mark.slow
def test_every_other_picture_is_held_back_and_the_form_is_kept(
    made: list[list[list[float]]], network: tuple[Any, Kept]
) -> None:
    model, kept = network
    with pytest.raises(ModelError, match="must be made first"):
        Int8Form(kept).model()
    make(Int8Form(kept), model)
    assert made == [[[0, 2], [1, 3]]]
    assert Int8Form(kept).model().get_parameters()


@pytest.mark.slow
@pytest.mark.usefixtures("made")
def test_it_is_proven_for_its_size_and_larger_ones(network: tuple[Any, Kept]) -> None:
    model, kept = network
    form = Int8Form(kept)
    assert form.proven(512) is None
    make(form, model)
    assert [form.proven(short_px) for short_px in (256, 288, 512)] == [None, OFF, OFF]
    kept.place("-int8.xml").unlink()
    assert form.proven(288) is None


@pytest.mark.slow
@pytest.mark.usefixtures("made")
def test_a_new_one_ends_what_was_made_from_the_former(network: tuple[Any, Kept]) -> None:
    model, kept = network
    for ending in ("-int8-cpu-2-288x512.blob", "-precision-cpu-288x512.json", "-bf16-cpu-2.blob"):
        kept.place(ending).touch()
    make(Int8Form(kept), model)
    assert not kept.place("-int8-cpu-2-288x512.blob").exists()
    assert not kept.place("-precision-cpu-288x512.json").exists()
    assert kept.place("-bf16-cpu-2.blob").exists()


@pytest.mark.usefixtures("made")
def test_without_an_identity_nothing_is_kept(tmp_path: Path) -> None:
    model, kept = exported(CountingSource(SmallNetwork(), ""), tmp_path)
    form = Int8Form(kept)
    make(form, model)
    assert form.model() is model
    assert form.proven(288) is None
    assert not list(tmp_path.iterdir())
