"""Runs an engine on key frames: in the caller's thread, or in one of its own while the caller goes on.

The engine checks its own alphas (validity.py). In both forms it works on one frame at a time, and its calls come from
one thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.threads import STEP, Latest, Worker, give_way
from livebg.core.types import Alpha, Frame

WAIT_S = 0.5  # the thread checks this often whether to end
STOP_S = 2.0  # how long close() waits for the frame under way


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The result for a key frame: its alpha, or why there is none; and the engine's time."""

    sequence: int
    alpha: Alpha | None
    failure: ModelError | None
    duration_s: float


class KeyFrames(Protocol):
    """An engine that takes a key frame by ask() and returns its alpha later by answer()."""

    @property
    def is_inline(self) -> bool:
        """True where the answer is ready as soon as ask() returns."""
        ...

    @property
    def is_busy(self) -> bool:
        """True from ask() until the caller has taken its answer; no other ask() until then."""
        ...

    def ask(self, frame: Frame) -> None: ...

    def answer(self, timeout_s: float) -> Answer | None:
        """The next answer, None if none came in time. Raises the error that ended the thread."""
        ...

    def reset(self) -> None:
        """Drops answers under way; resets the engine before the next frame."""
        ...

    def close(self) -> None:
        """Closes the engine too. Raises TimeoutError where it hangs."""
        ...


class InlineKeys:
    """KeyFrames in the caller's thread."""

    is_inline = True

    def __init__(self, engine: MattingEngine) -> None:
        self._engine = engine
        self._answers: deque[Answer] = deque()

    @property
    def is_busy(self) -> bool:
        return bool(self._answers)

    def ask(self, frame: Frame) -> None:
        self._answers.append(look(self._engine, frame))

    def answer(self, timeout_s: float) -> Answer | None:  # noqa: ARG002 - it is there or not
        return self._answers.popleft() if self._answers else None

    def reset(self) -> None:
        self._answers.clear()
        self._engine.reset()

    def close(self) -> None:
        self._engine.close()


class WorkerKeys:
    """KeyFrames in one thread of its own, which ends with close(). step: how many levels its priority is lower."""

    is_inline = False

    def __init__(self, engine: MattingEngine, step: int = STEP) -> None:
        self._engine, self._step = engine, step
        self._questions: Latest[tuple[int, bool, Frame]] = Latest()
        self._answers: Latest[tuple[int, Answer]] = Latest()
        self._generation = 0  # each reset begins a new one; answers of older ones do not count
        self._needs_reset = False
        self.is_busy = False
        self._worker = Worker("livebg-matte", self._work, self._questions.close, self._answers.close)

    def ask(self, frame: Frame) -> None:
        self.is_busy = True
        self._questions.put((self._generation, self._needs_reset, frame))
        self._needs_reset = False

    def answer(self, timeout_s: float) -> Answer | None:
        if not self.is_busy:
            return None
        got = self._answers.get(timeout_s)
        if got is None:
            return None
        self.is_busy = False
        generation, answer = got
        return answer if generation == self._generation else None

    def reset(self) -> None:
        self._generation += 1
        self._needs_reset = True

    def close(self) -> None:
        self._worker.stop(STOP_S)
        self._engine.close()

    def _work(self, stopping: threading.Event) -> None:
        give_way(self._step)
        while not stopping.is_set():
            question = self._questions.get(WAIT_S)
            if question is not None:
                generation, needs_reset, frame = question
                if needs_reset:
                    self._engine.reset()
                self._answers.put((generation, look(self._engine, frame)))


def again(failure: ModelError) -> ModelError:
    """The same failure for another frame; one raised twice would gather the traces of both."""
    return type(failure)(str(failure))


def look(engine: MattingEngine, frame: Frame) -> Answer:
    """Runs the engine on the frame now; a ModelError is in the answer."""
    begun_s = time.perf_counter()
    alpha, failure = None, None
    try:
        alpha = engine.matte(frame)
    except ModelError as cause:
        failure = cause
    return Answer(frame.sequence, alpha, failure, time.perf_counter() - begun_s)
