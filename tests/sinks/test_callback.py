"""The caller's function gets every composite, and may end the loop by raising."""

from __future__ import annotations

import numpy as np
import pytest

from livebg.core.types import Composite
from livebg.sinks.callback import CallbackSink


def test_the_function_gets_the_composite_and_its_failure_comes_through() -> None:
    composite = Composite(np.zeros((2, 2, 3), np.uint8))
    seen: list[Composite] = []
    CallbackSink(seen.append).write(composite)
    assert seen[0] is composite

    def failing(_: Composite) -> None:
        raise StopIteration

    with pytest.raises(StopIteration):
        CallbackSink(failing).write(composite)
