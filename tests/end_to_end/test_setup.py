"""`livebg setup` at a real terminal: somebody answers, changes the mind by Ctrl-C, and takes everything back."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from patience import HANGS_S
from pipewire_lab import lab, run_inside

from livebg.core.settings_file import load_file

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform == "win32", reason="it has no terminals of this kind"),
]
OLD = "# mine\nfps = 24  # enough\n"
CTRL_C = "\x03"
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from recorded_systems import FEDORA, system
from livebg.pipeline.doctor import probe
CAMERAS = [{{"name": "Integrated", "path": "/dev/video0"}}, {{"name": "Brio", "path": "/dev/video2"}}]
seen = system(FEDORA, {{"cameras": CAMERAS, "linux.loopback.is_loaded": False, "linux.loopback.at_boot": False}})
probe.probe, probe.look_again = lambda: seen, lambda before: before
sys.argv[1:] = {words!r}
from livebg.__main__ import script
script()
"""


class Terminal:
    """A program on a terminal of its own, in this home."""

    def __init__(self, home: Path, *words: str) -> None:
        program = home / "program.py"
        program.write_text(PROGRAM.format(tests=str(Path(__file__).resolve().parent.parent), words=list(words)))
        homes = (
            "HOME",
            *(f"XDG_{each}" for each in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME", "CACHE_HOME", "RUNTIME_DIR")),
        )
        here = {**os.environ, **dict.fromkeys(homes, str(home)), "HF_HUB_OFFLINE": "1"}
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            here.pop(name, None)
        self._screen, end = os.openpty()
        pipes: dict[str, Any] = {"stdin": end, "stdout": end, "stderr": end}
        self._process = subprocess.Popen(
            [sys.executable, str(program)],
            env=here,
            cwd=home,
            start_new_session=True,
            preexec_fn=_own_terminal,
            **pipes,
        )
        os.close(end)
        self.shown, self._read_to = "", 0

    def answers(self, question: str, said: str) -> None:
        """Waits until the question is shown, then types."""
        while question not in self.shown[self._read_to :]:
            assert self._read(), f"{question!r} did not come: {self.shown[-2000:]}"
        self._read_to = self.shown.index(question, self._read_to) + len(question)
        os.write(self._screen, said.encode())

    def _read(self) -> bool:
        ready, _, _ = select.select([self._screen], [], [], HANGS_S)
        try:
            data = os.read(self._screen, 65536) if ready else b""
        except OSError:  # Linux' word for: nobody is on the other end any more
            data = b""
        self.shown += data.decode(errors="replace")
        return bool(data)

    def ends(self) -> int:
        """The exit code."""
        ends_s = time.monotonic() + HANGS_S
        while self._read() and time.monotonic() < ends_s:
            pass
        os.close(self._screen)
        return self._process.wait(HANGS_S)


def _own_terminal() -> None:
    """So that Ctrl-C is a signal: stdin's terminal becomes this session's."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "livebg").mkdir()
    (tmp_path / "livebg" / "settings.toml").write_text(OLD)
    return tmp_path


def answered(terminal: Terminal) -> None:
    terminal.answers("modprobe v4l2loopback devices=1 exclusive_caps=1 card_label=livebg [y/N] ", "n\n")
    terminal.answers("which camera? 1 to 2 [1] ", "2\n")


def test_answers_are_kept_and_taken_back(home: Path) -> None:
    terminal = Terminal(home, "setup")
    answered(terminal)
    terminal.answers("which background? 1 to ", "bookshelf\n")
    terminal.answers("of a drawn person: ", "\n")
    terminal.answers("whenever you log in [y/N] ", "n\n")
    code = terminal.ends()
    settings = home / "livebg" / "settings.toml"
    assert settings.read_text() == f'{OLD}camera = "Brio"\nbackground = "bookshelf"\n'
    assert (home / "livebg" / "settings.toml.before-setup").read_text() == OLD
    assert code == 6, "this machine has no virtual camera that could be read back"
    assert "Traceback" not in terminal.shown
    back = Terminal(home, "setup", "--undo")
    assert back.ends() == 0, back.shown
    assert settings.read_text() == OLD
    assert [each.name for each in (home / "livebg").iterdir() if "setup" in each.name] == []


def test_ctrl_c_at_a_question_changes_nothing(home: Path) -> None:
    terminal = Terminal(home, "setup")
    answered(terminal)
    terminal.answers("which background? 1 to ", CTRL_C)
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.shown
    assert load_file(home / "livebg" / "settings.toml") == {"fps": 24}
    assert sorted(each.name for each in (home / "livebg").iterdir() if each.is_file()) == ["settings.toml"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PipeWire is Linux'")
def test_pipewires_camera_is_read_back_without_root(shared: Path, home: Path) -> None:
    """In a session with a camera that only PipeWire has."""
    tool = lab(shared)
    (home / "livebg" / "settings.toml").write_text("size = '320x180'\nfps = 10\n")
    camera = f"'{tool.parent / 'publish_ctypes.py'}' --name 'Front camera' --node front --format NV12 --size 640x360"
    script = f"{camera} & until pw-dump | grep -q 'Front camera'; do sleep 0.1; done; "
    script += f"PYTHONPATH=$LIVEBG_PATH exec '{sys.executable}' -m livebg setup --yes"
    folders = {f"XDG_{each}_HOME": str(home) for each in ("CONFIG", "STATE")}
    lines = run_inside(tool, "sh", "-c", script, folder=home, HF_HUB_OFFLINE="1", **folders).splitlines()
    assert "  camera: pipewire:Front camera" in lines
    assert "  pipewire:livebg: 6 pictures read back, as they were sent" in lines
