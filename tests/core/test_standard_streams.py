"""stdin, stdout and stderr as a process gets them; whole commands in end_to_end/test_process_edges.py."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")


def _python(code: str, streams: str) -> subprocess.CompletedProcess[str]:
    code = f"from livebg.core import standard_streams as s\ns.prepare()\n{code}"
    command = ["bash", "-c", f'"$0" -c "$1" {streams}', sys.executable, code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.slow
def test_a_file_does_not_get_the_number_of_a_closed_stream(tmp_path: object) -> None:
    code = f"f = open({str(tmp_path)!r} + '/a', 'w')\nprint('said')\nassert f.fileno() > 2\nf.close()"
    code += f"\nassert not open({str(tmp_path)!r} + '/a').read()"
    for streams in (">&-", "<&- >&-", "<&- >&- 2>&-", "2>&-"):
        assert _python(code, streams).returncode == 0


def test_what_is_started_has_the_streams_too() -> None:
    code = "import subprocess, sys\n"
    code += "sys.exit(subprocess.run([sys.executable, '-c', 'import sys; sys.stdout.write(str(1))']).returncode)"
    assert _python(code, ">&-").returncode == 0


def test_a_full_stdout_is_said_once() -> None:
    finished = _python("print('a', flush=True)\nprint('b', flush=True)", ">/dev/full")
    assert finished.returncode == 0
    assert finished.stderr == "livebg: stdout cannot be written: No space left on device; where does it lead?\n"


def test_letters_that_an_encoding_lacks() -> None:
    command = [sys.executable, "-c", "from livebg.core import standard_streams as s; s.prepare(); print('a \u2192 b')"]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout == "a \\u2192 b\n"


def test_a_closed_stdout_takes_no_picture() -> None:
    finished = _python("try:\n    s.data_out()\nexcept Exception as e:\n    raise SystemExit(e.exit_code)", ">&-")
    assert finished.returncode == 6
