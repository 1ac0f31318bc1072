"""The background changes while livebg runs; a bad one is refused."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from plugin_package import installed

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


def test_one_that_cannot_be_closed_is_replaced_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: object) -> None:
        raise OSError("stuck")

    with installed(tmp_path):
        settings = Settings(background="plain:7")
        backgrounds = BackgroundSelector(settings)
        monkeypatch.setattr("livebg_extra.Background.close", fails)
        after = backgrounds.of(change(settings, {"background": "#00ff00"}))
    assert (after.standby(2, 2) == np.uint8([0, 255, 0])).all()
    assert "cannot be closed: OSError: stuck" in caplog.text
    backgrounds.close()
