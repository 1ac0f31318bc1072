"""How a film's frames are shown to the engine: one by one, or several at once where it likes that. Order is kept.

A frame that has no valid matte comes back with the reason. Knows nothing about what becomes of an alpha. One thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from livebg.core.errors import ModelError
from livebg.core.types import Alpha, Frame, MattingEngine, fault_of
from livebg.matting.propagation.propagator import PropagatingEngine
from livebg.matting.validity import Plausible

Look = tuple[Frame, Alpha | ModelError]

TOGETHER_BYTES = 100 << 20  # of pictures that wait for each other


class Looking(Protocol):
    """An engine that a film is shown to."""

    @property
    def description(self) -> str: ...

    def add(self, frame: Frame) -> list[Look]:
        """The frames that were looked at."""
        ...

    def flush(self) -> list[Look]:
        """All that are left; the next frame is the first."""
        ...


class OneByOne:
    """With the live loop's stride, still gate and carrying; the engine stays its owner's."""

    def __init__(self, engine: MattingEngine, stride: int, still_gate: bool) -> None:
        self._matter = PropagatingEngine(engine, False, stride, still_gate, check=Plausible(False).check)

    @property
    def description(self) -> str:
        return self._matter.description

    def add(self, frame: Frame) -> list[Look]:
        try:
            return [(frame, self._matter.matte(frame))]
        except ModelError as failure:
            return [(frame, failure)]

    def flush(self) -> list[Look]:
        self._matter.reset()
        return []


@runtime_checkable
class Batches(Protocol):
    """A MattingEngine that can look at several frames at once: rmbg."""

    @property
    def description(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    def matte(self, frame: Frame) -> Alpha: ...

    def mattes(self, frames: Sequence[Frame]) -> list[Alpha]: ...


class Together:
    """As many frames at once as the engine likes and memory bears; each is looked at."""

    def __init__(self, engine: Batches, frame_bytes: int) -> None:
        self._engine = engine
        self._most = max(1, min(engine.at_once, TOGETHER_BYTES // frame_bytes))
        self._check = Plausible(False).check
        self._waiting: list[Frame] = []

    @property
    def description(self) -> str:
        return f"{self._engine.description}; {self._most} frames at once"

    def add(self, frame: Frame) -> list[Look]:
        self._waiting.append(frame)
        return self.flush() if len(self._waiting) >= self._most else []

    def flush(self) -> list[Look]:
        frames, self._waiting = self._waiting, []
        answers: Sequence[Alpha | ModelError]
        try:
            answers = self._engine.mattes(frames) if frames else []
        except ModelError:  # one of them, or no memory for so many: each alone will tell
            answers = [self._alone(each) for each in frames]
        return [(frame, self._judged(frame, answer)) for frame, answer in zip(frames, answers, strict=True)]

    def _alone(self, frame: Frame) -> Alpha | ModelError:
        try:
            return self._engine.matte(frame)
        except ModelError as failure:
            return failure

    def _judged(self, frame: Frame, answer: Alpha | ModelError) -> Alpha | ModelError:
        if isinstance(answer, ModelError):
            return answer
        if fault := fault_of(answer, frame):
            return ModelError(fault)
        try:
            self._check(answer)
        except ModelError as failure:
            return failure
        return answer
