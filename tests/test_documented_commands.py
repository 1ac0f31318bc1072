"""Every command that the README and the pages show does what it says there, on small inputs of the same names."""

from __future__ import annotations

import io
import re
import shlex
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from films import make_film
from photos import scene
from PIL import Image as Pillow
from small_network import CountingSource, SmallNetwork
from steering import steered

from livebg.bench import child, recording, speed
from livebg.cli import build_parser, main
from livebg.models.rmbg import engine as rmbg
from livebg.pipeline import plate_capture
from livebg.pipeline.presets import save_preset

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [ROOT / "README.md", ROOT / "backgrounds" / "README.md", *sorted((ROOT / "livebg" / "docs").glob("*.md"))]
SERVICE = "starts it whenever the user logs in; tests/pipeline/service has a manager of its own"
NOT_HERE = {
    "livebg setup": "asks on a terminal; tests/end_to_end/test_setup.py has one",
    "livebg setup --undo": "the same",
    **{f"livebg service {each}": SERVICE for each in ("install", "status", "logs", "uninstall")},
    "livebg models fetch rmbg": "asks the model hub; tests/models/test_hub.py fetches from one of its own",
    "livebg run --source http://192.168.1.20:8080/video": "a phone; tests/capture/test_stream.py has one of its own",
    "livebg run --camera 1": "a camera; tests/capture/camera has those of its own",
    "livebg run --to talk.mp4 --mic default": "a microphone; tests/capture/test_microphone.py has one of its own",
    **dict.fromkeys(
        [
            "livebg run --to rtmp://live.example.com/app/KEY --mic default",
            "livebg run --to rtsp://NAME:PASSWORD@server.example.com/studio",
            "livebg run --to whip:https://server.example.com/whip/studio --mic default",
            "livebg run --to rtmps://live.example.com/app/KEY --to talk.mp4 --mic default",
        ],
        "servers; tests/sinks/streaming/test_servers.py has those of its own",
    ),
    **dict.fromkeys(
        ["livebg panel", "livebg panel --preset office"],
        "serves until Ctrl-C; tests/end_to_end/test_panel_browser.py ends it",
    ),
    "livebg tray": "needs a desktop; tests/panel/tray has one of its own",
    "livebg image --watch inbox -o done": "works until Ctrl-C; tests/pipeline/test_watch_folder.py ends it",
    "livebg video lectures/ -o done/ --jobs 2": "its processes begin with this one's main file, which is pytest's; "
    "tests/end_to_end/test_other_systems.py runs it",
}
SMALL = {  # so that a command ends soon; after its own words, where nothing else is said
    "run": "--size 64x36 --seconds 0.4 --force",
    "demo": "--size 64x36 --seconds 0.4 --force",
    "plate": "--source synthetic --size 64x36 --wait 0 --force",
    "bench": "--size 64x36 --seconds 0.3",
    "video": "--engine selfie",
    "image": "--engine selfie",
}


def _commands() -> list[str]:
    """Each once, without its comment and what stands before it or after it in a pipe."""
    found = dict[str, None]()
    for path in TEXTS:
        text = path.read_text()
        lines = [line for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
        lines += [line.replace("\n", " ") for line in re.findall(r"`(livebg\s[^\s`]+\s[^`]*)`", text)]  # no mere names
        shown = [re.search(r"(?:^|&& |\| )(livebg [a-z-][^#>]*)", line) for line in lines]
        found.update((each[1].strip(), None) for each in shown if each)
    return list(found)


COMMANDS = _commands()


def _small(words: list[str]) -> list[str]:
    """The words with inputs and outputs that every machine has."""
    text = shlex.join(words).replace("--to window", "").replace("--to virtual-camera", "").replace("CLIP", "talk.mp4")
    if words[:2] == ["preset", "save"]:
        text += " --force"
    if words[0] == "run":
        text += " --source synthetic" if "--source" not in words else ""
        text += " --to shown.png" if "--to" not in text else ""
    return shlex.split(f"{text} {SMALL.get(words[0], '')}")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a current folder with everything that the examples name; a small network for rmbg's weights."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("talk.mp4", "my-clip.mp4", "lectures/one.mp4", "lectures/two.mp4"):
        Path(name).parent.mkdir(exist_ok=True)
        make_film(tmp_path / name, 75 if name == "my-clip.mp4" else 12)
    beaches = [f"{each}beach.jpg" for each in ("", "Pictures/", "Pictures/backgrounds/")]
    for name in ("photo.jpg", "room.png", "holiday/a.jpg", "scans/a.tif", *beaches):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(scene()).save(name)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("photo.jpg").read_bytes())))
    monkeypatch.setattr(plate_capture, "_check", lambda *_: None)  # somebody sits in the drawn room
    for name in ("office", "late call", "today"):
        save_preset(name, {})
    _lend_weights(monkeypatch)
    _measure_here(monkeypatch)
    return tmp_path


def _lend_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rmbg, "CheckpointSource", lambda _: CountingSource(SmallNetwork()))


def _measure_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bench in this process, with the small network, and no time to warm up."""
    monkeypatch.setattr(speed, "WARM_S", 0.1)
    monkeypatch.setattr(recording, "FRAMES", 4)
    monkeypatch.setattr(child, "measure_speed", lambda *task: speed.measure(*task, time.monotonic()))


def test_there_are_commands_and_each_reason_has_one() -> None:
    assert len(COMMANDS) > 40
    assert set(NOT_HERE) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_livebg_understands_it(command: str) -> None:
    words = shlex.split(command)[1:]
    with pytest.raises(SystemExit, match="0") if "--help" in command else nullcontext():
        assert build_parser().parse_args(words).command


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in NOT_HERE and "--help" not in each])
def test_it_runs(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)[1:]
    with steered() if words[0] in ("ctl", "preset") else nullcontext():
        assert main(_small(words)) == 0, capfd.readouterr().err
