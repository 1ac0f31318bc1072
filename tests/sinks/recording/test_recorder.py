from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from composites import composite, read_recording, room, standby
from patience import until
from recorders import opened, patch_add, thread_names, write_many

from livebg.core.errors import SinkError
from livebg.media.files import OutputFile
from livebg.media.video import layers
from livebg.media.video.layers import Layer
from livebg.media.video.writer import Recording


def test_the_source_ends(tmp_path: Path, ended: Callable[[], None]) -> None:
    sink = opened(tmp_path / "a.mp4")
    write_many(sink, 100)
    assert len(thread_names()) == 1
    sink.close()
    sink.close()
    ended()
    assert read_recording(tmp_path / "a.mp4").times_s == pytest.approx([each / 25 for each in range(100)])
    assert (sink.recorded, sink.dropped) == (100, 0)


def test_nothing_came(tmp_path: Path, ended: Callable[[], None], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), closing(opened(tmp_path / "a.mp4")) as sink:
        sink.write(standby())
    ended()
    assert list(tmp_path.iterdir()) == []
    assert "no frame arrived" in caplog.text


def test_the_pipeline_fails(tmp_path: Path, ended: Callable[[], None]) -> None:
    def pipeline() -> None:
        with closing(opened(tmp_path / "a.mp4")) as sink:
            write_many(sink, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pipeline()
    ended()
    assert len(read_recording(tmp_path / "a.mp4").times_s) == 2


@pytest.mark.slow
@pytest.mark.parametrize("may_drop", [True, False])
def test_the_encoder_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[], None], may_drop: bool
) -> None:
    def fail_at_fifth(count: int) -> None:
        if count == 5:
            raise SinkError("output a.mp4: No space left")

    patch_add(monkeypatch, fail_at_fifth)
    sink = opened(tmp_path / "a.mp4", may_drop=may_drop)
    with pytest.raises(SinkError, match="No space left"):
        write_many(sink, 100_000)  # a producer that waits for a full queue is woken, too
    with pytest.raises(SinkError, match="No space left"):
        sink.write(composite(1e6))
    sink.close()  # told already
    ended()
    assert len(read_recording(tmp_path / "a.mp4").times_s) == 5


def test_a_failure_that_nobody_saw_yet_is_told_by_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Callable[[], None]
) -> None:
    def fail(_: int) -> None:
        raise MemoryError("one byte")

    patch_add(monkeypatch, fail)
    sink = opened(tmp_path / "a.mp4")
    sink.write(composite())
    with pytest.raises(SinkError, match=r"a\.mp4.*one byte"):
        sink.close()
    sink.close()
    ended()


@pytest.mark.parametrize("layer", [layers.colour, layers.matte])
def test_frames_without_a_matte_keep_their_place(tmp_path: Path, layer: Layer) -> None:
    path = tmp_path / ("a.mp4" if layer is layers.colour else "a.mkv")
    with closing(opened(path, layer=layer)) as sink:
        sink.write(standby())
        sink.write(composite(0.0))
        sink.write(standby(room(0.1)))
        sink.write(standby())
        sink.write(composite(0.2))
    seen = read_recording(path)
    assert seen.times_s == pytest.approx([0.0, 0.1, 0.2], abs=1e-4)
    card = seen.pictures[1]
    assert not card.any() if layer is layers.matte else abs(int(card[5, 5, 0]) - 77) < 4


def test_a_file_that_cannot_be_made_is_told_soon_and_the_first_frame_does_not_wait_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    sink = opened(tmp_path / "a.mp4")
    with pytest.raises(SinkError, match="--force"):
        write_many(sink, 10_000)
    sink.close()
    late = opened(tmp_path / "a.mp4")
    late.write(composite())
    with pytest.raises(SinkError, match="--force"):
        late.close()
    assert (tmp_path / "a.mp4").read_bytes() == b""


def test_the_encoders_threads_end_with_the_recording(tmp_path: Path) -> None:
    process = psutil.Process()
    gc.collect()
    gc.disable()
    try:
        before = process.num_threads()
        for number in range(3):
            with closing(opened(tmp_path / f"{number}.mp4")) as sink:
                for sequence in range(3):
                    sink.write(composite(sequence / 25, height=360, width=640))  # large enough for threads
            assert sink.progress == (0.0, 0)
        until(lambda: process.num_threads() <= before, "the end of the threads")
    finally:
        gc.enable()


@pytest.mark.parametrize("look_every_s", [0.0, 3600.0])
def test_the_file_is_synced_now_and_then_in_the_recorders_own_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look_every_s: float
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(Recording, "sync", lambda _: synced.append(threading.current_thread().name))
    sink = opened(tmp_path / "a.mkv", look_every_s=look_every_s)
    for sequence in range(10):
        sink.write(composite(sequence / 25))
        until(lambda count=sequence + 1: sink.recorded == count, "a frame recorded")
    sink.close()
    assert len(synced) == (0 if look_every_s else 10), "once for what came since the last time"
    assert set(synced) <= {f"livebg {sink.name}"}


def test_a_disk_that_fails_to_sync_ends_the_recording_where_it_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: OutputFile) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(OutputFile, "sync", fail)
    sink = opened(tmp_path / "a.mkv", look_every_s=0.0)
    with pytest.raises(SinkError, match="cannot be written: Input/output error"):
        write_many(sink, 10_000)
    sink.close()
