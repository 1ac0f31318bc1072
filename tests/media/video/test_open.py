"""Opening a video: names that are safe to show, and one sentence for each file that holds none."""

from __future__ import annotations

import errno
import http.server
import threading
from pathlib import Path

import av
import pytest

from livebg.core.errors import SourceError
from livebg.media.video.open import READ_TIMEOUT_S, best_stream, name_of, open_media, rate_of, why_it_broke


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as told:
        open_media(str(path), path.name, is_stream=False)
    message = str(told.value)
    assert "\n" not in message
    return message


def test_the_video_track_and_its_rate(make_clip) -> None:
    with open_media(str(make_clip(fps=20)), "clip.mp4", is_stream=False) as container:
        stream = best_stream(container, "clip.mp4")
        assert (stream.width, stream.height, rate_of(stream)) == (64, 48, 20.0)


def test_missing_folder_and_empty(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.mp4") == "none.mp4 does not exist; check the name"
    (tmp_path / "films").mkdir()
    (tmp_path / "photo.jpg").write_bytes(bytes(100))
    assert refused(tmp_path / "photo.jpg").startswith("photo.jpg is no video, and no picture that can be used here")
    assert refused(tmp_path / "films") == ("films is a folder, not a video or picture; give one of the files in it")
    (tmp_path / "empty.mp4").touch()
    assert refused(tmp_path / "empty.mp4").startswith("empty.mp4 is empty (0 bytes)")


def test_unreadable(make_clip, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise av.error.PermissionError(errno.EACCES, "Permission denied")

    path = make_clip()
    monkeypatch.setattr(av, "open", deny)
    assert refused(path) == "clip.mp4 may not be read: Permission denied; check the file's permissions"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/home/me/clip.mp4", "clip.mp4"),
        ("C:\\clips\\clip.mp4", "clip.mp4"),
        ("https://me:pass@host:81/live.m3u8?key=1", "https://host:81/live.m3u8"),
    ],
)
def test_name_of(place: str, name: str) -> None:
    assert name_of(place) == name


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html><body>please log in</body></html>", b""])
def test_an_address_that_answers_a_web_page_or_nothing(content: bytes) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            with pytest.raises(SourceError, match=r"no video or picture comes from there\); .* may be a web page$"):
                open_media(address, name_of(address), is_stream=True)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"#EXTM3U\n#EXTINF:1,\na.ts\n", True),
        (b"\xef\xbb\xbf#EXTM3U\n", True),
        (b"ffconcat version 1.0\nfile a.mp4\n", True),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", True),
        (b'<?xml version="1.0"?><MPD/>', True),
        (b"\0\0\0\x20ftypisom", False),
        (b"", False),
    ],
)
def test_a_list_of_files_is_known_by_its_beginning(tmp_path: Path, content: bytes, answer: bool) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(SourceError) as failure:
        open_media(str(tmp_path / "a.mp4"), "a.mp4", is_stream=False)
    assert ("names other files or streams" in str(failure.value)) is answer


def test_why_a_stream_broke_is_half_a_sentence() -> None:
    def cause(code: int) -> str:
        with pytest.raises(av.FFmpegError) as failure:
            av.error.err_check(-code)
        return why_it_broke(failure.value)

    assert cause(errno.EPIPE) == cause(errno.EIO) == cause(errno.ECONNRESET) == "the connection broke off"
    assert cause(errno.ENOSPC) == "no space left on device"
    assert why_it_broke(av.error.EOFError(-541478725, "End of file")) == "the other side ended it"
    assert why_it_broke(av.error.ExitError(-1414092869, "Exit")) == f"nothing came for {READ_TIMEOUT_S:g} s"
