"""Proposals are validated before anything changes."""

from __future__ import annotations

import pytest

from livebg.core.errors import SettingsError
from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings


def test_a_live_setting_is_swapped_whole() -> None:
    controls = LiveSettings(Settings())
    before = controls.settings
    after = controls.propose(background="blur", smoothing=0.5)
    assert controls.settings is after
    assert (after.background, after.smoothing) == ("blur", 0.5)
    assert before.background == Settings().background


@pytest.mark.parametrize(
    ("values", "words"),
    [({"smoothing": 2}, "outside"), ({"fps": 25.0}, "next start"), ({"colour": 1}, "there is no setting")],
)
def test_a_refused_proposal_changes_nothing(values: dict[str, object], words: str) -> None:
    controls = LiveSettings(Settings())
    before = controls.settings
    with pytest.raises(SettingsError, match=words):
        controls.propose(**{"background": "blur", **values})
    assert controls.settings is before
