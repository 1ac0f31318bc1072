"""Kernels compute right whether what was compiled can be kept or not, and take arrays that must not be written to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = """
import numpy as np
from livebg.compiled import FLOATS_IN, FLOATS_OUT, Kernel, kernel, part

@part
def twice(value):
    return value + value

@kernel(FLOATS_IN, FLOATS_OUT)
def double(values, result):
    for each in range(values.size):
        result[each] = twice(values[each])

values, result = np.arange(4, dtype=np.float32), np.empty(4, np.float32)
values.flags.writeable = False
double.prepare()
double(values, result)
print(result.tolist())
"""


def _run(folder: Path, **environment: str) -> str:
    program = folder / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-W", "error", str(program)]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_a_kernel_is_kept_beside_its_file(tmp_path: Path) -> None:
    assert _run(tmp_path) == "[0.0, 2.0, 4.0, 6.0]"
    assert list((tmp_path / "__pycache__").glob("program.double*.nbc"))


def test_without_a_folder_to_keep_it_in_it_is_compiled_anyway(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("no folder")
    (tmp_path / "home").write_text("no folder either")
    home = str(tmp_path / "home")
    assert _run(tmp_path, HOME=home, XDG_CACHE_HOME=home, LOCALAPPDATA=home) == "[0.0, 2.0, 4.0, 6.0]"


def test_rubbish_in_that_folder_does_no_harm(tmp_path: Path) -> None:
    _run(tmp_path)
    for kept in (tmp_path / "__pycache__").glob("program.double*"):
        kept.write_bytes(kept.read_bytes()[:20])
    assert _run(tmp_path) == "[0.0, 2.0, 4.0, 6.0]"


def test_other_types_are_refused() -> None:
    from livebg.matting.smoothing_kernels import measure_change

    with pytest.raises(TypeError):
        measure_change(np.zeros(3, np.float64), np.zeros(3, np.uint8))
