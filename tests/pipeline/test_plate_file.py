"""The empty room's file is its owner's alone, whole or not there, and never written over unasked."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from livebg.core.errors import SettingsError, SinkError
from livebg.pipeline.plate_file import check_target, load_plate, save_plate

ROOM = np.random.default_rng(3).integers(0, 255, (24, 32, 3), dtype=np.uint8)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    save_plate(tmp_path / "room.png", ROOM, is_forced=False)
    assert np.array_equal(load_plate(str(tmp_path / "room.png")), ROOM)
    assert [each.name for each in tmp_path.iterdir()] == ["room.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another thing there")
def test_only_the_owner_may_read_it_also_where_a_readable_file_was(tmp_path: Path) -> None:
    path = tmp_path / "room.png"
    path.write_bytes(b"old")
    path.chmod(0o644)
    save_plate(path, ROOM, is_forced=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_file_stays_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "room.png"
    path.write_bytes(b"old")
    with pytest.raises(SinkError, match="--force"):
        save_plate(path, ROOM, is_forced=False)
    assert path.read_bytes() == b"old"


def test_what_cannot_be_written_is_said_before(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"\.png"):
        check_target(tmp_path / "room.jpg", is_forced=False)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SinkError, match="folder"):
        check_target(tmp_path / "folder.png", is_forced=True)
    with pytest.raises(SinkError, match="another folder"):
        check_target(tmp_path / "absent" / "room.png", is_forced=False)


def test_a_missing_or_damaged_plate_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="livebg plate -o"):
        load_plate(str(tmp_path / "absent.png"))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(SettingsError, match="plate"):
        load_plate(str(tmp_path / "broken.png"))
    with pytest.raises(SettingsError, match="folder"):
        load_plate(str(tmp_path))
