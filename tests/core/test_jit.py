"""Kernels compute right whether what was compiled can be kept or not, and take arrays that must not be written to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from livebg.core import jit

PROGRAM = """
import numpy as np
from livebg.core.jit import FLOATS_IN, FLOATS_OUT, Kernel, kernel, part

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

# One whose parts are called several times, so that the compiler would leave them at a place of their own.
EVIDENCE = """
import hashlib
from pathlib import Path
import numpy as np
from livebg.core import jit
jit.SHIPPED = Path("nowhere")  # compiled here, also where the installation has it
from livebg.matting.refine import colour_evidence_numba as kernels
from matting.refine.test_colour_evidence_numba import moments_of, some_samples

height, width = 24, 40
moments = moments_of(*some_samples((height, width)))
evidence = np.zeros((height + 1) * kernels.EVIDENCE * kernels.STRIDE, np.float32)
scratch = np.zeros_like(moments), np.zeros(3 * kernels.MOMENTS * kernels.STRIDE, np.float32)
kernels.find_evidence(moments, np.ones(height * width, np.uint8), *scratch, evidence)
print(hashlib.sha256(evidence).hexdigest())
"""


def _run(folder: Path, text: str = PROGRAM, **environment: str) -> str:
    (folder / "program.py").write_text(text)
    return _ran(folder, **environment)


def _ran(folder: Path, **environment: str) -> str:
    # -B: Python takes a compiled file of its own for fresh where two edits of one length fall into the same second
    command = [sys.executable, "-B", "-W", "error", str(folder / "program.py")]
    plain = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}  # the tests' own
    plain |= dict.fromkeys(("XDG_CACHE_HOME", "LOCALAPPDATA"), str(folder / "cache"))
    finished = subprocess.run(command, capture_output=True, text=True, env={**plain, **environment})
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


OTHER = """
from livebg.core.jit import part

STEP = 1

@part
def more(value):
    return value + 1
"""


@pytest.mark.slow
def test_what_is_kept_is_fresh_only_with_the_same_constants_and_parts_of_other_files(tmp_path: Path) -> None:
    program = PROGRAM.replace("@part", "from other import STEP, more\n\n@part", 1)
    program = program.replace("= twice(values[each])", "= more(twice(values[each])) + STEP")
    other = tmp_path / "other.py"
    other.write_text(OTHER)
    assert _run(tmp_path, program) == "[2.0, 4.0, 6.0, 8.0]"
    other.write_text(other.read_text().replace("STEP = 1", "STEP = 3"))
    assert _ran(tmp_path) == "[4.0, 6.0, 8.0, 10.0]"
    other.write_text(other.read_text().replace("value + 1", "value + 3"))
    assert _ran(tmp_path) == "[6.0, 8.0, 10.0, 12.0]"


@pytest.mark.slow
def test_without_a_folder_to_keep_it_in_it_is_compiled_anyway(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    home = str(tmp_path / "home")
    assert _run(tmp_path, HOME=home, XDG_CACHE_HOME=home, LOCALAPPDATA=home) == "[0.0, 2.0, 4.0, 6.0]"


@pytest.mark.slow
def test_a_kernel_is_stored_in_the_cache_folder_and_rubbish_there_does_no_harm(tmp_path: Path) -> None:
    assert _run(tmp_path) == "[0.0, 2.0, 4.0, 6.0]"
    (stored,) = (tmp_path / "cache").rglob("__main__.double-*.kernel")
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-20])
    assert _run(tmp_path) == "[0.0, 2.0, 4.0, 6.0]"
    assert len(stored.read_bytes()) == len(whole)


@pytest.mark.slow
def test_parts_lie_within_their_kernel_and_nowhere_else(tmp_path: Path) -> None:
    program = PROGRAM.replace("result[each] = ", "result[each] = twice(values[each]) - ")
    program = program.replace("return value + value", "\n    ".join([*["value = np.sin(value)"] * 40, "return value"]))
    program += "\ncode, = double._machine_code.inspect_llvm().values()\n"
    program += "print(code.count('define linkonce_odr') - code.count('define linkonce_odr void @NRT_'))"
    assert _run(tmp_path, program).splitlines()[-1] == "0"


@pytest.mark.slow
def test_who_compiles_gets_the_numbers_of_who_finds_it_compiled(tmp_path: Path) -> None:
    """Two that compile at the same time, one that finds what they left, and one that can keep nothing."""
    program, tests = tmp_path / "evidence.py", Path(__file__).parent
    program.write_text(EVIDENCE)
    (tmp_path / "file").touch()
    path = os.pathsep.join([str(tests.parent), os.environ["PYTHONPATH"]])

    def begun(kept: Path) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(kept)}
        return subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env=environment)

    compiling = [begun(each) for each in (tmp_path / "kept", tmp_path / "kept", tmp_path / "file")]
    numbers = {each.communicate()[0] for each in compiling}
    assert len(list((tmp_path / "kept").rglob("*.kernel"))) == 1
    numbers.add(begun(tmp_path / "kept").communicate()[0])
    assert len(numbers) == 1
    assert len(numbers.pop()) == 65


def test_nothing_is_compiled_in_another_way() -> None:
    sources = [each for each in Path(jit.__file__).parents[1].rglob("*.py") if each.name != "jit.py"]
    assert not [each for each in sources if re.search(r"\bn?jit\(", each.read_text())]


def test_other_types_are_refused() -> None:
    from livebg.core.frame_difference import measure_change

    with pytest.raises(TypeError):
        measure_change(np.zeros(3, np.float64), np.zeros(3, np.uint8))
