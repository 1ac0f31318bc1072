"""Small sizes are those of the stages on the host, whatever the frame's shape."""

from __future__ import annotations

import pytest

from livebg.core import resize
from livebg.core.gpu_sizes import small_size, work_size

SIZES = [(720, 1280), (1280, 720), (480, 640), (2160, 3840), (100, 3000), (1080, 1080), (45, 61), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_they_are_the_hosts(size: tuple[int, int]) -> None:
    assert small_size(*size) == resize.small_size(*size)[::-1]
    assert work_size(*size) == resize.work_size(*size)[::-1]
