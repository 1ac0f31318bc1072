from __future__ import annotations

import pytest
from composites import composite

from livebg.sinks.null import NullSink


@pytest.mark.parametrize("is_live", [True, False])
def test_counts_and_keeps_the_newest(is_live: bool) -> None:
    sink = NullSink(is_live)
    first, second = composite(0.0), composite(1.0)
    sink.write(first)
    sink.write(second)
    assert (sink.composites, sink.newest, sink.is_live) == (2, second, is_live)
