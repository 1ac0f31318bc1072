"""A step that a CUDA graph replays: the same call as the plain function beneath, and a switch.

A graph reads its inputs where they were at the first call and always writes its results to the same memory, so callers
keep both in place between calls.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from livebg.pipeline.cuda.streams import Streams, Tensors


class GraphedStep:
    """`step` unchanged; or, with is_enabled, captured as a CUDA graph at the first call and replayed from then on."""

    def __init__(self, step: Callable[..., Tensors], streams: Streams, is_enabled: bool) -> None:
        self._step, self._streams = step, streams
        self.is_enabled = is_enabled
        self._inputs: Tensors = ()
        self._results: Tensors = ()
        self._replay: Callable[[], None] | None = None

    def __call__(self, *inputs: Tensor) -> Tensors:
        if not self.is_enabled:
            return self._step(*inputs)
        if self._replay is None:
            self._inputs = inputs
            self._results, self._replay = self._streams.capture(lambda: self._step(*inputs))
        same = all(now is then for now, then in zip(inputs, self._inputs, strict=True))
        assert same, "a graphed step was called with other tensors than it was captured with"
        self._replay()
        return self._results


class GraphedSteps:
    """The steps of a frame by their keys, each the same as at its first use."""

    def __init__(self, streams: Streams, is_captured: bool) -> None:
        self._streams, self._is_captured = streams, is_captured
        self._steps: dict[tuple[object, ...], GraphedStep] = {}
        self.made = 0  # steps so far: each made its first frame wait

    def known(self, key: tuple[object, ...]) -> GraphedStep | None:
        return self._steps.get(key)

    def __call__(self, key: tuple[object, ...], step: Callable[..., Tensors]) -> GraphedStep:
        if key not in self._steps:
            self._steps[key] = GraphedStep(step, self._streams, self._is_captured)
            self.made += 1
        return self._steps[key]

    def forget(self, word: str) -> None:
        """All with this word in their key."""
        self._steps = {key: step for key, step in self._steps.items() if word not in key}
