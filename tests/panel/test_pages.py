"""The pages: every text in both languages, nothing inline, nothing from elsewhere, every file in the list."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fake_live import FakeLoop
from panel_app import app, user

import livebg.panel
from livebg.core.settings import OPTIONS
from livebg.panel.pages import LANGUAGES, SCRIPTS, STATIC, words

STATIC_FOLDER = Path(livebg.panel.__file__).parent / "static"
OPEN_KEYS = ("setting.", "help.", "choice.", "zero.", "empty.", "background.name.", "output.", "unit.")  # others follow
OWN_SCRIPTS = [each for each in SCRIPTS if (STATIC_FOLDER / each).is_file()]


def _own(language: str) -> dict[str, str]:
    files = sorted(STATIC_FOLDER.glob(f"strings*.{language}.json"))
    return {key: text for each in files for key, text in json.loads(each.read_text(encoding="utf-8")).items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_every_text_with_the_same_places(language: str) -> None:
    here, english = _own(language), _own("en")
    closed = {
        each
        for each in english
        if not each.startswith(("setting.", "help.", "choice.", "zero.", "empty.", "background.name."))
    }
    assert closed <= set(here)
    assert {each for each in here if not each.startswith(OPEN_KEYS)} <= closed
    for key in closed:
        assert re.findall(r"\{\w+\}", here[key]) == re.findall(r"\{\w+\}", english[key]), key
        assert here[key].strip()


def test_every_text_that_the_page_asks_for_is_there() -> None:
    code = "".join((STATIC_FOLDER / each).read_text() for each in OWN_SCRIPTS)
    page = (STATIC_FOLDER / "index.html").read_text()
    asked = set(re.findall(r'\bt\("([^"$]+)"', code))
    asked |= set(re.findall(r'data-(?:word|label|placeholder)="([^"]+)"', page))
    asked |= {f"state.{each}" for each in ("live", "resting", "hidden", "standby", "starting", "ended", "none", "gone")}
    asked |= {f"away.{each}" for each in ("none", "starting", "ended", "gone")}
    asked |= {f"background.{each}" for each in ("add", "blur", "colour", "none")}
    assert not asked - set(_own("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_about_settings_are_about_settings_that_there_are(language: str) -> None:
    named = {each.partition(".")[2] for each in _own(language) if each.startswith(("setting.", "help."))}
    assert named <= set(OPTIONS)


def test_every_setting_of_the_page_has_its_name_and_sentence_in_spanish() -> None:
    elsewhere = re.search(r"ELSEWHERE = new Set\((\[.+?\])\)", (STATIC_FOLDER / "settings.js").read_text())
    assert elsewhere is not None
    shown = set(OPTIONS) - set(json.loads(elsewhere[1]))
    assert len(shown) > 40
    assert not {f"{kind}.{name}" for name in shown for kind in ("setting", "help")} - set(_own("es"))


def test_every_unit_that_is_a_word_is_in_spanish() -> None:
    named = {each.unit for each in OPTIONS.values() if each.unit.isalpha() and len(each.unit) > 3}
    assert named == {"frames", "times"}
    assert not {f"unit.{each}" for each in named} - set(_own("es"))


def test_words_of_a_language_lie_over_english() -> None:
    assert words("es")["hide"] == "Ocultarme"
    assert words("xx") == words("en")
    assert set(words("en")) <= set(words("es"))


@pytest.mark.parametrize("page", ["index.html", "source.html"])
def test_nothing_is_inline_or_from_elsewhere(page: str) -> None:
    text = (STATIC_FOLDER / page).read_text()
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    assert set(re.findall(r'(?:src|href)="(?!#)([^"]+)"', text)) <= {f"/static/{each}" for each in STATIC}


@pytest.mark.parametrize("file", [*OWN_SCRIPTS, "source.js", "panel.css", "source.css"])
def test_no_script_or_style_goes_elsewhere(file: str) -> None:
    text = (STATIC_FOLDER / file).read_text()
    addresses = re.findall(r"https?://[a-z0-9.]+|@import|url\(", text)
    assert set(addresses) <= {"http://www.w3.org"}  # the name space of SVG
    assert "innerHTML" not in text
    assert "eval(" not in text


def test_every_file_of_the_list_is_served_with_its_kind(tmp_path: Path) -> None:
    client = user(app(FakeLoop(), tmp_path))
    for name in STATIC:
        answer = client.get(f"/static/{name}")
        is_there = (STATIC_FOLDER / name).is_file()
        assert answer.status_code == (200 if is_there else 404)
        if is_there:
            assert answer.content == (STATIC_FOLDER / name).read_bytes()
    assert client.get("/static/panel.js").headers["content-type"].startswith("text/javascript")
    assert "livebg" in client.get("/").text
    assert client.get("/api/words/es").json()["tab.studio"] == "Estudio"
    assert client.get("/api/panel").json()["has_studio"] is False


def test_the_list_has_every_file_of_the_folder() -> None:
    files = {each.name for each in STATIC_FOLDER.iterdir() if each.suffix in (".js", ".css", ".svg")}
    assert files <= set(STATIC)
