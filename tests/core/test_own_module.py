"""livebg's own modules in another process: this livebg, and nothing of the current folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from livebg.core.own_module import ROOT, own_environment, own_module
from livebg.core.version import VERSION


@pytest.mark.slow
def test_it_finds_this_livebg_and_runs_nothing_of_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("raise SystemExit('run from the current folder')")
    environment = own_environment({key: value for key, value in os.environ.items() if key != "PYTHONPATH"})
    command = own_module("livebg", "--version")
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"livebg {VERSION}\n"), done.stderr


def test_what_the_environment_names_comes_first() -> None:
    assert own_environment({"PYTHONPATH": "a", "X": "1"}) == {"PYTHONPATH": os.pathsep.join(["a", ROOT]), "X": "1"}
    assert own_environment({})["PYTHONPATH"] == ROOT
    assert own_environment().keys() >= os.environ.keys()
