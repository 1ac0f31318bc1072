"""One reading of a file: from the start, from a key, over damage, and never of what is encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest
from written_films import images_by, written

from livebg.core.errors import SourceError
from livebg.media.video.decode import Decoder
from livebg.media.video.index import Key, index_of


@pytest.mark.slow
def test_from_the_start_and_from_a_key(tmp_path: Path) -> None:
    path = written(tmp_path / "film.mkv", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "25")
    with Decoder(str(path), "film.mkv") as decoder:
        keys = index_of(decoder.stream, decoder.packets()).keys
        assert decoder.length_s() == pytest.approx(3, abs=0.1)
    with Decoder(str(path), "film.mkv") as decoder:
        assert len(list(decoder.frames())) == 75
    with Decoder(str(path), "film.mkv") as decoder:
        assert [frame.pts for frame in decoder.frames(keys[1])] == list(range(1000, 3000, 40))
    with Decoder(str(path), "film.mkv") as decoder:
        assert list(decoder.frames(Key(1001, 1001))) == [], "no key is there"


@pytest.mark.slow
def test_damaged_packets_are_counted(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "film.avi", "-c:v", "png").read_bytes())
    at = data.index(b"\x89PNG", len(data) // 2)
    data[at : at + 8] = bytes(8)
    (tmp_path / "film.avi").write_bytes(data)
    with Decoder(str(tmp_path / "film.avi"), "film.avi") as decoder:
        assert len(list(decoder.frames())) == len(images_by(tmp_path / "film.avi", (96, 128, 3))) < 75
        assert decoder.damaged == 1


@pytest.mark.slow
def test_encrypted(tmp_path: Path) -> None:
    key = ("-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb", "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8")
    scheme = ("-encryption_scheme", "cenc-aes-ctr", *key)
    path = written(tmp_path / "rented.mp4", "-pix_fmt", "yuv420p", "-c:v", "libx264", *scheme)
    with (
        Decoder(str(path), "rented.mp4") as decoder,
        pytest.raises(SourceError, match=r"rented.mp4 is encrypted \(DRM\)"),
    ):
        next(decoder.frames())
