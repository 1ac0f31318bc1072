"""What other packages add by entry points: found by name, loaded when named, their failures one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from plugin_package import installed

from livebg.core.errors import ModelError, SettingsError
from livebg.core.plugins import KINDS, OURS, find_plugin, plugins
from livebg.core.settings import OPTIONS, Settings


@pytest.fixture(autouse=True)
def package(tmp_path: Path) -> Iterator[None]:
    with installed(tmp_path):
        yield


def test_they_are_found_by_name_and_say_where_they_come_from() -> None:
    found = find_plugin("sink", "notebook:a:b.txt")
    assert found is not None
    plugin, rest = found
    assert (str(plugin), rest) == ("sink notebook (plug-in of livebg-extra 1.2)", "a:b.txt")
    assert {each.name for each in plugins("background")} == {"plain", "mirror", "small", "dark"}
    assert set(KINDS) == {"sink", "background", "engine"}


@pytest.mark.parametrize("text", ["window", "auto", "c:/a.mp4", "a.mp4", "", "Half", "other"])
def test_what_is_none_is_not_found(text: str) -> None:
    assert all(find_plugin(kind, text) is None for kind in KINDS)


def test_livebgs_own_words_cannot_be_taken() -> None:
    assert {*OPTIONS["engine"].choices, "virtual-camera", "window", "none", "blur"} <= set(OURS)


def test_an_engines_name_is_a_choice_of_the_setting() -> None:
    assert Settings(engine="half").engine == "half"
    with pytest.raises(SettingsError, match=r"'hald' is none of auto, rmbg, selfie, absent, .*did you mean half\?"):
        Settings(engine="hald")


@pytest.mark.parametrize(
    ("name", "words"),
    [("absent", "cannot be loaded: AttributeError: .*Nowhere"), ("leaving", "cannot be opened: it wants to end")],
)
def test_its_failure_is_one_sentence(name: str, words: str) -> None:
    found = find_plugin("engine", name)
    assert found is not None
    with pytest.raises(ModelError, match=rf"^engine {name} \(plug-in of livebg-extra 1.2\) {words}"):
        found[0].make(ModelError, Settings(), None)
