"""What a test file saw inside the virtual machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from virtual_machine import run_inside


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, shared: Path) -> dict[str, Any]:
    """The test's own file has run there as a script; its last line of output."""
    return run_inside(request.path, shared)
