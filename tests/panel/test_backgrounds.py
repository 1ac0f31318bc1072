"""The gallery: names are looked up, content is sniffed, what is added gets a name of ours."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import pytest
from clips import MakeClip
from panel_app import DECODING
from PIL import Image

from livebg.core.errors import BackgroundError
from livebg.panel import backgrounds
from livebg.panel.backgrounds import THUMBNAIL_PX, Gallery


def _picture(form: str = "JPEG", size: tuple[int, int] = (64, 36)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(made, form)
    return made.getvalue()


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path / "own", DECODING)


def _added(gallery: Gallery, content: bytes, name: str) -> str:
    place = gallery.room_for(name)
    place.write_bytes(content)
    return gallery.add(place, name).what


@pytest.mark.parametrize(
    ("name", "stem"),
    [("My Beach.JPG", "my-beach"), ("../../etc/passwd", "passwd"), ("..\\..\\evil.png", "evil"), ("", "background"),
     ("💥", "background"), ("a" * 300, "a" * 40), (".hidden", "hidden"), ("con\0.jpg", "con")],
)  # fmt: skip
def test_the_name_is_ours_and_the_ending_fits_the_content(gallery: Gallery, name: str, stem: str) -> None:
    assert _added(gallery, _picture("PNG"), name) == str(gallery.folder / f"{stem}.png")
    (kept,) = gallery.folder.iterdir()
    assert kept.read_bytes() == _picture("PNG"), "its bytes stay"


def test_a_name_that_is_taken_gets_a_number_and_shipped_ones_stay(gallery: Gallery) -> None:
    names = [Path(_added(gallery, _picture(), "bookshelf.jpg")).name for _ in range(2)]
    assert names == ["bookshelf-2.jpg", "bookshelf-3.jpg"]
    assert [each.name for each in gallery.items()][:2] == ["bookshelf-2", "bookshelf-3"], "one's own come first"


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff" * 9,
                                     b"#EXTM3U\nhttp://127.0.0.1/x", b"<?php evil(); ?>",
                                     b"\x7fELF" + bytes(200)])  # fmt: skip
def test_what_is_no_picture_is_refused_in_a_sentence(gallery: Gallery, content: bytes) -> None:
    with pytest.raises(BackgroundError, match=r"nice\.jpg") as refused:
        _added(gallery, content, "nice.jpg")
    assert str(gallery.folder) not in str(refused.value), "the user knows the file by its own name"


def test_a_bomb_is_refused_by_its_header(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backgrounds, "LARGEST_PX", 1000)
    with pytest.raises(BackgroundError, match=r"bomb\.png is too large: 64x36 px"):
        _added(gallery, _picture("PNG"), "bomb.png")


def test_a_folder_that_is_full_takes_no_more(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backgrounds, "MOST_OWN", 1)
    _added(gallery, _picture(), "a.jpg")
    with pytest.raises(BackgroundError, match="holds 1 files already"):
        gallery.room_for("b.jpg")


@pytest.mark.parametrize("name", ["bookshelf", "bokeh-drift"])
def test_thumbnails_are_small_pictures_of_pictures_and_videos(gallery: Gallery, name: str) -> None:
    made = gallery.thumbnail(name)
    assert made is not None
    with Image.open(io.BytesIO(made)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (THUMBNAIL_PX, THUMBNAIL_PX * 9 // 16))
    assert gallery.thumbnail(name) is made, "kept"


@pytest.mark.parametrize("name", ["nothing", "../../etc/passwd", "/etc/passwd", "a" * 5000, "\0"])
def test_an_unknown_name_has_no_thumbnail(gallery: Gallery, name: str) -> None:
    assert gallery.thumbnail(name) is None


def test_a_video_is_added_too(gallery: Gallery, make_clip: MakeClip) -> None:
    assert _added(gallery, make_clip().read_bytes(), "Holiday.mov").endswith("holiday.mp4")


def test_only_the_decoders_process_opens_what_is_added(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that crashes a decoder, or holds it up, ends that process, and the panel says so in a sentence."""
    _added(gallery, _picture(), "first.jpg")
    process = DECODING._process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(DECODING, "_longest_s", 0.1)
    with pytest.raises(BackgroundError, match=r"evil\.jpg cannot be read: the decoder gave up on it"):
        _added(gallery, _picture(), "evil.jpg")
    monkeypatch.undo()
    assert _added(gallery, _picture(), "second.jpg").endswith("second.jpg")
