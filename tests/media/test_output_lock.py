"""One livebg for each output."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.core.errors import SinkError
from livebg.media.output_lock import writing
from livebg.media.whole_file import name_beside


def test_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    with writing(tmp_path / "a.mp4", tmp_path / "b.mp4"):
        for name in ("a.mp4", "b.mp4", "link.mp4"):
            with pytest.raises(SinkError, match="another livebg is writing it"), writing(tmp_path / name):
                pass
        with writing(tmp_path / "c.mp4"):
            pass
    with writing(tmp_path / "a.mp4"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["link.mp4"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left, others = name_beside(tmp_path / "a.png"), name_beside(tmp_path / "b.png")
    for each in (left, others):
        each.write_bytes(b"half")
    with writing(tmp_path / "a.png"):
        assert not left.exists()
        assert others.exists()
