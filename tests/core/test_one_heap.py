"""Threads take their memory from the process's one heap."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import ctypes, sys, threading
from livebg.core.one_heap import use_one_heap

assert len(sys.argv) == 2 or use_one_heap()
kept = []
for _ in range(3):
    thread = threading.Thread(target=lambda: kept.append(bytearray(50_000)))
    thread.start()
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize("is_one", [False, True])
def test_threads_have_heaps_of_their_own_or_none(tmp_path: Path, is_one: bool) -> None:
    told = tmp_path / "heaps.xml"
    words = ["one heap"] if is_one else []
    subprocess.run([sys.executable, "-c", PROGRAM, str(told), *words], check=True)
    assert (told.read_text().count("<heap nr=") == 1) == is_one
