from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import PictureType

from livebg.media.audio.encode import RATE_HZ
from livebg.media.video.formats import stream_form
from livebg.media.video.writer import TimedWriter


class ToFile(TimedWriter):
    """What a server would get, in a file."""

    def _abandon(self) -> None: ...


@pytest.mark.parametrize(
    ("scheme", "muxer", "sound"), [("rtmp", "flv", "aac"), ("rtsp", "rtsp", "aac"), ("whip", "whip", "libopus")]
)
def test_each_kind_of_server_has_its_form(scheme: str, muxer: str, sound: str) -> None:
    form = stream_form(scheme, 900_000)
    assert (form.muxer[0], form.sound_codec, form.codec) == (muxer, sound, "h264")
    assert muxer in av.formats_available
    assert form.is_recording
    assert form.encoder.options["maxrate"] == form.encoder.options["b"] == "900000"
    assert (form.encoder.options["profile"] == "baseline") is (scheme == "whip")


def test_no_b_frames_a_key_frame_every_two_seconds_and_the_rate_stays(tmp_path: Path) -> None:
    path, generator = tmp_path / "a.flv", np.random.default_rng(1)
    writer = ToFile(path, stream_form("rtmp", 400_000), 90, 160, 30.0, str(path), 1)
    for number in range(150):
        writer.add(generator.integers(0, 256, (90, 160, 3), np.uint8), number / 30)
        writer.add_sound(np.zeros((RATE_HZ // 30, 1), np.float32))
    writer.close()
    with av.open(str(path)) as container:
        packets = [each for each in container.demux(container.streams.video[0]) if each.size]
        container.seek(0)
        kinds = [PictureType(each.pict_type).name for each in container.decode(container.streams.video[0])]
    assert all(each.pts == each.dts for each in packets)
    assert [number for number, kind in enumerate(kinds) if kind == "I"] == [0, 60, 120]
    assert set(kinds) == {"I", "P"}
    assert 8 * sum(each.size for each in packets) / 5 < 1.3 * 400_000
