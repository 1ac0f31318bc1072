"""The network: the published keys, the reference answers, any size, and the fixed scale of its answer."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from stand_in_hub import flat_network, network_with, stand_in_weights

from livebg.models.rmbg.network import RmbgNetwork


def answer(network: RmbgNetwork, pixels: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return network(torch.from_numpy(pixels)).numpy()


def test_keys_and_shapes_are_the_published_ones(shared: Path) -> None:
    published = json.loads((shared / "rmbg" / "state_dict.json").read_text())
    with torch.device("meta"):
        network = RmbgNetwork()
    ours = [
        (key, list(value.shape), str(value.dtype).removeprefix("torch.")) for key, value in network.state_dict().items()
    ]
    assert ours == [(each["key"], each["shape"], each["dtype"]) for each in published]
    assert sum(each.numel() for each in network.parameters()) == 44_046_790


@pytest.mark.slow
def test_agrees_with_the_published_network(shared: Path) -> None:
    network = network_with(stand_in_weights(shared))
    with np.load(shared / "rmbg" / "reference_outputs.npz") as reference:
        for height, width in ((96, 160), (101, 167), (288, 512)):
            draw = np.random.default_rng(int(reference[f"input_{height}x{width}_seed"]))
            pixels = draw.random((1, 3, height, width), dtype=np.float32) - np.float32(0.5)
            alpha = answer(network, pixels)
            assert alpha.shape == (1, 1, height, width)
            assert np.abs(alpha[0, 0] - reference[f"alpha_{height}x{width}"]).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("height", "width"), [(33, 47), (1, 1)])
def test_any_size_works(height: int, width: int) -> None:
    assert answer(flat_network(0), np.zeros((1, 3, height, width), np.float32)).shape == (1, 1, height, width)


@pytest.mark.slow
@pytest.mark.parametrize("bias", [-20.0, -1.0, 0.0, 3.0])
def test_a_flat_answer_stays_where_it_is(bias: float) -> None:
    """A network that sees nothing anywhere gives alpha 0 everywhere, not a stretched 0..1, and never divides 0 by 0."""
    alpha = answer(flat_network(bias), np.random.default_rng(1).random((1, 3, 64, 96), dtype=np.float32))
    np.testing.assert_allclose(alpha, 1 / (1 + math.exp(-bias)), atol=1e-6)


def test_other_side_outputs_are_held_but_never_run() -> None:
    network = flat_network(-20)
    for number in range(2, 7):
        torch.nn.init.constant_(network.get_submodule(f"side{number}").weight, math.nan)
    assert answer(network, np.zeros((1, 3, 64, 64), np.float32)).max() < 1e-6
