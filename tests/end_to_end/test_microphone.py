"""A real sound system: PulseAudio, whose microphone is a pipe that this test speaks into, heard through PortAudio.

Flashes go to the recorder, claps into the pipe at the same moments; this same file runs as a script that does so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patience import HANGS_S, go_first, until
from requirements import lacking
from sound import flash_times, heard, needs_ffmpeg, pulse_times

pytestmark = pytest.mark.process
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
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=own, preexec_fn=go_first, **silent)
    try:
        until(lambda: (folder / "socket").exists() or server.poll() is not None, "PulseAudio's socket")
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
        server.wait(HANGS_S)


def test_a_clap_that_is_played_is_heard_with_its_flash(tmp_path: Path, sound_system: dict[str, str]) -> None:
    path = tmp_path / "a.mp4"
    paths = [str(Path(__file__).parents[1]), sound_system["PYTHONPATH"]]
    environment = sound_system | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, __file__, str(path)]
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=HANGS_S, preexec_fn=go_first
    )
    assert finished.returncode == 0, finished.stderr
    assert "microphone: recording" in finished.stderr
    heard_s, seen_s = np.array(pulse_times(heard(path))), np.array(flash_times(path))
    assert len(heard_s) >= len(seen_s) - 2 >= 8
    # Each against the moment at which it was made, as the script tells: a busy machine makes one of them late.
    made = json.loads(finished.stdout)
    claps_s, flashes_s = np.array(made["claps_s"]), np.array(made["flashes_s"])
    late_s = [(each[:, None] - one[None]).ravel() for each, one in ((heard_s, claps_s), (seen_s, flashes_s))]
    claps_late_s, flashes_late_s = (np.median(each[np.abs(each) < 0.25]) for each in late_s)
    apart_s = claps_late_s - flashes_late_s
    print(f"claps after flashes: {1000 * apart_s:.0f} ms, the machine without time for {made['silent_s']:.2f} s")
    assert abs(apart_s) < 2 / FPS + made["silent_s"]  # the pipe's own chunk and PulseAudio's are in it
    assert len(heard(path)) / SPEAK_HZ == pytest.approx(SECONDS, abs=0.2)


def test_the_whole_program_records_it(tmp_path: Path, sound_system: dict[str, str]) -> None:
    command = [sys.executable, "-m", "livebg", "run", "--source", "synthetic", "--size", "320x180", "--fps", "15"]
    command += ["--engine", "selfie", "--to", "a.webm", "--mic", "default", "--seconds", "4"]
    stopping = threading.Event()
    hum = (0.5 * np.sin(2 * np.pi * 500 * np.arange(CHUNK) / SPEAK_HZ)).astype(np.float32)
    speaker = threading.Thread(target=_speak, args=(sound_system["LIVEBG_PIPE"], lambda: hum, stopping))
    speaker.start()
    try:
        finished = subprocess.run(
            command, cwd=tmp_path, env=sound_system, capture_output=True, text=True, timeout=HANGS_S
        )
    finally:
        stopping.set()
        speaker.join()
    assert finished.returncode == 0, finished.stderr
    told = [line for line in finished.stderr.splitlines() if "microphone" in line]
    assert "input latency" in told[0]
    assert "its sound arrives" in told[1]
    samples = heard(tmp_path / "a.webm")
    assert len(samples) > 2 * SPEAK_HZ
    assert np.sqrt((samples.astype(float) ** 2).mean()) > 0.1, "most of it is there, the rest silence"


def _speak(pipe: str, chunk: Callable[[], np.ndarray], stopping: threading.Event) -> float:
    """For how long, in s, it was silent as the machine had no time for it: so long a card's clock stood still."""
    silent_s = 0.0
    with open(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0) as mouth:
        due_s = time.monotonic()
        while not stopping.wait(max(0.0, due_s - time.monotonic())):
            # What was missed is left out: made up for, it would lie in the pipe before all that follows.
            begun_s = max(due_s, time.monotonic() - 0.02)
            silent_s, due_s = silent_s + begun_s - due_s, begun_s + CHUNK / SPEAK_HZ
            mouth.write(chunk().tobytes())  # None, and nothing is written, while nobody listens and the pipe is full
    return silent_s


def _record(path: Path) -> None:
    import logging
    from dataclasses import replace

    from composites import composite

    from livebg.capture.microphone import MicrophoneSource
    from livebg.core.types import Frame
    from livebg.media.video import layers
    from livebg.media.video.formats import recording_form
    from livebg.sinks.recording.recorder import Recorder

    logging.basicConfig(level=logging.INFO)
    claps: list[float] = []
    spoken_s: list[float] = []
    shown_s: list[float] = []
    stopping = threading.Event()

    def chunk() -> np.ndarray:
        samples = np.zeros(CHUNK, np.float32)
        if claps:
            samples[:200], claps[:] = 0.8, []
            spoken_s.append(time.monotonic())
        return samples

    silent_s: list[float] = []
    pipe = os.environ["LIVEBG_PIPE"]
    speaker = threading.Thread(target=lambda: silent_s.append(_speak(pipe, chunk, stopping)))
    speaker.start()
    microphone = MicrophoneSource("default")
    time.sleep(2.0)
    sink = Recorder(
        path, layers.colour, recording_form("composite", path.suffix), may_drop=True, fps=FPS, sound=microphone
    )
    begun_s, made = time.monotonic(), composite(height=48, width=64)
    for number in range(SECONDS * FPS):
        time.sleep(max(0.0, begun_s + number / FPS - time.monotonic()))
        now_s, is_flash = time.monotonic(), number % FLASH_EVERY == 7
        if is_flash:
            claps.append(now_s)
            shown_s.append(now_s - begun_s)
        frame = Frame(np.zeros((48, 64, 3), np.uint8), number, now_s, now_s - begun_s)
        sink.write(replace(made, image=np.full_like(made.image, 255 if is_flash else 0), frame=frame))
    sink.close()
    stopping.set()
    speaker.join()
    microphone.close()
    print(json.dumps({"claps_s": [each - begun_s for each in spoken_s], "flashes_s": shown_s, "silent_s": silent_s[0]}))


if __name__ == "__main__":
    _record(Path(sys.argv[1]))
