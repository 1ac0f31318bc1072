"""pip is asked, and what it says is passed on."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from livebg.core.package_index import ask_pip


@pytest.mark.slow
def test_what_pip_said_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said = ask_pip("download", "no-such-package-of-anybodys", f"--dest={tmp_path}")
    assert "ERROR" in said
    assert "no-such-package-of-anybodys" in said
    assert "\n" not in said


def test_a_python_without_pip_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert ask_pip("download", "anything") == "No module named pip"


@pytest.mark.slow
def test_a_program_without_a_console_can_ask_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for absent in (None, io.StringIO()):
        monkeypatch.setattr(sys, "stderr", absent)
        assert "no-such-package" in ask_pip("download", "no-such-package-of-anybodys", f"--dest={tmp_path}")
