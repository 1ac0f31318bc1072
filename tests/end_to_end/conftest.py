"""What whole processes need of the machine."""

from __future__ import annotations

import pytest
from requirements import lacking

from livebg.errors import ModelError
from livebg.matting import selfie_model


@pytest.fixture(scope="session")
def light_engine() -> None:
    """The selfie engine's model is in the cache, fetched by the real code; skips where no package index answers."""
    try:
        selfie_model.fetch("landscape")
    except ModelError as cause:
        lacking("selfie", str(cause))
