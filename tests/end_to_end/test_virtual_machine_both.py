"""Both virtual cameras at once, by one `livebg run`: a real v4l2loopback and PipeWire, each read by another program.

One boot, and in it the private PipeWire session; inside, this same file runs as a script and prints what it saw
as JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # inside, this file runs as a script
import numbered
from patience import HANGS_S, Program, until
from virtual_machine import run_inside

pytestmark = pytest.mark.vm
GREEN = (0, 255, 0)
LOGIND = ("seats", "sessions", "users", "machines")  # without these folders WirePlumber ends at once
AT = 0.05  # of width and height: where the background is


@pytest.fixture(scope="module")
def seen(shared: Path) -> dict[str, Any]:
    from requirements import lacking

    if any(shutil.which(each) is None for each in ("pipewire", "wireplumber", "dbus-daemon")):
        lacking("pipewire", "needs Debian's pipewire-bin, wireplumber, dbus-daemon")
    found = run_inside(Path(__file__), shared, str(shared / "pipewire"))
    print(json.dumps(found))
    return found


def is_green(pixel: list[float]) -> bool:
    """Whichever of the two standards of colour the reader takes it for."""
    return max(abs(one - other) for one, other in zip(pixel, GREEN, strict=True)) <= 60


def test_both_are_outputs_and_each_reader_gets_the_composite(seen: dict[str, Any]) -> None:
    assert re.search(r"outputs: virtual camera /dev/video\d+ .* and virtual camera livebg \(PipeWire\)", seen["log"])
    assert (seen["loopback"]["size"], seen["pipewire"]["sizes"]) == ([640, 360], ["640x360"])
    assert is_green(seen["loopback"]["pixel"])
    assert is_green(seen["pipewire"]["points"][f"{AT},{AT}"])


def test_both_were_read_at_the_same_time(seen: dict[str, Any]) -> None:
    assert seen["loopback"]["frames"] > 5
    assert seen["pipewire"]["frames"] > 5
    assert "read by" in seen["log"]


def test_it_ends_well(seen: dict[str, Any]) -> None:
    assert seen["code"] == 0, seen["log"]
    assert "Traceback" not in seen["log"]


def _read_loopback(path: str) -> dict[str, Any]:
    """Until the composite is there, then a while more."""

    def look(picture: Any) -> tuple[float, ...]:
        height, width = picture.shape[:2]
        return tuple(map(float, picture[int(AT * height), int(AT * width)][::-1]))

    def is_enough(frames: list[Any]) -> bool:
        return sum(is_green(list(each[1:])) for each in frames) > 20

    read = numbered.follow(path, is_enough, look)
    return {"size": read["size"], "frames": len(read["frames"]), "pixel": read["frames"][-1][1:]}


def _in_session(tools: Path) -> dict[str, Any]:
    plain = dict(os.environ)  # for the tools
    os.environ["PYTHONPATH"] = os.environ["LIVEBG_PATH"]
    found: dict[str, Any] = {}

    def read(seconds: float) -> Any:
        words = [str(tools / "read.py"), "--seconds", str(seconds), "--points", f"{AT},{AT}"]
        return json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=HANGS_S, env=plain).stdout)

    def is_there() -> bool:
        found["before"] = read(1.0)
        return is_green(found["before"]["points"].get(f"{AT},{AT}", [0, 0, 0]))

    with Program("livebg", folder=Path("/"), script=[__file__]) as livebg:
        livebg.says("engine: ")
        until(is_there, lambda: f"the composite in PipeWire: {found}, {livebg.error}")
        beside = [sys.executable, __file__, "loopback", re.findall(r"/dev/video\d+", livebg.error)[0]]
        with subprocess.Popen(beside, cwd="/", stdout=subprocess.PIPE, text=True) as loopback:
            found["pipewire"] = read(4.0)
            found["loopback"] = json.loads(loopback.communicate(timeout=HANGS_S)[0].splitlines()[-1])
        livebg.signal(signal.SIGINT)
        return found | {"code": livebg.end()[0], "log": livebg.error}


def _livebg() -> int:
    """`livebg run` as it is, with an engine that sees nobody: its own would take most of the machine's one core."""
    from livebg import cli, models
    from livebg.models.constant import ConstantEngine

    models.open_engine = lambda *_: ConstantEngine(0.0)
    words = ["run", "--source", "synthetic", "--size", "640x360", "--fps", "15", "--background", "#00ff00"]
    return cli.main([*words, "--to", "virtual-camera"])


def _inside(tools: str) -> int:
    """The session around this file; the tools are the system Python's."""
    for each in LOGIND:
        Path("/run/systemd", each).mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PIPEWIRE_REMOTE")}
    env["LIVEBG_PATH"] = os.environ["PYTHONPATH"]
    command = [f"{tools}/pw-lab", "--timeout", str(HANGS_S), "--", sys.executable, __file__, "session", tools]
    return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1] == "loopback":
        print(json.dumps(_read_loopback(sys.argv[2])))
    elif sys.argv[1] == "livebg":
        raise SystemExit(_livebg())
    elif sys.argv[1] == "session":
        print(json.dumps(_in_session(Path(sys.argv[2]))))
    else:
        raise SystemExit(_inside(sys.argv[1]))
