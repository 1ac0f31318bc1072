"""`--live`: picture for picture what the live loop makes of the same film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from films import HEIGHT, WIDTH, make_film, open_red

import livebg
from livebg import models
from livebg.core.errors import ModelError
from livebg.core.settings import Settings
from livebg.core.types import Alpha, Composite, Frame
from livebg.media.video.reader import Film
from livebg.pipeline.film.processor import open_live_film_processor

SETTINGS = Settings(background="#00ff00", pace="every-frame")


def _frames(path: Path) -> list[Frame]:
    film = Film(path)
    base = float(film.info.time_base)
    ticks = film.index().ticks
    return [
        Frame(each.image, number, each.tick * base, each.tick * base)
        for number, each in enumerate(film.frames(int(ticks[0]), int(ticks[-1])))
    ]


@pytest.mark.slow
def test_the_same_as_the_live_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", open_red)
    film = make_film(tmp_path / "a.mp4", 30)
    live: list[Composite] = []
    livebg.run(live.append, source=str(film), pace="every-frame", background="#00ff00")
    processor = open_live_film_processor(SETTINGS, WIDTH, HEIGHT, 25.0)
    ours = [composite for frame in _frames(film) for composite in processor.feed(frame)]
    ours += processor.flush()
    processor.close()
    assert processor.failed == 0
    assert len(ours) == len(live) == 30
    for mine, theirs in zip(ours, live, strict=True):
        assert mine.alpha is not None
        assert theirs.alpha is not None
        assert np.array_equal(mine.alpha, theirs.alpha)
        assert np.array_equal(mine.image, theirs.image)


@pytest.mark.expects_error_log
def test_without_a_valid_matte_the_background_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails:
        description = "fails"

        def matte(self, frame: Frame) -> Alpha:
            raise ModelError(f"no answer to {frame.sequence}")

        def reset(self) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(models, "open_engine", lambda *_: Fails())
    processor = open_live_film_processor(SETTINGS, WIDTH, HEIGHT, 25.0)
    room = np.full((HEIGHT, WIDTH, 3), (9, 9, 200), np.uint8)
    (shown,) = processor.feed(Frame(room, 0, 0.0, 0.0))
    processor.close()
    assert shown.alpha is None
    assert np.abs(shown.image.astype(int) - (0, 255, 0)).max() == 0
    assert processor.failed == 1
