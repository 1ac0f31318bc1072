"""Where a runtime gets the network from, with its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import nn


class NetworkSource(Protocol):
    """Gives a runtime the network, if it needs one at all."""

    @property
    def identity(self) -> str:
        """Names the weights, e.g. their SHA-256; '' where they have no lasting name. May change with load()."""
        ...

    @property
    def input_mean(self) -> float:
        """What the network's input has less than 0..1. May change with load()."""
        ...

    def load(self) -> nn.Module:
        """The module with its weights, float32, on the CPU. Raises ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """A network that is in memory already: tests and benches."""

    module: nn.Module
    identity: str = ""
    input_mean: float = 0.5

    def load(self) -> nn.Module:
        return self.module
