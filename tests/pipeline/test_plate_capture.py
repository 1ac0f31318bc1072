"""`livebg plate` takes an empty, still, lit room, and says what to do where it is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from livebg.core.errors import ModelError, SinkError, SourceError
from livebg.core.settings import Settings, change
from livebg.core.types import Alpha, EndOfSource, Frame, SourceInfo
from livebg.pipeline import plate_capture
from livebg.pipeline.plate_capture import make_plate, median_picture
from livebg.pipeline.plate_file import load_plate

HEIGHT, WIDTH, FPS = 90, 160, 30
ROOM = np.random.default_rng(1).integers(40, 200, (HEIGHT // 10, WIDTH // 10, 3), dtype=np.uint8)
ROOM = ROOM.repeat(10, axis=0).repeat(10, axis=1)


class _Camera:
    """Frames by their number, as many as there are seconds for."""

    def __init__(self, picture: Callable[[int], np.ndarray], seconds: float) -> None:
        self.info = SourceInfo("a camera", WIDTH, HEIGHT, FPS, True)
        self._picture, self._count, self.given, self.is_closed = picture, round(seconds * FPS), 0, False

    def read(self, _: float) -> Frame | None:
        if self.given == self._count:
            raise EndOfSource
        frame = Frame(self._picture(self.given), self.given, self.given / FPS, self.given / FPS)
        self.given += 1
        return frame

    def close(self) -> None:
        self.is_closed = True


def _damaged(_: str) -> NoReturn:
    raise ModelError("it is damaged")


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Camera]:
    def opened(picture: Callable[[int], np.ndarray], seconds: float = 10.0) -> _Camera:
        source = _Camera(picture, seconds)
        monkeypatch.setattr(plate_capture, "open_source", lambda _: source)
        monkeypatch.setattr("livebg.models.selfie.model_file.model_file", _damaged)
        return source

    return opened


def _noisy(index: int) -> np.ndarray:
    noise = np.random.default_rng(index).normal(0, 2, ROOM.shape)
    return np.clip(ROOM * (1 + 0.02 * np.sin(index)) + noise, 0, 255).astype(np.uint8)


def _with_somebody(index: int, until: int) -> np.ndarray:
    image = _noisy(index)
    if index < until:
        image[20:, 40 + index // 2 : 90 + index // 2] = 20
    return image


@pytest.mark.slow
def test_the_room_is_taken_when_the_person_has_gone(camera: Callable[..., _Camera], tmp_path: Path) -> None:
    source = camera(lambda index: _with_somebody(index, until=2 * FPS))
    lines = list(make_plate(Settings(), tmp_path / "room.png", 3.0, is_forced=False))
    assert source.is_closed
    assert [each for each in lines if each.endswith("...")] == ["3 ...", "2 ...", "1 ..."]
    assert f"--plate {tmp_path / 'room.png'}" in lines[-1]
    assert np.abs(load_plate(str(tmp_path / "room.png")).astype(int) - ROOM).mean() < 2


def test_somebody_who_stays_and_moves_is_seen(camera: Callable[..., _Camera], tmp_path: Path) -> None:
    source = camera(lambda index: _with_somebody(index, until=999))
    with pytest.raises(SourceError, match=r"moved.*--wait"):
        list(make_plate(Settings(), tmp_path / "room.png", 1.0, is_forced=False))
    assert source.is_closed
    assert not list(tmp_path.iterdir())


def test_a_covered_lens_is_no_room(camera: Callable[..., _Camera], tmp_path: Path) -> None:
    camera(lambda _: np.full((HEIGHT, WIDTH, 3), 3, np.uint8))
    with pytest.raises(SourceError, match="almost black"):
        list(make_plate(Settings(), tmp_path / "room.png", 0.0, is_forced=False))


def test_a_source_that_ends_too_early_is_said(camera: Callable[..., _Camera], tmp_path: Path) -> None:
    camera(_noisy, seconds=2.0)
    with pytest.raises(SourceError, match="ended before"):
        list(make_plate(Settings(), tmp_path / "room.png", 1.0, is_forced=False))


def test_nobody_leaves_their_chair_for_a_file_that_cannot_be_written(
    camera: Callable[..., _Camera], tmp_path: Path
) -> None:
    source = camera(_noisy)
    (tmp_path / "room.png").write_bytes(b"old")
    with pytest.raises(SinkError, match="--force"):
        next(make_plate(Settings(), tmp_path / "room.png", 1.0, is_forced=False))
    assert source.given == 0
    list(make_plate(Settings(), tmp_path / "room.png", 0.0, is_forced=True))
    assert load_plate(str(tmp_path / "room.png")).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.slow
def test_the_synthetic_person_who_never_leaves_is_seen(tmp_path: Path) -> None:
    settings = change(Settings(), {"source": "synthetic", "size": "320x180", "pace": "every-frame"})
    with pytest.raises(SourceError, match="moved"):
        list(make_plate(settings, tmp_path / "room.png", 0.0, is_forced=False))


def test_the_median_is_rid_of_what_passes() -> None:
    images = [np.full((3, 4, 3), 50, np.uint8) for _ in range(7)]
    for each in range(3):
        images[each][1, each] = 250
    assert np.array_equal(median_picture(images), images[-1])


@pytest.mark.slow
def test_somebody_who_sits_still_in_every_frame_is_told(
    camera: Callable[..., _Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in some frames only, as by a network; the median alone would not show it."""

    class Engine:
        def __init__(self, *_: object) -> None:
            self.asked = 0

        def matte(self, frame: Frame) -> Alpha:
            self.asked += 1
            values = np.zeros((9, 16), np.float32)
            values[:, :4] = seen and self.asked % 3 == 0
            return Alpha(values, frame.sequence)

    monkeypatch.setattr("livebg.models.selfie.engine.SelfieEngine", Engine)
    for seen in (False, True):
        camera(_noisy)
        monkeypatch.setattr("livebg.models.selfie.model_file.model_file", lambda _: "model")
        lines = list(make_plate(Settings(), tmp_path / f"{seen}.png", 0.0, is_forced=False))
        assert any("up to 25% of the picture may be a person" in each for each in lines) is seen
        assert any("the empty room," in each for each in lines) is not seen
    camera(_noisy)
    lines = list(make_plate(Settings(), tmp_path / "unlooked.png", 0.0, is_forced=False))
    assert any("nobody looked whether somebody is in the picture (it is damaged)" in each for each in lines)
    assert not any("the empty room," in each for each in lines)
