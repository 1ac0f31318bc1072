"""The holder as a process of its own, where no PipeWire runs."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from patience import until

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from livebg.media.pipewire.link import connect, start_holder
from livebg.media.pipewire.protocol import LOG, SOCKET

pytestmark = pytest.mark.process


def holders(runtime: Path) -> list[int]:
    """Process ids."""
    own, found = f"XDG_RUNTIME_DIR={runtime}".encode(), []
    for each in filter(str.isdecimal, os.listdir("/proc")):
        try:
            is_holder = b"livebg.media.pipewire.holder" in Path("/proc", each, "cmdline").read_bytes()
            if is_holder and own in Path("/proc", each, "environ").read_bytes().split(b"\0"):
                found.append(int(each))
        except OSError:
            continue
    return found


def test_one_for_the_user_apart_from_livebg_until_nobody_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    start_holder()
    start_holder()
    (holder,) = holders(tmp_path)
    assert os.getsid(holder) != os.getsid(0), "Ctrl-C and the terminal's end do not reach it"
    assert stat.S_IMODE((tmp_path / "livebg").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "livebg" / SOCKET).stat().st_mode) == 0o600
    handles = [os.readlink(each) for each in Path(f"/proc/{holder}/fd").iterdir() if int(each.name) < 3]
    assert sorted(handles) == ["/dev/null", "/dev/null", str(tmp_path / "livebg" / LOG)]
    link = connect(64, 36, 30.0)

    def knows_why() -> bool:
        link.follow()
        return bool(link.status.problem)

    until(knows_why, "that there is no PipeWire")
    assert not link.status.is_read
    assert holders(tmp_path) == [holder]
    link.close()
    until(lambda: not holders(tmp_path), "its end")
    assert not (tmp_path / "livebg" / SOCKET).exists()
    assert (tmp_path / "livebg" / LOG).read_text() == ""
