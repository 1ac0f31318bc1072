"""The studio's texts: each that its scripts ask for is there, in both languages, with the same places to fill."""

from __future__ import annotations

import json
import re
from pathlib import Path

import livebg.panel
from livebg.panel.pages import STUDIO
from livebg.panel.studio.choices import FORMS

STATIC = Path(livebg.panel.__file__).parent / "static"
CODE = "".join((STATIC / each).read_text() for each in STUDIO)
ENGLISH, SPANISH = (
    json.loads((STATIC / f"strings-studio.{each}.json").read_text(encoding="utf-8")) for each in ("en", "es")
)


def test_every_text_that_is_asked_for_is_there_and_no_other() -> None:
    asked = set(re.findall(r"""["'`]([a-z]+(?:-[a-z]+)*)["'`]""", CODE))  # texts are also chosen: t(isOne ? "a" : "b")
    formed = {f"format{short}.{form}" for short in ("", "-short") for forms in FORMS.values() for form in forms}
    formed |= {f"{kind}-format" for kind in FORMS}
    formed |= {f"{word}-of" for word in ("cancel", "another", "remove")}
    known = {each.removeprefix("studio.") for each in ENGLISH}
    assert all(each.startswith("studio.") for each in ENGLISH)
    assert formed <= known
    assert set(re.findall(r'\bt\("([^"]+)"', CODE)) <= known
    assert known - formed <= asked


def test_both_languages_say_the_same() -> None:
    assert list(SPANISH) == list(ENGLISH)
    for key, text in ENGLISH.items():
        assert sorted(re.findall(r"\{\w+\}", SPANISH[key])) == sorted(re.findall(r"\{\w+\}", text)), key
        assert SPANISH[key].strip()


def test_the_scripts_load_nothing_from_elsewhere_and_make_no_markup_of_texts() -> None:
    addresses = re.findall(r"https?://[a-z0-9.]+|@import|url\(", CODE + (STATIC / "studio.css").read_text())
    assert set(addresses) <= {"http://www.w3.org"}  # the name space of SVG
    assert not re.findall(r"innerHTML|insertAdjacentHTML|eval\(|document\.write|setAttribute\(.style", CODE)
