from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import guarded_memory
import numpy as np
import pytest
from written_films import about, decoded, moving, part, person

from livebg.core.errors import SinkError
from livebg.core.types import Composite
from livebg.media.video import writer as part_module
from livebg.media.video.encoders import Encoder
from livebg.media.video.formats import HOLDS, form_for
from livebg.media.video.segment_reader import read
from livebg.media.video.types import FilmFrame
from livebg.media.video.writer import Part

ALL = sorted(
    {(content, suffix, codec) for content in HOLDS for suffix, codecs in HOLDS[content].items() for codec in codecs}
)


@pytest.mark.slow
@pytest.mark.parametrize(("content", "suffix", "codec"), ALL)
def test_parts_of_one_film_have_one_header_and_their_packets_lie_in_order(
    tmp_path: Path, content: str, suffix: str, codec: str
) -> None:
    form = form_for(Path(f"a{suffix}"), content, codec, encoder="software")  # type: ignore[arg-type]
    images = moving(14)
    parts = [
        part(tmp_path / f"{index}.part", form, about(), [person(each) for each in images[start : start + 7]])
        for index, start in enumerate((0, 7))
    ]
    headers, keys = [], []
    for each in parts:
        with av.open(str(each)) as container:
            stream = container.streams.video[0]
            headers.append(stream.codec_context.extradata)
            packets = [packet for packet in container.demux(stream) if packet.size]
            keys.append([packet.is_keyframe for packet in packets])
            assert [packet.pts for packet in packets] == sorted({packet.pts for packet in packets})
    assert headers[0] == headers[1]
    assert [len(each) for each in keys] == [7, 7]
    assert all(each[0] for each in keys)
    assert len([packet for packet in read(parts, 14, tmp_path) if packet.size]) == 14


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9"])
def test_a_part_shows_each_picture_once_and_in_order(tmp_path: Path, codec: str) -> None:
    images = moving(60)
    form = form_for(Path("a.mkv"), "composite", codec, encoder="software")
    path = part(tmp_path / "a.mkv", form, about(), [Composite(each) for each in images])
    shown = decoded(path).astype(int)
    assert len(shown) == len(images)
    for index, each in enumerate(shown):
        errors = [np.abs(each - image).mean() for image in images[max(0, index - 5) : index + 6]]
        assert int(np.argmin(errors)) == min(index, 5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (23, 31), (48, 66)])
@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".png", ".gif"])
def test_odd_sizes_are_encoded(tmp_path: Path, height: int, width: int, suffix: str) -> None:
    form = form_for(Path(f"a{suffix}"), "alpha")
    info = about(height=height, width=width)
    path = part(tmp_path / "a.part", form, info, [person(np.zeros((height, width, 3), np.uint8))] * 2)
    with av.open(str(path)) as container:
        assert [(each.height, each.width) for each in container.decode(video=0)] == [(height, width)] * 2


def test_a_size_that_is_odd_grows_by_one_where_the_codec_needs_it(tmp_path: Path) -> None:
    form = form_for(Path("a.mp4"), "composite", encoder="software")
    path = part(tmp_path / "a.part", form, about(height=23, width=31), [person(np.zeros((23, 31, 3), np.uint8))])
    with av.open(str(path)) as container:
        assert container.streams.video[0].height == 24
        assert container.streams.video[0].width == 32


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form, path = form_for(Path("a.mkv"), "alpha"), tmp_path / "a.part"
    made = Part(path, form, about(), tmp_path / "film.mkv")
    image = moving(1)[0]
    made.add(person(image), FilmFrame(0, image))
    monkeypatch.setattr(part_module, "_LOOK_EVERY_S", 0.0)
    with pytest.raises(SinkError, match=r"^output my film\.mkv: cannot be written"):
        Part(tmp_path / "absent" / "a.part", form, about(), Path("my film.mkv"))

    def full(path: Path, named: Path) -> None:
        raise SinkError(f"output {named}: only 1 MB is free in {path}")

    monkeypatch.setattr(part_module, "check_free_space", full)
    with pytest.raises(SinkError, match=r"film\.mkv: only 1 MB is free in .*a\.part"):
        made.add(person(image), FilmFrame(1, image))
    assert not path.exists()
    made.close()
    assert not path.exists()


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = form_for(Path("a.mkv"), "alpha")
    path = tmp_path / "full"
    path.symlink_to("/dev/full")
    monkeypatch.setattr(part_module, "new_file", lambda path: path)  # which would put a file of its own there
    noise = np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8)
    composite = Composite(noise, None, np.ones((96, 160), np.float32), True)
    with pytest.raises(SinkError, match=r"cannot be written: .*[Nn]o space"):
        part(path, form, about(), [composite] * 100)
    assert not path.is_symlink()


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="its pages are guarded otherwise")
@pytest.mark.parametrize(
    ("codec", "ending"),
    [("h264", ".mp4"), ("h265", ".mp4"), ("vp9", ".webm"), ("av1", ".mp4"), ("ffv1", ".mkv")],
)
def test_an_encoder_reads_a_composites_own_memory_and_nothing_beside_it(codec: str, ending: str) -> None:
    """It gets that memory without a copy, and looks ahead: so it must hold it as long as it reads."""
    script = Path(guarded_memory.__file__)
    ran = subprocess.run([sys.executable, script, codec, ending], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout.strip()) == (0, "the same"), ran.stderr


@pytest.mark.parametrize(("is_hardware", "advice"), [(True, "codec, or the software encoder"), (False, "codec")])
def test_the_software_encoder_is_advised_only_where_it_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_hardware: bool, advice: str
) -> None:
    form = form_for(Path("a.mp4"), "composite", encoder="software")
    monkeypatch.setattr(Encoder, "for_size", lambda *_: replace(form.encoder, name="no-such-encoder"))
    with pytest.raises(SinkError, match=rf"; try another {advice}$"):
        Part(tmp_path / "a.part", replace(form, encoder=replace(form.encoder, is_hardware=is_hardware)), about())


def test_parts_that_do_not_make_up_the_film_are_refused(tmp_path: Path) -> None:
    form, image, named = form_for(Path("a.mkv"), "matte"), moving(1)[0], Path("my film.mkv")
    small = part(tmp_path / "a", form, about(), [person(image)] * 3)
    with pytest.raises(SinkError, match=r"^output my film\.mkv: its parts hold 3 pictures of 4; begin again"):
        list(read([small], 4, named))
    with pytest.raises(SinkError, match="hold 6 pictures of 4"):
        list(read([small, small], 4, named))
    other = part(tmp_path / "b", form_for(Path("a.mkv"), "alpha"), about(), [person(image)])
    with pytest.raises(
        SinkError, match=r"^output my film\.mkv: part b was encoded otherwise than the first one; begin again"
    ):
        list(read([small, other], 4, named))


def test_an_encoder_of_the_hardware_is_fed_what_it_takes(tmp_path: Path) -> None:
    form = form_for(Path("a.mp4"), "composite", encoder="software")
    form = replace(form, encoder=replace(form.encoder, is_hardware=True, bits_per_pixel=0.1))  # libx264 stands in
    images = moving(5)
    path = part(tmp_path / "a.mkv", form, about(), [Composite(each) for each in images])
    assert np.abs(decoded(path).astype(int) - images).mean() < 8


@pytest.mark.slow
@pytest.mark.parametrize("fps", [0.0, 0.01, 1000.0, 30_000 / 1001])
@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "vp9"])
def test_any_rate_is_encoded(tmp_path: Path, fps: float, codec: str) -> None:
    form = form_for(Path("a.mkv"), "composite", codec, encoder="software")
    path = part(tmp_path / "a.mkv", form, about(fps=fps), [Composite(each) for each in moving(2)])
    assert len(decoded(path)) == 2
