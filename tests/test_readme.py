"""What the README and the pages say is so: commands, examples, links, settings, exit codes."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest
from films import make_film
from plugin_package import installed
from settings_page import PAGE, with_tables

from livebg import models
from livebg.cli import EXIT_CODES, build_parser, main
from livebg.cli.help import TOPICS
from livebg.models.constant import ConstantEngine
from livebg.pipeline.photo import processor

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = sorted((ROOT / "livebg" / "docs").glob("*.md"))
TEXTS = [README, ROOT / "backgrounds" / "README.md", *PAGES]


def _blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_readme_and_a_versions_changes_are_short() -> None:
    assert len(README.read_bytes()) <= 10_000
    newest = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]
    assert newest.count("\n") <= 100, "what users notice, a line or two each; the rest is in the commits"


def test_the_readme_names_every_page() -> None:
    linked = re.findall(r"\]\(livebg/docs/([\w-]+)\.md\)", README.read_text())
    assert set(linked) == set(TOPICS) == {each.stem for each in PAGES}


def test_the_settings_page_is_the_generated_one() -> None:
    text = PAGE.read_text()
    assert with_tables(text) == text, "run: python tests/settings_page.py"


def test_the_gate_runs_the_readmes_own_commands() -> None:
    gate = (ROOT / ".ci" / "run").read_text()
    for command in ("python -m pip install . && livebg demo", "python -m pip install '.[test]' && pytest"):
        assert any(command == line.strip() for block in _blocks(README, "bash") for line in block.splitlines())
        assert command in gate
    assert "`pytest --all`" in README.read_text()
    assert "\npytest --all\n" in gate


EXAMPLES = _blocks(ROOT / "livebg" / "docs" / "python.md", "python")


@pytest.mark.slow
@pytest.mark.parametrize("code", EXAMPLES)
def test_the_python_examples_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.chdir(tmp_path)
    Path("holiday").mkdir()
    for name in ("me.jpg", "holiday/a.jpg", "holiday/b.jpg"):
        cv2.imwrite(name, np.full((36, 64, 3), 200, np.uint8))
    make_film(tmp_path / "clip.mp4", 4)
    exec(code.replace("seconds=1", "seconds=0.3, size='64x36'"), {"__name__": "example"})
    for made, word in {
        "me-bookshelf.png": "me-bookshelf",
        "holiday/b.matte.png": "mattes(paths)",
        "newest.jpg": "newest",
    }.items():
        assert Path(made).exists() == (word in code)


@pytest.mark.slow
def test_the_plug_in_of_the_python_page_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installed by its own lines of pyproject.toml."""
    (code,) = [each for each in EXAMPLES if "class Notes" in each]
    (project,) = _blocks(ROOT / "livebg" / "docs" / "python.md", "toml")
    entries = tomllib.loads(project)["project"]["entry-points"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with installed(tmp_path / "package", code, entries, "my_package"):
        options = ["run", "--source", "synthetic", "--size", "64x36", "--seconds", "0.3", "--no-control"]
        assert main([*options, "--engine", "squares", "--background", "dusk:0.4", "--to", "notes:out.txt"]) == 0
    lines = Path("out.txt").read_text().splitlines()
    assert lines
    assert all(each.startswith("(36, 64, 3) 0.") for each in lines)


@pytest.mark.parametrize("path", [*TEXTS, ROOT / "CHANGELOG.md"], ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text()):
        place, _, heading = target.partition("#")
        if not place.startswith("https://"):
            linked = (path.parent / place).resolve() if place else path
            assert linked.exists(), target
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE) if heading else []
            assert not heading or heading in [each.lower().replace(" ", "-") for each in headings], target


def test_the_exit_codes_are_the_programs() -> None:
    text = (ROOT / "livebg" / "docs" / "troubleshooting.md").read_text()
    for code, meaning in re.findall(r"(\d+) ([a-z ]+)", EXIT_CODES):
        assert re.search(rf"\| {code} \| .*{meaning.split()[0]}", text), (code, meaning)


@pytest.mark.parametrize("path", TEXTS, ids=_name)
def test_every_option_that_is_named_exists(path: Path) -> None:
    named = set(re.findall(r"`(--[a-z][a-z-]+[a-z])", path.read_text()))
    assert named <= _options(build_parser())


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Of the program and of each of its commands."""
    found = {option for action in parser._actions for option in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(*(_options(each) for each in action.choices.values()))
    return found
