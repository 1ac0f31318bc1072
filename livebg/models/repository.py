"""Where the rmbg engine's weights come from, and their licences. Values alone: asks nothing, loads no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with weights of this network.

    revision: the commit to fetch, so that the tested weights are the ones that run; 'main' follows the repository once
    and then stays at what is cached.
    files: names to try in turn; sha256: of their content, where known.
    input_mean: subtracted from RGB in 0..1 before the network; how the weights were trained.
    """

    name: str
    revision: str = "main"
    files: tuple[str, ...] = ("model.safetensors", "model.pth", "pytorch_model.bin")
    sha256: Mapping[str, str] = field(default_factory=dict)
    input_mean: float = 0.5
    licence: str = "see its model card"


KNOWN = {
    each.name: each
    for each in (
        Repository(
            "briaai/RMBG-1.4",
            revision="2ceba5a5efaec153162aedea169f76caf9b46cf8",
            sha256={"model.safetensors": "46ef7fe46f2ae284d8f1aaa24bfa5fca5ef25a34e2c7caa890a0029eb100e87f"},
            licence="bria-rmbg-1.4, for non-commercial use only; commercial use needs an agreement with BRIA",
        ),
        Repository(
            "schirrmacher/ormbg",
            revision="6253b318240ef7a8670017b88d242f9f87f5abeb",
            files=("models/ormbg.pth",),
            input_mean=0.0,  # its own inference code divides by 255 and subtracts nothing
            licence="Apache-2.0",
        ),
    )
}
