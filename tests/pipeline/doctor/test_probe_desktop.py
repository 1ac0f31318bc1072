from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("its stand-ins for programs are shell scripts", allow_module_level=True)

from livebg.pipeline.doctor import probe_desktop
from livebg.pipeline.doctor.state_systems import Program

PutProgram = Callable[[str, str], None]
CONSENT = '{"type":"a{sas}v","data":[{"org.mozilla.firefox":["no"],"":["yes"]},{"type":"y","data":0}]}'


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Its runtime folder, with PipeWire's socket."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    monkeypatch.delenv("PIPEWIRE_REMOTE", raising=False)
    monkeypatch.delenv("PIPEWIRE_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "pipewire-0").touch()
    return tmp_path


@pytest.mark.usefixtures("session")
def test_a_whole_desktop(stand_in: PutProgram) -> None:
    stand_in("busctl", f"""case "$*" in *Lookup*) echo '{CONSENT}';; *) echo "b true";; esac""")
    seen = probe_desktop.pipewire({"pipewire", "wireplumber", "xdg-desktop-portal"})
    assert (seen.is_running, seen.has_session_manager, seen.has_portal, seen.has_camera) == (True, True, True, True)
    assert seen.consent == (("", "yes"), ("org.mozilla.firefox", "no"))


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("script", "consent"),
    [
        ('echo "No entry for camera" >&2; exit 1', ()),
        ('echo "The name is not activatable" >&2; exit 1', None),
        ("echo nonsense", None),
        ("echo '{\"data\": []}'", None),
    ],
)
def test_a_store_that_has_no_entry_or_no_answer(stand_in: PutProgram, script: str, consent: object) -> None:
    stand_in("busctl", script)
    seen = probe_desktop.pipewire(set())
    assert seen.consent == consent
    assert (seen.is_running, seen.has_camera) == (False, None)


def test_the_pipewire_of_another_session_is_not_ours(session: Path, stand_in: PutProgram) -> None:
    stand_in("busctl", "exit 1")
    (session / "pipewire-0").unlink()
    seen = probe_desktop.pipewire({"pipewire", "wireplumber"})
    assert (seen.is_running, seen.has_session_manager) == (False, False)


def test_without_a_session_nobody_is_asked(stand_in: PutProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    stand_in("busctl", f"echo '{CONSENT}'")
    seen = probe_desktop.pipewire({"pipewire", "xdg-desktop-portal"})
    assert (seen.is_running, seen.has_portal, seen.consent) == (False, False, None)


def test_programs_from_packages_snap_and_flatpak(
    stand_in: PutProgram, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    snaps, flatpaks = tmp_path / "snap", tmp_path / "flatpak"
    monkeypatch.setattr(probe_desktop, "_SNAPS", (snaps,))
    monkeypatch.setattr(probe_desktop, "_FLATPAKS", (flatpaks,))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for each in ("firefox", "zoom"):
        stand_in(each, "")
    for each in ("firefox", "chromium"):
        (snaps / each / "current").mkdir(parents=True)
    stand_in(
        "snap", "echo 'Interface Plug Slot Notes'; echo \"camera $2:camera $(test $2 = firefox && echo -) :camera\""
    )
    for name, devices in (("org.mozilla.firefox", "dri;all;"), ("us.zoom.Zoom", "dri;"), ("com.slack.Slack", "all;")):
        folder = flatpaks / "app" / name / "current" / "active"
        folder.mkdir(parents=True)
        (folder / "metadata").write_text(f"[Application]\nname={name}\n\n[Context]\ndevices={devices}\n")
    (flatpaks / "overrides").mkdir()
    (flatpaks / "overrides" / "com.slack.Slack").write_text("[Context]\ndevices=!all;\n")
    assert probe_desktop.programs() == (
        Program("Firefox", "snap", "firefox", False),
        Program("Firefox", "flatpak", "org.mozilla.firefox", True),
        Program("Chromium", "snap", "chromium", True),
        Program("Zoom"),
        Program("Zoom", "flatpak", "us.zoom.Zoom", False),
        Program("Slack", "flatpak", "com.slack.Slack", False),
    )


def test_no_programs_and_no_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probe_desktop, "_SNAPS", ())
    monkeypatch.setattr(probe_desktop, "_FLATPAKS", (Path("~nobody-of-this-name/flatpak"),))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert probe_desktop.programs() == ()
