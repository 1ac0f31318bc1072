"""The doctor where a real v4l2loopback is loaded, shut, taken, held, loaded badly, or absent.

One boot; inside, this same file runs as a script and prints what it saw as JSON: states of the system, each judged
outside. The module there is 0.12.7.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
from patience import HANGS_S

from livebg.pipeline.doctor.diagnosis import diagnose
from livebg.pipeline.doctor.finding import Finding
from livebg.pipeline.doctor.state import SystemState

pytestmark = pytest.mark.vm
PATH, WEBCAM = "/dev/video20", "/dev/video10"
NODE = f"{PATH} (livebg virtual camera)"
LOOPBACK = Path("/sys/module/v4l2loopback")
LABELS = "card_label=livebg test webcam,livebg virtual camera"


def findings(seen: dict[str, Any], case: str) -> dict[str, Finding]:
    """By name."""
    return {each.name: each for each in diagnose(SystemState.from_json(seen[case]))}


def test_loaded_and_free(seen: dict[str, Any]) -> None:
    found = findings(seen, "loaded")
    assert found["virtual camera"].state == found[NODE].state == "ok"
    assert found["virtual camera"].found == "v4l2loopback, loaded with exclusive_caps=1", "this build says no version"
    assert found[NODE].found == "free"
    assert found["at boot"].state == "warning", "the virtual machine loads it by itself"


def test_livebg_writes_and_is_named_with_its_reader(seen: dict[str, Any]) -> None:
    found = findings(seen, "livebg")[NODE]
    assert found.state == "ok"
    assert found.found.startswith("livebg writes to it; read by v4l2-ctl (")


def test_a_device_that_its_first_writer_left_shut(seen: dict[str, Any]) -> None:
    found = findings(seen, "shut")[NODE]
    assert (found.state, "livebg opens it again" in found.found) == ("ok", True)


def test_another_producer_is_named(seen: dict[str, Any]) -> None:
    found = findings(seen, "ffmpeg")[NODE]
    assert found.state == "warning", "livebg takes the other device"
    assert f"ffmpeg ({seen['ffmpeg_pid']}) writes to it (YU12:320x240@" in found.found
    assert found.mend.steps == (("kill", str(seen["ffmpeg_pid"])),)


def test_a_reader_that_holds_the_size_is_named(seen: dict[str, Any]) -> None:
    found = findings(seen, "held")[NODE]
    assert found.state == "warning"
    assert found.found.startswith("v4l2-ctl (")
    assert "holds it at YU12:640x360@30, and nobody writes" in found.found


def test_a_user_who_may_not_open_it(seen: dict[str, Any]) -> None:
    found = findings(seen, "stranger")[NODE]
    assert (found.state, found.found) == ("error", "this user may not open it")
    assert found.mend.steps == (("usermod", "-aG", "video", "nobody"),)


def test_loaded_without_exclusive_caps(seen: dict[str, Any]) -> None:
    found = findings(seen, "open caps")["virtual camera"]
    assert found.state == "warning"
    assert "without exclusive_caps=1 (/dev/video10, /dev/video20)" in found.found
    assert "modprobe v4l2loopback devices=2 video_nr=10,20 exclusive_caps=1,1 " in found.mend.command(_root(seen))


def test_its_mend_loads_the_same_devices_with_exclusive_caps(seen: dict[str, Any]) -> None:
    assert "done; first end the programs that use the virtual camera" in seen["reloaded"]
    found = findings(seen, "exclusive")
    assert found["virtual camera"].state == found[NODE].state == "ok"


def test_loaded_without_a_device_and_not_loaded(seen: dict[str, Any]) -> None:
    unloaded = findings(seen, "unloaded")["virtual camera"]
    assert (unloaded.state, unloaded.found) == ("error", "v4l2loopback is installed, but not loaded")


def test_its_own_mends_load_it(seen: dict[str, Any]) -> None:
    assert [each for each in seen["mended"] if each.startswith("failed")] == []
    assert findings(seen, "after")["virtual camera"].state == "ok"


def test_the_module_is_absent(seen: dict[str, Any]) -> None:
    found = findings(seen, "absent")["virtual camera"]
    assert found.state == "error"
    assert found.found.startswith("v4l2loopback is not installed") or "not built" in found.found, "sources may be here"
    assert found.mend.needs_root


def test_a_kernel_whose_modules_are_gone(seen: dict[str, Any]) -> None:
    assert findings(seen, "updated")["virtual camera"].mend.steps == (("reboot",),)


def test_a_real_camera_free_and_in_use(seen: dict[str, Any]) -> None:
    (free,) = (each for each in findings(seen, "camera").values() if "vivid" in each.name)
    assert (free.state, free.found) == ("ok", "free")
    (used,) = (each for each in findings(seen, "camera in use").values() if "vivid" in each.name)
    assert (used.state, used.found) == ("error", f"v4l2-ctl ({seen['reader_pid']}) uses it")
    assert used.mend.steps == (("kill", str(seen["reader_pid"])),)


def test_the_command_itself(seen: dict[str, Any]) -> None:
    told = {each["name"]: each for each in seen["command"]}
    assert told[NODE]["state"] == "ok"
    assert told["camera"]["state"] == "error"
    assert seen["code"] == 9


def _root(seen: dict[str, Any]) -> Any:
    return SystemState.from_json(seen["loaded"]).user


def _look() -> SystemState:
    """Without what the virtual camera does not depend on, which takes long in here."""
    from dataclasses import replace

    from livebg.pipeline.doctor import probe_devices, probe_linux

    files = probe_devices.OpenFiles()
    linux = replace(probe_linux.linux(files), container="", programs=())
    return SystemState("linux", user=probe_linux.user(), cameras=probe_devices.cameras(files), linux=linux)


def _as_stranger() -> dict[str, Any]:
    """The same, by a user without rights: in a copy of this process, since that user may not start this Python."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(writes, json.dumps(_look().to_json()).encode())
        os._exit(0)
    os.close(writes)
    with open(reads) as answer:
        state: dict[str, Any] = json.load(answer)
    os.waitpid(child, 0)
    return state


def _until(is_so: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + HANGS_S
    while not is_so() and time.monotonic() < deadline_s:
        time.sleep(0.02)


def _load(*options: str) -> None:
    if LOOPBACK.exists():
        subprocess.run(["modprobe", "-r", "v4l2loopback"], check=True)
    subprocess.run(["modprobe", "v4l2loopback", "devices=2", "video_nr=10,20", LABELS, *options], check=True)


def _holders(path: str = PATH) -> set[str]:
    from livebg.pipeline.doctor.probe_devices import OpenFiles

    return {each.name for each in OpenFiles().users(path)}


def _reader(path: str = PATH) -> subprocess.Popen[bytes]:
    """Streams from the device until it is ended."""
    return subprocess.Popen(
        ["v4l2-ctl", "-d", path, "--stream-mmap", "--stream-count=0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end(*processes: subprocess.Popen[Any]) -> None:
    for each in processes:
        each.kill()
        each.wait()


def _written() -> dict[str, Any]:
    """livebg's own sink, under livebg's name, and a reader that stays when it goes."""
    program = Path("/tmp/livebg")
    program.symlink_to(__file__)
    writer = subprocess.Popen([sys.executable, str(program), "write"], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    reader = _reader()
    _until(lambda: "v4l2-ctl" in _holders())
    time.sleep(0.5)  # it streams, not only looks
    result = {"livebg": _look().to_json()}
    _end(writer)
    result["held"] = _look().to_json()
    _end(reader)
    result["shut"] = _look().to_json()
    return result


def _real_camera() -> dict[str, Any]:
    """The kernel's own test camera."""
    subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    state = _look()
    assert state.cameras
    reader = _reader(state.cameras[0].path)
    _until(lambda: "v4l2-ctl" in _holders(state.cameras[0].path) and _look().cameras != state.cameras)
    result = {"camera": state.to_json(), "camera in use": _look().to_json(), "reader_pid": reader.pid}
    _end(reader)
    subprocess.run(["modprobe", "-r", "vivid"], check=True)
    return result


def _inside() -> dict[str, Any]:
    from livebg.pipeline.doctor.mending import mend

    result: dict[str, Any] = {"loaded": _look().to_json(), "stranger": _as_stranger()}
    command = subprocess.run([sys.executable, "-m", "livebg", "doctor", "--json"], stdout=subprocess.PIPE, text=True)
    result |= {"command": json.loads(command.stdout), "code": command.returncode}
    result |= _real_camera() | _written()
    _load("exclusive_caps=1,1")
    colour = ["-f", "lavfi", "-i", "color=size=320x240:rate=10"]
    feed = ["ffmpeg", "-v", "error", "-re", *colour, "-pix_fmt", "yuv420p", "-f", "v4l2"]
    ffmpeg = subprocess.Popen([*feed, PATH], stdin=subprocess.DEVNULL)
    _until(lambda: "320x240" in Path("/sys/class/video4linux/video20/format").read_text())
    result |= {"ffmpeg": _look().to_json(), "ffmpeg_pid": ffmpeg.pid}
    _end(ffmpeg)
    _load("exclusive_caps=0,0")
    result["open caps"] = _look().to_json()
    result["reloaded"] = list(mend(_look, lambda command: "modprobe -r" in command))
    result["exclusive"] = _look().to_json()
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=True)
    result["unloaded"] = _look().to_json()
    result["mended"] = list(mend(_look, lambda command: "modprobe" in command))
    result["after"] = _look().to_json()
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=True)
    modules = Path("/lib/modules", os.uname().release)
    modules.unlink()
    result["updated"] = _look().to_json()
    modules.mkdir()
    result["absent"] = _look().to_json()
    return result


def _write() -> None:
    import numpy as np

    from livebg.core.types import Composite
    from livebg.sinks.virtual_camera.sink import VirtualCamera

    with closing(VirtualCamera(PATH)) as camera:
        camera.write(Composite(np.zeros((360, 640, 3), np.uint8)))
        print("writing", flush=True)
        while True:
            camera.write(Composite(np.zeros((360, 640, 3), np.uint8)))
            time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        _write()
    else:
        print(json.dumps(_inside()))
