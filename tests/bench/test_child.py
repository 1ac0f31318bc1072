"""A real child answers, fails with our own error, or dies; an interrupted asker leaves none behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import pytest

from livebg.bench import child, recording
from livebg.core.errors import BackgroundError, LivebgError
from livebg.core.settings import Settings

SMALL = Settings(size="64x36", background="no-such-background")


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> recording.Recording:
    monkeypatch.setattr(recording, "FRAMES", 2)
    return recording.record(SMALL, tmp_path)


@pytest.mark.slow
def test_a_childs_failure_is_the_same_failure_here(recorded: recording.Recording) -> None:
    with pytest.raises(BackgroundError, match="no-such-background"):
        child.measure_speed(SMALL, recorded, "own", 0.1)


@pytest.mark.slow
def test_a_child_without_an_answer_is_said(recorded: recording.Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which("false")
    if program is None:
        pytest.skip("the system has no program called false")
    monkeypatch.setattr(sys, "executable", program)
    with pytest.raises(LivebgError, match="ended without an answer \\(code 1\\)"):
        child.measure_speed(SMALL, recorded, "own", 0.1)


@pytest.mark.slow
def test_an_interrupt_ends_the_child(recorded: recording.Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []

    class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
        def communicate(self, *_: Any, **__: Any) -> NoReturn:
            started.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        child.measure_speed(SMALL, recorded, "own", 0.1)
    assert started[0].returncode is not None


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself this signal there")
def test_an_interrupt_while_it_starts_ends_the_child(
    recorded: recording.Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        child.measure_speed(SMALL, recorded, "own", 0.1)
    assert started[0].returncode is not None


def test_a_child_that_does_not_listen_is_made_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE_S", 0.05)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deaf\n"
        child._end(process, KeyboardInterrupt)
    assert process.returncode != 0
    child._end(process, KeyboardInterrupt)


@pytest.mark.slow
def test_an_answer_carries_the_failures_kind(recorded: recording.Recording) -> None:
    task = {"settings": asdict(SMALL), "recording": asdict(recorded), "pace": "own", "seconds": 0.1, "began_s": 0.0}
    told = child.answer(task)
    assert told["exit_code"] == 5
    assert "no-such-background" in told["error"]
