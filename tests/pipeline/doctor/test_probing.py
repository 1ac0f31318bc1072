from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from livebg.pipeline.doctor import probing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its stand-ins for programs are shell scripts")


def test_a_programs_answer(monkeypatch: pytest.MonkeyPatch, stand_in: object) -> None:
    assert callable(stand_in)
    stand_in("tells", 'echo "$1 $LC_ALL"; echo no >&2; exit 3')
    assert probing.answer("tells", "yes") == (3, "yes C\n", "no\n")
    stand_in("waits", "exec sleep 60")
    assert probing.answer("waits", timeout_s=0.05) == (-1, "", "")
    assert probing.answer("no-such-program") == (-1, "", "")
    monkeypatch.setenv("PATH", os.devnull)
    assert probing.program("tells") is None


def test_files(tmp_path: Path) -> None:
    (tmp_path / "one.conf").write_text(" a b \n")
    assert probing.text(tmp_path / "one.conf") == "a b"
    assert probing.text(tmp_path / "none") == probing.text(tmp_path) == ""
    assert probing.user_name()
    assert probing.found("/*.conf", "none/*", root=tmp_path) == [tmp_path / "one.conf"]
