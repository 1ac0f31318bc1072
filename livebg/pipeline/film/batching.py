"""Gives a film's frames to the engine, as many at once as it likes; keeps their order. One thread at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livebg.core.engines import Batches
from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Frame
from livebg.matting.item import Item
from livebg.matting.validity import ValidityCheck

TOGETHER_BYTES = 100 << 20  # of pictures that wait for each other


class AskTogether:
    """A Step that computes the small alpha, for as many frames at once as the engine likes and memory allows; if one
    fails, the others do not. Owns the engine. frame_bytes: of one picture."""

    name = "matte"

    def __init__(self, engine: Batches, frame_bytes: int) -> None:
        self._engine = engine
        self._most = max(1, min(engine.at_once, TOGETHER_BYTES // frame_bytes))
        self._waiting: list[Item] = []
        self._check = ValidityCheck(is_live=False)

    @property
    def description(self) -> str:
        return f"{self._engine.description}; {self._most} frames at once"

    def feed(self, item: Item, settings: Settings) -> Sequence[Item]:  # noqa: ARG002 - the shape of a Step
        self._waiting.append(item)
        return self.flush() if len(self._waiting) >= self._most else ()

    def flush(self) -> Sequence[Item]:
        items, self._waiting = self._waiting, []
        answers: Sequence[Alpha | ModelError]
        try:
            answers = self._engine.mattes([each.frame for each in items]) if items else []
        except ModelError:  # one of them, or no memory for so many: a try of each alone shows which
            answers = [self._alone(each.frame) for each in items]
        return [self._judged(item, answer) for item, answer in zip(items, answers, strict=True)]

    def reset(self) -> None:
        self._waiting = []
        self._engine.reset()

    def close(self) -> None:
        self._engine.close()

    def _alone(self, frame: Frame) -> Alpha | ModelError:
        try:
            return self._engine.matte(frame)
        except ModelError as failure:
            return failure

    def _judged(self, item: Item, answer: Alpha | ModelError) -> Item:
        if isinstance(answer, ModelError):
            return replace(item, fault=answer)
        try:
            return replace(item, alpha=self._check.judged(answer, item.frame))
        except ModelError as failure:
            return replace(item, fault=failure)
