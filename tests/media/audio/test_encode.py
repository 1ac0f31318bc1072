"""Sound in a file, read back by FFmpeg: nothing is lost, and it does not move the pictures."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from composites import composite, read_recording
from recorders import record_and_kill

from livebg.media.audio.encode import RATE_HZ, SoundStream
from livebg.media.video import layers
from livebg.media.video.formats import RECORDINGS, Content, recording_form
from livebg.media.video.writer import Recording

SOUNDING = sorted(each for each in RECORDINGS if each[0] != "matte")


def tone(seconds: float, channels: int) -> np.ndarray:
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.repeat(0.3 * np.sin(2 * np.pi * 440 * at_s)[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("content", "suffix"), SOUNDING)
def test_every_kind_of_file_holds_sound(tmp_path: Path, content: Content, suffix: str, channels: int) -> None:
    path, layer = tmp_path / f"a{suffix}", layers.colour if content == "composite" else layers.colour_and_alpha
    file = Recording(path, recording_form(content, suffix), 24, 32, 10.0, force=False, sound_channels=channels)
    sound = tone(2.0, channels)
    for number in range(20):
        file.add(layer(composite(number / 10, is_transparent=content != "composite")), number / 10)
        file.add_sound(sound[number * 4800 : (number + 1) * 4800])
    file.close()
    seen = read_recording(path)
    assert seen.times_s == pytest.approx([number / 10 for number in range(20)], abs=1e-3)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name.removeprefix("lib") == recording_form(
            content, suffix
        ).sound_codec.removeprefix("lib")
        assert stream.codec_context.layout.nb_channels == channels
        frames = [each.to_ndarray() for each in container.decode(stream)]
    heard = np.concatenate(
        [each if each.shape[0] == channels else each.reshape(-1, channels).T for each in frames], axis=1
    )
    scale = 32768.0 if np.issubdtype(heard.dtype, np.integer) else 1.0
    assert heard.shape[1] / RATE_HZ == pytest.approx(2.0, abs=0.03)
    middle = heard[:, RATE_HZ // 2 : RATE_HZ] / scale
    assert np.sqrt((middle.astype(float) ** 2).mean()) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)


def test_lossless_beside_lossless() -> None:
    assert recording_form("alpha", ".mkv").sound_codec == "flac"
    assert {recording_form("composite", each).sound_codec for each in (".mp4", ".mov")} == {"aac"}


RECORD_FOR_EVER = """
import sys, time
from pathlib import Path
import numpy as np
from composites import composite
from livebg.media.video import layers
from livebg.media.video.formats import RECORDINGS, recording_form
from livebg.media.video.writer import Recording
for content, suffix in sorted(each for each in RECORDINGS if each[0] != "matte"):
    path = Path(sys.argv[1], f"{content}{suffix}")
    layer = layers.colour if content == "composite" else layers.colour_and_alpha
    file = Recording(path, recording_form(content, suffix), 24, 32, 10.0, False, 1)
    for number in range(51):
        file.add(layer(composite(number / 10, is_transparent=content != "composite")), number / 10)
        file.add_sound(np.full((4800, 1), 0.3, np.float32))
    sys.modules[path.name] = file
print("recorded", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_after_a_kill_the_sound_is_there_as_far_as_the_pictures(tmp_path: Path) -> None:
    record_and_kill(RECORD_FOR_EVER, tmp_path)
    assert len(list(tmp_path.iterdir())) == len(SOUNDING)
    for path in tmp_path.iterdir():
        with av.open(str(path)) as container:
            sound_s = sum(each.samples for each in container.decode(audio=0)) / RATE_HZ
        assert len(read_recording(path).times_s) >= 35, path.name  # of 51
        assert sound_s > 3.3, path.name


@pytest.mark.parametrize("codec", ["aac", "flac", "libopus"])
def test_no_packet_lies_before_the_first_sample_but_where_a_file_may_say_so(tmp_path: Path, codec: str) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream, sound = SoundStream(container, codec, 2), tone(0.5, 2)
        container.start_encoding()
        packets = [one for part in np.array_split(sound, 7) for one in stream.encode(part)] + stream.encode(None)
    times = [one.pts for one in packets if one.pts is not None]
    assert times == sorted(times)
    assert (times[0] >= 0) is (codec != "libopus")
    assert times[-1] + 2 * packets[0].duration > len(sound) * one_second(packets) / RATE_HZ


def one_second(packets: list[av.Packet]) -> float:
    """In the packets' own units."""
    base = packets[0].time_base
    assert base is not None
    return float(1 / base)
