"""livebg as the panel's child: whole processes, whose panel goes away."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import HANGS_S, frames_so_far, until

from livebg.core.own_module import own_environment, own_module
from livebg.panel.child_process import GIVES_WAY

pytestmark = [pytest.mark.process, pytest.mark.slow]


@contextmanager
def _begun(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = own_module("livebg.panel.child_process", *arguments)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, env=own_environment(), cwd=folder) as process:
        try:
            yield process
        finally:
            process.kill()


def _end_as_the_panel_does(process: subprocess.Popen[bytes]) -> int:
    """By a kill: its ends of the child's pipes close, whatever else the child has to say."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.close()
    process.stderr.close()
    return process.wait(HANGS_S)


def _parts(film: Path) -> list[bytes]:
    """The names of an MP4 file's outermost boxes."""
    content, names, at = film.read_bytes(), list[bytes](), 0
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        names.append(name)
        at += size if size > 1 else struct.unpack_from(">Q", content, at + 8)[0]
    return names


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="Windows has other priorities")
def test_work_gives_way_and_ends_with_the_panel(tmp_path: Path) -> None:
    with _begun(tmp_path, GIVES_WAY, "image", "--watch", ".", "--engine", "selfie") as process:
        assert process.stderr is not None
        assert b"watching" in process.stderr.readline()
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
        assert _end_as_the_panel_does(process) in (0, 130)


def test_the_live_loop_ends_with_the_panel_and_its_recording_is_whole(tmp_path: Path) -> None:
    film = tmp_path / "call.mp4"
    plain = ("--source", "synthetic", "--size", "160x90", "--fps", "15", "--engine", "selfie", "--background", "blur")
    with _begun(tmp_path, "run", *plain, "--to", film.name) as process:
        until(lambda: len(frames_so_far(film)) > 5 or process.poll() is not None, "a recording", rarest_s=0.2)
        assert _end_as_the_panel_does(process) == 0
    assert _parts(film)[-1] == b"moov", "the index, which a recording gets at its end"
    assert len(frames_so_far(film)) > 5
