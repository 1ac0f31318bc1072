"""The int8 form on disk: made at most once, and taken unasked only where it was fitted to the user's own pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_network import CountingSource, SmallNetwork

from livebg.core.types import Matte
from livebg.models.rmbg import int8_form
from livebg.models.rmbg.int8_form import Int8Form
from livebg.models.rmbg.openvino_cache import Kept, exported, without_tail
from livebg.models.rmbg.precision import Difference, Run
from livebg.models.rmbg.quantise import Quantised

PICTURES = [np.full((90, 160, 3), 50, np.uint8)] * 2


def run(pixels: Matte) -> Matte:
    return pixels[0, 0]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[Matte]]:
    """What it was fitted to, each time; the form itself is the network as it was."""
    fitted: list[list[Matte]] = []

    def quantise(model: Any, pixels: list[Matte], _reference: Run, _open_run: Any) -> Quantised:
        fitted.append(pixels)
        return Quantised(model, (0, 1), Difference(0.001, 0.0))

    monkeypatch.setattr(int8_form, "quantise", quantise)
    return fitted


@pytest.fixture
def network(tmp_path: Path) -> tuple[Any, Kept]:
    model, kept = exported(CountingSource(SmallNetwork()), tmp_path)
    return without_tail(model)[0], kept


def make(form: Int8Form, model: Any, pictures: Any = ()) -> None:
    form.make_from(pictures, model, run, lambda _: run)


@pytest.mark.slow
def test_it_is_made_once_and_then_read(made: list[list[Matte]], network: tuple[Any, Kept]) -> None:
    model, kept = network
    first = Int8Form(kept)
    assert first.model(lambda: make(first, model)) is first.model(pytest.fail)
    assert len(made) == 1
    assert len(made[0]) == int8_form.DRAWN
    assert Int8Form(kept).model(pytest.fail).get_parameters()


@pytest.mark.slow
def test_only_one_fitted_to_given_pictures_is_taken_unasked(made: list[list[Matte]], network: tuple[Any, Kept]) -> None:
    model, kept = network
    form = Int8Form(kept)
    assert not form.is_given
    make(form, model)
    assert not form.is_given
    make(form, model, PICTURES)
    assert form.is_given
    assert {each.shape for each in made[1]} == {(1, 3, 288, 512)}
    kept.place("-int8.xml").unlink()
    assert not form.is_given


@pytest.mark.slow
@pytest.mark.usefixtures("made")
def test_a_new_one_ends_what_was_made_from_the_former(network: tuple[Any, Kept]) -> None:
    model, kept = network
    for ending in ("-int8-cpu-2-288x512.blob", "-precision-cpu.json", "-bf16-cpu-2.blob"):
        kept.place(ending).touch()
    make(Int8Form(kept), model)
    assert not kept.place("-int8-cpu-2-288x512.blob").exists()
    assert not kept.place("-precision-cpu.json").exists()
    assert kept.place("-bf16-cpu-2.blob").exists()


@pytest.mark.usefixtures("made")
def test_without_an_identity_nothing_is_kept(tmp_path: Path) -> None:
    model, kept = exported(CountingSource(SmallNetwork(), ""), tmp_path)
    form = Int8Form(kept)
    make(form, model, PICTURES)
    assert form.model(pytest.fail) is model
    assert not form.is_given
    assert not list(tmp_path.iterdir())
