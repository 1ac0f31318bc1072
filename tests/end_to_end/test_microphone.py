"""A real sound system: PulseAudio, whose microphone is a pipe that this test speaks into, heard through PortAudio.

Flashes go to the recorder, claps into the pipe at the same moments; this same file runs as a script that does so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from requirements import lacking
from sound import flash_times, heard, needs_ffmpeg, pulse_times

SPEAK_HZ, CHUNK = 48_000, 480
FPS, SECONDS, FLASH_EVERY = 30, 6, 15


@pytest.fixture(scope="module")
def sound_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which programs find a PulseAudio of their own; skips where there is none."""
    needs_ffmpeg()
    if shutil.which("pulseaudio") is None:
        lacking("sound", "apt install pulseaudio libasound2-plugins libportaudio2 for a real microphone")
    folder = tmp_path_factory.mktemp("pulse")
    folder.chmod(0o700)
    own = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": f"unix:{folder}/socket"}
    own["LIVEBG_PIPE"] = f"{folder}/pipe"
    own |= {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no"]
    pipe = f"file={folder}/pipe format=float32le rate={SPEAK_HZ} channels=1"
    command += ["-L", f"module-pipe-source source_name=mouth {pipe}"]
    command += ["-L", f"module-native-protocol-unix socket={folder}/socket auth-anonymous=1"]
    server = subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + 10
        while not (folder / "socket").exists() and server.poll() is None and time.monotonic() < deadline_s:
            time.sleep(0.05)
        asked = subprocess.run(
            [sys.executable, "-c", "import sounddevice; print(sounddevice.query_devices(kind='input')['name'])"],
            env=own,
            capture_output=True,
            text=True,
        )
        if asked.returncode:
            lacking("sound", f"PortAudio finds no microphone: {asked.stderr.splitlines()[-1]}")
        yield own
    finally:
        server.terminate()
        server.wait(10)


def test_a_clap_that_is_played_is_heard_with_its_flash(tmp_path: Path, sound_system: dict[str, str]) -> None:
    path = tmp_path / "a.mp4"
    paths = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2]), sound_system.get("PYTHONPATH", "")]
    environment = sound_system | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    finished = subprocess.run(
        [sys.executable, __file__, str(path)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stderr
    assert "it is recorded" in finished.stderr
    claps, flashes = np.array(pulse_times(heard(path))), np.array(flash_times(path))
    assert len(claps) >= len(flashes) - 2 >= 8
    apart_s = claps[np.abs(claps[None] - flashes[:, None]).argmin(axis=1)] - flashes
    print(f"claps after flashes, ms: {np.round(1000 * apart_s)}")
    assert abs(np.median(apart_s)) < 2 / FPS  # the pipe's own chunk and PulseAudio's are in it
    assert len(heard(path)) / SPEAK_HZ == pytest.approx(SECONDS, abs=0.2)


def test_the_whole_program_records_it(tmp_path: Path, sound_system: dict[str, str]) -> None:
    command = [sys.executable, "-m", "livebg", "run", "--source", "synthetic", "--size", "320x180", "--fps", "15"]
    command += ["--engine", "selfie", "--to", "a.webm", "--mic", "default", "--seconds", "4"]
    stopping = threading.Event()
    hum = (0.5 * np.sin(2 * np.pi * 500 * np.arange(CHUNK) / SPEAK_HZ)).astype(np.float32)
    speaker = threading.Thread(target=_speak, args=(sound_system["LIVEBG_PIPE"], lambda: hum, stopping))
    speaker.start()
    try:
        finished = subprocess.run(command, cwd=tmp_path, env=sound_system, capture_output=True, text=True, timeout=200)
    finally:
        stopping.set()
        speaker.join()
    if finished.returncode == 4:
        lacking("selfie", finished.stderr.splitlines()[-1])
    assert finished.returncode == 0, finished.stderr
    told = [line for line in finished.stderr.splitlines() if "microphone" in line]
    assert "input latency" in told[0]
    assert "its sound comes" in told[1]
    samples = heard(tmp_path / "a.webm")
    assert len(samples) > 2 * SPEAK_HZ
    assert np.sqrt((samples.astype(float) ** 2).mean()) > 0.2


def _speak(pipe: str, chunk: Callable[[], np.ndarray], stopping: threading.Event) -> None:
    with open(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0) as mouth:
        due_s = time.monotonic()
        while not stopping.wait(max(0.0, due_s - time.monotonic())):
            # What was missed is left out: made up for, it would lie in the pipe before all that follows.
            due_s = max(due_s, time.monotonic() - 0.02) + CHUNK / SPEAK_HZ
            mouth.write(chunk().tobytes())  # None, and nothing is written, while nobody listens and the pipe is full


def _record(path: Path) -> None:
    import logging
    from dataclasses import replace

    from composites import composite

    from livebg.capture.listening import Listening
    from livebg.sinks import layers
    from livebg.sinks.encodings import ENCODINGS
    from livebg.sinks.recorder import Recorder
    from livebg.stages import Frame

    logging.basicConfig(level=logging.INFO)
    claps: list[float] = []
    stopping = threading.Event()

    def chunk() -> np.ndarray:
        samples = np.zeros(CHUNK, np.float32)
        if claps:
            samples[:200], claps[:] = 0.8, []
        return samples

    speaker = threading.Thread(target=_speak, args=(os.environ["LIVEBG_PIPE"], chunk, stopping))
    speaker.start()
    microphone = Listening("default")
    time.sleep(2.0)
    sink = Recorder(path, layers.colour, ENCODINGS["colour", path.suffix], may_drop=True, fps=FPS, sound=microphone)
    begun_s, made = time.monotonic(), composite(height=48, width=64)
    for number in range(SECONDS * FPS):
        time.sleep(max(0.0, begun_s + number / FPS - time.monotonic()))
        now_s, is_flash = time.monotonic(), number % FLASH_EVERY == 7
        if is_flash:
            claps.append(now_s)
        frame = Frame(np.zeros((48, 64, 3), np.uint8), number, now_s, now_s - begun_s)
        sink.write(replace(made, image=np.full_like(made.image, 255 if is_flash else 0), frame=frame))
    sink.close()
    stopping.set()
    speaker.join()
    microphone.close()


if __name__ == "__main__":
    _record(Path(sys.argv[1]))
