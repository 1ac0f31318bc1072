"""Whole processes at their edges: streams that are closed, broken or full; signals; endless input; no home; two runs of
one output."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from films import make_film, pictures_of
from patience import HANGS_S
from PIL import Image as Pillow

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="a shell and the devices of Linux"),
]
SMALL = "--size 160x90 --engine selfie --seconds 1"
LIVEBG = f"{sys.executable} -m livebg"
RUN = f"{LIVEBG} run --source synthetic {SMALL} --to out.mp4 --force"
IMAGE = f"{LIVEBG} image a.png --engine selfie -o out.png --force"
VIDEO = f"{LIVEBG} video a.mp4 --engine selfie -o out.mp4 --force"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_film(tmp_path / "a.mp4", 5)
    Pillow.new("RGB", (64, 48), "gray").save(tmp_path / "a.png")
    return tmp_path


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}


def _shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    environment = _environment(folder)
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=HANGS_S
    )


# Commands one after the other in one process, whose start costs most; says the exit code of each.
IN_TURN = "import sys; from livebg.cli import main; print(*(main(each.split()) for each in sys.argv[1:]))"
STREAMS = [">&-", "2>&-", ">&- 2>&- <&-", ">/dev/full", ">/dev/full 2>/dev/full"]


@pytest.mark.parametrize(
    ("command", "streams"),
    [(f"{LIVEBG} models", each) for each in STREAMS]
    + [(each, STREAMS[2]) for each in (RUN, IMAGE, VIDEO, f"{LIVEBG} devices", f"{LIVEBG} backgrounds")]
    + [(each, STREAMS[4]) for each in (RUN, VIDEO)],
)
def test_what_cannot_be_said_changes_nothing(folder: Path, command: str, streams: str) -> None:
    finished = _shell(folder, f"{command} {streams}")
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stderr
    assert "Exception ignored" not in finished.stderr
    if " -o " in command or " --to " in command:
        (made,) = folder.glob("out.*")
        assert made.stat().st_size > 0
    if made_film := list(folder.glob("out.mp4")):
        assert pictures_of(made_film[0])


def test_a_reader_that_has_gone(folder: Path) -> None:
    finished = _shell(folder, f"{LIVEBG} backgrounds | head -1; exit ${{PIPESTATUS[0]}}")
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("stdout", [">&-", ">/dev/full", "| true; exit ${PIPESTATUS[0]}"])
def test_a_picture_that_cannot_be_handed_on_is_a_failure(folder: Path, stdout: str) -> None:
    Pillow.effect_noise((600, 600), 50).convert("RGB").save(folder / "a.png")
    finished = _shell(folder, f"{LIVEBG} image - --engine selfie < a.png {stdout}")
    assert finished.returncode == 6, finished.stderr
    assert "Traceback" not in finished.stderr
    assert "stdout" in finished.stderr.splitlines()[-1]


@pytest.mark.parametrize("endless", ["/dev/zero", "/dev/urandom"])
def test_endless_input_is_refused(folder: Path, endless: str) -> None:
    lines = {
        f"image {endless} -o out.png": 2,
        f"video {endless} -o out.mp4": 3,
        f"run --source {endless} {SMALL} --to out.mp4": 3,
        f"image a.png --background {endless} -o out.jpg": 5,
        f"run --source synthetic --plate {endless} {SMALL} --to out.mp4": 2,
        f"run --source synthetic --settings {endless} {SMALL} --to out.mp4": 2,
    }
    piped = _shell(folder, f"ulimit -v 6000000; cat {endless} 2>&- | {LIVEBG} image - > out; exit ${{PIPESTATUS[1]}}")
    in_turn = _shell(folder, f"ulimit -v 6000000; {sys.executable} -c '{IN_TURN}' {shlex.join(lines)}")
    assert piped.returncode == 3, piped.stderr
    assert in_turn.stdout.split() == [str(code) for code in lines.values()], in_turn.stderr
    for error in (piped.stderr, in_turn.stderr):
        assert [each for each in error.splitlines() if not each.startswith("livebg: ")] == []


def test_a_pipe_as_a_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    lines = ("video pipe -o out.mp4", "image pipe", f"run --source pipe {SMALL} --to o.mp4")
    finished = _shell(folder, f"{sys.executable} -c '{IN_TURN}' {shlex.join(lines)}")
    assert len(finished.stdout.split()) == len(lines), finished.stderr
    assert set(finished.stdout.split()) <= {"3", "7"}, finished.stderr


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be nobody")
def test_a_user_without_passwd_entry_and_home(tmp_path: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    tmp_path.chmod(0o777)
    plain = "PATH=$PATH PYTHONPATH=$PYTHONPATH NUMBA_CACHE_DIR=$NUMBA_CACHE_DIR PYTHONDONTWRITEBYTECODE=1"
    # May read root's Python; that a home is missing is not changed by it.
    nobody = "setpriv --reuid=54321 --clear-groups --inh-caps=+dac_override --ambient-caps=+dac_override"
    finished = _shell(tmp_path, f"env -i {plain} {nobody} {RUN}")
    assert finished.returncode == 0, finished.stderr  # the light engine's networks come with livebg


@pytest.mark.parametrize(
    "command", [RUN, f"{LIVEBG} demo --seconds 1", f"{LIVEBG} video a.mp4", f"{LIVEBG} video ../a.mp4"]
)
def test_a_current_folder_that_was_deleted_is_one_line(folder: Path, command: str) -> None:
    finished = _shell(folder, f"mkdir gone; cd gone; rmdir ../gone; {command}")
    assert finished.returncode in (1, 3), finished.stderr
    assert "Traceback" not in finished.stderr, finished.stderr
    assert "No such file" in finished.stderr or "the current folder is no longer there" in finished.stderr


@pytest.mark.parametrize("kilobytes", [200_000, 500_000, 1_000_000, 1_700_000])
def test_too_little_memory_is_one_line(folder: Path, kilobytes: int) -> None:
    for command in (RUN, IMAGE, VIDEO):
        finished = _shell(folder, f"ulimit -v {kilobytes}; {command}")
        assert (finished.returncode, finished.stderr.count("\n")) == (1, 1), finished.stderr
        assert "too little memory" in finished.stderr


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_film_is_cut_off_by_any_signal_alike(tmp_path: Path, name: str) -> None:
    make_film(tmp_path / "long.mp4", 500, key_every=50)
    command = [sys.executable, "-m", "livebg", "video", "long.mp4", "--engine", "selfie", "--background", "#00ff00"]
    command += ["-o", "out.mp4", "--progress", "json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if '"progress"' in line:
                break
        work = tmp_path / ".out.mp4.livebg"
        assert (work.stat().st_mode & 0o077, {each.stat().st_mode & 0o077 for each in work.iterdir()}) == (0, {0})
        process.send_signal(getattr(signal, name))
        process.stdout.read()
    assert process.returncode == 130
    assert len(pictures_of(tmp_path / "out-partial.mp4")) > 0
    assert not (tmp_path / "out.mp4").exists()


def test_a_thread_that_is_still_in_native_code_does_not_spoil_the_end() -> None:
    """The interpreter's end stops such a thread in the middle of C++, which aborts the process."""
    code = (
        "import threading, time, cv2, numpy as np, livebg.cli\n"
        "picture = np.zeros((400, 400), np.uint8)\n"
        "def blur():\n"
        "    while True: cv2.blur(picture, (9, 9))\n"
        "def main(arguments):\n"
        "    threading.Thread(target=blur, daemon=True).start()\n"
        "    time.sleep(0.2)\n"
        "    print('all said')\n"
        "    raise KeyboardInterrupt\n"
        "livebg.cli.main = main\n"
        "from livebg.__main__ import script\n"
        "script()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANGS_S)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "all said\n", "")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(
    "arguments", ["plate --source synthetic --wait 60 -o room.png", "bench --seconds 60 --size 160x90 --engine selfie",
                  "image --watch . -o made --engine selfie"]
)  # fmt: skip
def test_other_commands_end_well_too(tmp_path: Path, arguments: str, name: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "livebg", *arguments.split()], cwd=tmp_path, env=_environment(tmp_path),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        told = process.stderr if "plate" not in arguments else process.stdout
        assert told is not None
        told.readline()
        process.send_signal(getattr(signal, name))
        _, error = process.communicate(timeout=120)
    assert process.returncode in (0, 130), error
    assert "Traceback" not in error


def test_two_runs_of_one_output(tmp_path: Path) -> None:
    """One has it, the other says so; the lock of one that was killed counts nothing."""
    line = [sys.executable, "-m", "livebg", "run", "--source", "synthetic", "--size", "160x90", "--engine", "selfie"]
    line += ["--to", "out.mp4", "--force", "--pace", "own"]
    with subprocess.Popen(line, cwd=tmp_path, env=_environment(tmp_path), stderr=subprocess.PIPE, text=True) as first:
        assert first.stderr is not None
        try:
            while not (tmp_path / "out.mp4").exists():
                assert first.poll() is None
                time.sleep(0.1)
            first.send_signal(signal.SIGSTOP)  # it still has the output, and leaves the processor to the second
            second = _shell(tmp_path, RUN)
        finally:
            first.kill()
        first.stderr.read()
    assert second.returncode == 6
    assert "another livebg is writing it" in second.stderr.splitlines()[-1]
    third = _shell(tmp_path, RUN)
    assert third.returncode == 0, third.stderr
    assert pictures_of(tmp_path / "out.mp4")
    assert [each.name for each in tmp_path.iterdir()] == ["out.mp4"]


def test_a_source_under_another_name_is_kept(folder: Path) -> None:
    os.link(folder / "a.mp4", folder / "b.mp4")
    (folder / "c.mp4").symlink_to("a.mp4")
    before = (folder / "a.mp4").read_bytes()
    names = ("b.mp4", "c.mp4", "./a.mp4", f"../{folder.name}/a.mp4")
    lines = [line.format(name) for name in names for line in (
        "run --source a.mp4 --engine selfie --to {} --force",
        "video a.mp4 --engine selfie -o {} --force",
        f"run --source synthetic --background a.mp4 {SMALL} --to {{}} --force",
    )]  # fmt: skip
    finished = _shell(folder, f"{sys.executable} -c '{IN_TURN}' {shlex.join(lines)}")
    assert len(finished.stdout.split()) == len(lines), finished.stderr
    assert set(finished.stdout.split()) <= {"2", "6"}, finished.stderr
    assert (folder / "a.mp4").read_bytes() == before
