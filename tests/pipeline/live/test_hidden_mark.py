"""Who hides stays hidden over livebg's death."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from livebg.core.user_folders import runtime_folder
from livebg.pipeline.live.hidden_mark import HiddenMark, take_left_mark

GONE = 2**22 + 1  # no system has a process of this number


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return runtime_folder()


def test_it_is_there_while_somebody_hides(runtime: Path) -> None:
    mark = HiddenMark()
    mark.follow(False)
    assert not runtime.exists()
    for is_hidden in (True, True, False, False, True):
        mark.follow(is_hidden)
        assert (runtime / f"hidden-{os.getpid()}").exists() is is_hidden
    assert not take_left_mark(), "that of a livebg that runs is not left"
    assert (runtime / f"hidden-{os.getpid()}").exists()


def test_that_of_a_dead_livebg_counts_once(runtime: Path) -> None:
    HiddenMark().follow(True)
    (runtime / f"hidden-{os.getpid()}").rename(runtime / f"hidden-{GONE}")
    assert [take_left_mark(), take_left_mark()] == [True, False]


def test_that_of_a_dead_livebg_counts_where_another_process_has_its_number(runtime: Path) -> None:
    """In a container, livebg gets the same number at each start."""
    HiddenMark().follow(True)
    os.utime(runtime / f"hidden-{os.getpid()}", (1e9, 1e9))
    assert [take_left_mark(), take_left_mark()] == [True, False]


@pytest.mark.skipif(sys.platform == "win32", reason="no process outlives its end there")
def test_that_of_a_dead_livebg_counts_before_its_parent_takes_note(runtime: Path) -> None:
    HiddenMark().follow(True)
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        (runtime / f"hidden-{os.getpid()}").rename(runtime / f"hidden-{dead.pid}")
        assert take_left_mark()


def test_a_folder_of_somebody_else_hides_nobody(tmp_path: Path, runtime: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / f"hidden-{GONE}").touch()
    runtime.symlink_to(tmp_path / "elsewhere")
    assert not take_left_mark()
    HiddenMark().follow(True)
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1
