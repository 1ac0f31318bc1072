"""`livebg setup` on a system with no virtual camera: the doctor names it, setup makes it, a client reads it; undone.

One boot; inside, this same file runs as a script and prints what it saw as JSON. The module there is 0.12.7, the camera
is the kernel's own test camera.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script

pytestmark = pytest.mark.vm
BOOT_FILES = ("/etc/modules-load.d/livebg.conf", "/etc/modprobe.d/livebg.conf")
LOOPBACK = "/sys/module/v4l2loopback"
SETTINGS = "# mine\nsize = '320x180'\nfps = 10\n"


def test_the_doctor_names_what_is_missing(seen: dict[str, Any]) -> None:
    found = {each["name"]: each for each in seen["doctor"]}
    assert (found["virtual camera"]["state"], found["virtual camera"]["can_fix"]) == ("error", True)
    assert found["virtual camera"]["found"] == "v4l2loopback is installed, but not loaded"


def test_setup_mends_it_and_keeps_it_for_the_next_boot(seen: dict[str, Any]) -> None:
    code, lines, error = seen["setup"]
    assert code == 0, (lines, error)
    assert "  run modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg" in [f"  {each}" for each in lines]
    assert "  v4l2loopback is loaded, at each boot, too" in lines
    assert seen["boot files"] == [
        "v4l2loopback\n",
        "options v4l2loopback devices=1 exclusive_caps=1 card_label=livebg\n",
    ]


def test_a_client_has_read_the_picture_that_was_sent(seen: dict[str, Any]) -> None:
    _, lines, _ = seen["setup"]
    (line,) = (each for each in lines if "read back" in each and "/dev/video" in each)
    assert line.endswith(": 6 pictures read back, as they were sent")


def test_it_says_what_to_choose(seen: dict[str, Any]) -> None:
    _, lines, _ = seen["setup"]
    at = lines.index("done. Start it: livebg run. Then choose the camera in your call application:")
    assert lines[at + 1].endswith(": livebg")


def test_undo_takes_it_all_back(seen: dict[str, Any]) -> None:
    code, lines = seen["undo"]
    assert code == 0, lines
    assert seen["left"] == [], "no file, no module"
    assert seen["settings"] == SETTINGS


def _livebg(*words: str) -> tuple[int, list[str], str]:
    done = subprocess.run([sys.executable, "-m", "livebg", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def _inside() -> dict[str, Any]:
    Path("/.dockerenv").unlink(missing_ok=True)  # the root file system may be a container's, the kernel is none's
    os.environ.pop("container", None)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        os.environ[name] = f"/tmp/setup/{name}"
    settings = Path(os.environ["XDG_CONFIG_HOME"], "livebg", "settings.toml")
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS)
    subprocess.run(["modprobe", "-r", "v4l2loopback"], check=True)
    subprocess.run(["modprobe", "vivid", "n_devs=1", "node_types=0x1"], check=True)
    result: dict[str, Any] = {"doctor": json.loads("\n".join(_livebg("doctor", "--json")[1]))}
    result["setup"] = _livebg("setup", "--yes")
    result["boot files"] = [Path(each).read_text() for each in BOOT_FILES if Path(each).exists()]
    result["undo"] = _livebg("setup", "--undo", "--yes")[:2]
    result["left"] = [each for each in (*BOOT_FILES, LOOPBACK) if Path(each).exists()]
    return result | {"settings": settings.read_text()}


if __name__ == "__main__":
    print(json.dumps(_inside()))
