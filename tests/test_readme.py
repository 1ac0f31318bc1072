"""What the README says is so: its table, its commands, its examples, its annotated tree."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from readme_table import README, with_table

from livebg import models
from livebg.cli import EXIT_CODES, build_parser
from livebg.models.constant import ConstantEngine
from livebg.pipeline.photo import processor

ROOT = README.parent
TEXT = README.read_text()


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_settings_table_is_the_generated_one() -> None:
    assert with_table(TEXT) == TEXT, "run: python tests/readme_table.py"


def test_the_gate_runs_the_readmes_own_commands() -> None:
    gate = (ROOT / ".ci" / "run").read_text()
    for command in ("python -m pip install . && livebg demo", "python -m pip install '.[test]' && pytest"):
        assert any(command == line.strip() for block in _blocks("bash") for line in block.splitlines())
        assert command in gate


def test_the_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("me.jpg", np.full((36, 64, 3), 200, np.uint8))
    examples = _blocks("python")
    assert len(examples) == 1
    short = "livebg.run(source='synthetic', size='64x36', seconds=0.3, on_composite="
    exec(examples[0].replace("livebg.run(", short), {})


def test_every_file_of_the_tree_exists_and_every_room_is_in_it() -> None:
    tree = next(block for block in _blocks("text") if "livebg/" in block)
    named = set(re.findall(r"[\w/]+\.py\b", tree))
    files = {each.name for each in (ROOT / "livebg").rglob("*.py")} - {"__main__.py"}
    assert named == files


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_the_exit_codes_are_the_programs() -> None:
    for code, meaning in re.findall(r"(\d+) ([a-z ]+)", EXIT_CODES):
        assert re.search(rf"\| {code} \| .*{meaning.split()[0]}", TEXT), (code, meaning)


@pytest.mark.parametrize("place", ["README.md", "backgrounds/README.md"])
def test_every_command_is_one_that_livebg_understands(place: str) -> None:
    text = (ROOT / place).read_text()
    lines = [line for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    lines += [line for line in re.findall(r"`(livebg [^`\n]*)`", text) if line.count(" ") > 1]  # else a command's name
    commands = [line[line.rindex("livebg ") :] for line in lines if "livebg " in line]
    assert commands
    for command in commands:
        build_parser().parse_args(shlex.split(re.split("[<>|&]", command)[0], comments=True)[1:])
