"""Kernels compiled in other processes: the files come, a failure is named, and whoever gives up leaves no process."""

from __future__ import annotations

import importlib
from pathlib import Path

import psutil
import pytest

from livebg.core.compile_apart import compile_apart
from livebg.core.frame_difference import measure_change

KERNEL = "livebg.core.frame_difference:measure_change"


@pytest.mark.process
def test_the_files_that_come_are_those_that_load(tmp_path: Path) -> None:
    looks = list[int]()
    assert compile_apart([KERNEL], tmp_path, 2, lambda: looks.append(0)) == ""
    assert [each.name for each in tmp_path.iterdir()] == [f"{measure_change.name}-{measure_change.key}.kernel"]
    assert looks


@pytest.mark.process
def test_why_a_process_failed(tmp_path: Path) -> None:
    assert "no_such_kernel" in compile_apart(["livebg.core.frame_difference:no_such_kernel"], tmp_path, 1)


@pytest.mark.process
def test_who_gives_up_leaves_no_process(tmp_path: Path) -> None:
    class GivenUpError(Exception):
        pass

    def give_up() -> None:
        raise GivenUpError

    before = {each.pid for each in psutil.Process().children()}
    with pytest.raises(GivenUpError):
        compile_apart([KERNEL] * 2, tmp_path, 2, give_up)
    assert {each.pid for each in psutil.Process().children()} <= before


def test_what_no_kernel_uses_may_be_absent() -> None:
    module = importlib.import_module("livebg.core.compile_apart")
    stand_in = module._Absent("cv2")
    assert stand_in.INTER_AREA == 0
    with pytest.raises(AttributeError):
        stand_in.__path__  # noqa: B018 - the access is the test


def test_it_ends_when_livebg_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("livebg.core.compile_apart")
    parents = iter((4711, 1))
    monkeypatch.setattr(module.os, "getppid", lambda: next(parents))
    module.main(["now", str(tmp_path), KERNEL])
    assert list(tmp_path.iterdir()) == []
