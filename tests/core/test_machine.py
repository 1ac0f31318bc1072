"""The card says something in every field; what cannot be found is said, not left out."""

from __future__ import annotations

import mmap
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from livebg.core import machine


def test_every_field_says_something() -> None:
    card = machine.card()
    assert list(card) == ["processor", "cores", "memory", "load", "gpu", "system", "versions"]
    assert all(card.values())
    assert int(card["cores"]) == machine.cores() >= 1
    assert "Python 3." in card["versions"]
    assert machine._versions(["no-such-package"]) == ["no-such-package absent"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("processor : 0\nmodel name\t: Fast One\nflags\t: fpu avx2 amx_bf16 avx\n", "Fast One (avx2 amx_bf16)"),
        ("model name : Plain One\n", "Plain One"),
    ],
)
def test_a_processor_has_its_name_and_what_decides_its_speed(text: str, shown: str, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert machine.processor(tmp_path / "cpuinfo") == shown
    assert machine.processor(tmp_path / "absent")


def test_a_card_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [subprocess.CompletedProcess([], 0, "H1, 80 MiB, 1\nH2, 80 MiB, 1\n", "")]
    answers += [subprocess.CompletedProcess([], 9, "", "failed"), subprocess.TimeoutExpired("nvidia-smi", 10)]

    def run(*_: Any, **__: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(shutil, "which", lambda _: "nvidia-smi")
    monkeypatch.setattr(subprocess, "run", run)
    silent = "NVIDIA's driver does not answer"
    assert [machine._gpu() for _ in range(3)] == ["H1, 80 MiB, 1; H2, 80 MiB, 1", silent, silent]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert machine._gpu() in ("none found", "AMD", "Apple")


def test_memory_grows_with_what_is_held() -> None:
    before, _ = machine.memory_bytes()
    held = mmap.mmap(-1, 50_000_000)  # pages that no earlier freed memory can stand in for
    held.write(b"x" * 50_000_000)
    now, highest = machine.memory_bytes()
    assert now - before > 40_000_000
    assert highest == 0 or highest >= now - 1_000_000
    held.close()
