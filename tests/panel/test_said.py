"""The server's sentences in Spanish: each one that the page can show, found in the code itself; and none besides."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import livebg
import livebg.panel
from livebg.panel.pages import LANGUAGES, words

PACKAGE = Path(livebg.__file__).parent
STATIC = Path(livebg.panel.__file__).parent / "static"
SHOWN = (  # what raises the failures that the page shows; what only a run's start can meet stands in its log
    "capture/camera", "capture/__init__.py", "capture/frame.py", "capture/microphone.py", "capture/stream.py",
    "core/live_settings.py", "core/option.py", "core/settings.py", "matting", "media/files.py", "media/free_space.py",
    "media/image/photo.py", "media/image/read.py", "media/image/write.py", "media/output_lock.py",
    "media/video/concat.py", "media/video/passthrough.py", "models/selfie", "pipeline/photo/job.py",
    "pipeline/film/checkpoint.py", "pipeline/film/finish.py", "pipeline/film/segments.py", "pipeline/film/spec.py",
    "media/video/clip.py", "media/video/convert.py",
    "media/video/decode.py", "media/video/encoders.py", "media/video/open.py", "media/video/writer.py", "panel/api.py",
    "panel/backgrounds.py", "panel/decoder.py", "panel/decoding.py", "panel/live.py", "panel/presets.py",
    "panel/safety.py", "panel/studio", "panel/upload.py", "pipeline/live", "pipeline/presets.py",
    "pipeline/schedule.py", "scene/backgrounds", "sinks",
)  # fmt: skip
PARTS = {  # what gives parts of sentences
    "capture/camera/open.py": "_reason", "capture/camera/pipewire.py": "why_silent",
    "capture/camera/source.py": "why_silent", "capture/camera/v4l2.py": "why_not", "capture/stream.py": "why_silent",
    "media/video/concat.py": "_lost_with_sequence", "media/video/formats.py": "_notes",
    "media/video/sequences.py": "_lost", "media/image/read.py": "_explained reason_against",
    "media/video/open.py": "why_it_broke open_media",
    "models/__init__.py": "_obstacle_to_rmbg", "models/device.py": "_cuda", "panel/studio/work.py": "end",
    "panel/server.py": "why_no_virtual_camera", "pipeline/live/loop.py": "_state",
    "scene/output_gate.py": "_fault_of", "sinks/preview/display.py": "why_no_screen",
    "sinks/streaming/sender.py": "_why", "sinks/virtual_camera/devices.py": "set_up_hint",
}  # fmt: skip


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _sentence(node: ast.AST | None) -> str:
    """With {} in place of values; '' for what is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _raised(tree: ast.AST) -> Iterator[str]:
    """The sentences of failures: SinkError(...), self.failure(...), {"error": ...}; and notes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_note = name == "append" and ast.unparse(node.func).endswith("notes.append")
            if is_note or re.fullmatch(r"\w+Error|Refused|HTTPException|failure", name):
                yield from map(_sentence, node.args)
        elif isinstance(node, ast.Dict):
            named = zip(node.keys, node.values, strict=True)
            yield from (_sentence(value) for key, value in named if _sentence(key) == "error")


def _parts(tree: ast.AST, functions: str) -> Iterator[str]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name in functions.split():
            inner = {part for node in ast.walk(function) if isinstance(node, ast.JoinedStr) for part in node.values}
            for node in ast.walk(function):
                if isinstance(node, ast.Constant | ast.JoinedStr) and node not in inner:
                    yield _sentence(node) if node is not function.body[0].__dict__.get("value") else ""


def _is_sentence(text: str) -> bool:
    return len(re.findall(r"[a-z']{2,}", text)) >= 2 and " " in text.strip()


def _shown() -> set[str]:
    found = set[str]()
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name.startswith(SHOWN):
            found |= set(_raised(_tree(file)))
        found |= set(_parts(_tree(file), PARTS.get(name, "")))
    return set(filter(_is_sentence, found))


def _core(sentence: str) -> str:
    """Without a name before it: some stand alone here and behind one there."""
    return re.sub(r"^\{\}:? ", "", sentence)


def _own(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((STATIC / f"said.{language}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_sentence_that_the_page_shows_is_in_every_language(language: str) -> None:
    shown, own = _shown(), _own(language)
    assert len(shown) > 200
    assert {"{}: {} is outside {}", "nobody watches", "is a PDF; export its page as PNG first"} <= shown
    assert not {*map(_core, shown)} - {*map(_core, own)}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_sentence_is_there_that_nobody_says(language: str) -> None:
    said = {_sentence(node) for file in PACKAGE.rglob("*.py") for node in ast.walk(_tree(file))}
    assert not {*map(_core, _own(language))} - {*map(_core, said)}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_the_same_places_in_the_same_order(language: str) -> None:
    for english, own in _own(language).items():
        assert own.strip(), english
        assert own.count("{}") == english.count("{}"), english
        assert words(language)[f"said.{english}"] == own
    assert not [each for each in words("en") if each.startswith("said.")]
