"""The background changes while livebg runs; a bad one is refused."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from livebg.core.settings import Settings, change
from livebg.scene.backgrounds.selector import BackgroundSelector


def test_a_background_that_cannot_be_opened_leaves_the_old_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    settings = Settings(background="#ff0000")
    backgrounds = BackgroundSelector(settings)
    first = backgrounds.of(settings)
    for bad in ("no-such-thing", "none"):
        changed = change(settings, {"background": bad})
        assert backgrounds.of(changed) is first
        assert backgrounds.of(changed) is first
    assert caplog.text.count("stays as it was") == 2
    second = backgrounds.of(change(settings, {"background": "#00ff00"}))
    assert (second.standby(2, 2) == np.uint8([0, 255, 0])).all()
    backgrounds.close()
