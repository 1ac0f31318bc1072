from __future__ import annotations

import logging
import os
import stat
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import pytest
from composites import LEFT, RIGHT, composite, room, standby

from livebg.core.errors import SinkError
from livebg.core.types import Composite
from livebg.media.video import layers
from livebg.sinks.still_image import StillImageSink


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return picture


def test_holds_the_newest_frame_once_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    sink = StillImageSink(path, layers.colour)
    sink.write(Composite(np.zeros((24, 32, 3), np.uint8), room(0.0)))
    sink.write(composite(1.0))
    sink.write(standby())
    assert list(tmp_path.iterdir()) == []
    sink.close()
    sink.close()
    assert list(tmp_path.iterdir()) == [path]
    assert read(path)[0, [0, -1]].tolist() == [list(LEFT), list(RIGHT)]


def test_png_holds_the_alpha_and_the_matte(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, layer in {"alpha": layers.colour_and_alpha, "matte": layers.matte}.items():
        sink = StillImageSink(tmp_path / f"{name}.png", layer)
        sink.write(composite(is_transparent=True))
        sink.close()
    assert read(tmp_path / "alpha.png")[0, [0, -1]].tolist() == [[*LEFT, 255], [0, 0, 0, 0]]
    assert read(tmp_path / "matte.png")[0, [0, -1]].tolist() == [255, 0]
    assert capfd.readouterr() == ("", ""), "OpenCV has nothing to complain of"


@pytest.mark.parametrize("size", [(1, 1), (23, 31)])
def test_jpg_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    sink = StillImageSink(tmp_path / "a.jpg", layers.colour)
    sink.write(composite(height=size[0], width=size[1]))
    sink.close()
    picture = read(tmp_path / "a.jpg")
    assert picture.shape == (*size, 3)
    assert np.abs(picture[0, 0].astype(int) - LEFT).max() < 12


def test_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    sink = StillImageSink(tmp_path / "a.png", layers.colour)
    sink.write(composite())
    sink.close()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "a.png")]
    assert modes[0] == modes[1]


def test_nothing_came_nothing_is_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sink = StillImageSink(tmp_path / "a.png", layers.colour)
    with caplog.at_level(logging.WARNING):
        sink.write(standby())
        sink.close()
    assert list(tmp_path.iterdir()) == []
    assert "no frame arrived" in caplog.text


def test_does_not_replace_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    sink = StillImageSink(path, layers.colour)
    sink.write(composite())
    path.write_bytes(b"appeared meanwhile")
    with pytest.raises(SinkError, match="--force"):
        sink.close()
    assert path.read_bytes() == b"appeared meanwhile"
    forced = StillImageSink(path, layers.colour, force=True)
    forced.write(composite())
    forced.close()
    assert read(path).shape == (24, 32, 3)


@pytest.mark.parametrize("has_links", [True, False])
def test_where_nothing_is_it_is_made_also_without_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, os.strerror(1))

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    for _ in range(2):
        sink = StillImageSink(tmp_path / "a.png", layers.colour)
        sink.write(composite())
        with pytest.raises(SinkError, match="--force") if (tmp_path / "a.png").exists() else nullcontext():
            sink.close()
    assert [each.name for each in tmp_path.iterdir()] == ["a.png"]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", fail)
    sink = StillImageSink(tmp_path / "a.png", layers.colour, force=True)
    sink.write(composite())
    with pytest.raises(SinkError, match="No space left"):
        sink.close()
    assert list(tmp_path.iterdir()) == []


def test_too_large_for_jpeg_says_so(tmp_path: Path) -> None:
    sink = StillImageSink(tmp_path / "a.jpg", layers.colour)
    sink.write(Composite(np.zeros((1, 70_000, 3), np.uint8), room(0.0)))
    with pytest.raises(SinkError, match=r"70000x1.*png|cannot be encoded"):
        sink.close()
