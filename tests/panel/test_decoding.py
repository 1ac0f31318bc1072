"""The decoder as a process of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from films import make_film
from patience import until

from livebg.core.errors import SourceError
from livebg.panel import decoding
from livebg.panel.decoding import Decoding, Look

pytestmark = pytest.mark.process


@pytest.fixture
def asking() -> Iterator[Decoding]:
    opened = Decoding()
    yield opened
    opened.close()


def test_questions_answers_a_crash_and_rest(asking: Decoding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film(tmp_path / "film.mp4", 50).rename(tmp_path / "original")
    assert asking.look(film, "film.mp4") == Look("video", 160, 96, 2.0, 25.0, "video/mp4", ".mp4")
    first = asking._process
    assert first is not None
    assert os.getpriority(os.PRIO_PROCESS, first.pid) >= 5
    kind, content = asking.picture(film, "film.mp4", is_video=True, at_s=1.0, width=80, with_alpha=False)
    assert (kind, content[:2]) == ("image/jpeg", b"\xff\xd8")
    (tmp_path / "page").write_bytes(b"<html>")
    with pytest.raises(SourceError, match=r"^photo\.jpg is no picture but text"):
        asking.look(tmp_path / "page", "photo.jpg")
    assert asking._process is first

    os.kill(first.pid, signal.SIGSTOP)  # a decoder that hangs
    monkeypatch.setattr(asking, "_longest_s", 0.1)
    with pytest.raises(SourceError, match=r"^evil\.mp4 cannot be read: the decoder gave up on it"):
        asking.look(film, "evil.mp4")
    assert first.poll() is not None
    monkeypatch.setattr(asking, "_longest_s", 30.0)
    assert asking.look(film, "film.mp4").kind == "video"  # with a new one

    second = asking._process
    assert second is not None
    asking.rest()
    assert second.poll() is None
    monkeypatch.setattr(decoding, "IDLE_S", -1.0)
    asking.rest()
    until(lambda: second.poll() is not None, "its end")
