"""The window without a screen: OpenCV's side is replaced. tests/end_to_end/test_window.py has the real one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import cv2
import pytest
from composites import LEFT, composite, standby
from requirements import needs_opencv_windows

from livebg.core.errors import SinkError
from livebg.core.types import Image
from livebg.sinks.preview import window as preview
from livebg.sinks.preview.window import TITLE, Preview


class Screen:
    """What OpenCV would show, and the keys somebody presses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown: list[Image] = []
        self.keys: list[int] = []
        self.is_open = False
        self.size: tuple[int, int] = (0, 0)
        self.when_open = 1.0
        self.when_closed: float | None = 0.0
        monkeypatch.setattr(preview, "why_no_screen", lambda: "")
        for name in ("namedWindow", "resizeWindow", "imshow", "pollKey", "getWindowProperty", "destroyWindow"):
            monkeypatch.setattr(cv2, name, getattr(self, name))
        monkeypatch.setenv("QT_QPA_PLATFORM", "wayland")
        monkeypatch.delenv("QT_LOGGING_RULES", raising=False)

    def namedWindow(self, title: str, flags: int) -> None:  # noqa: N802 - OpenCV's name
        assert title == TITLE
        assert flags & cv2.WINDOW_GUI_NORMAL == cv2.WINDOW_GUI_NORMAL
        self.is_open = True

    def resizeWindow(self, _: str, width: int, height: int) -> None:  # noqa: N802 - OpenCV's name
        self.size = (width, height)

    def imshow(self, _: str, picture: Image) -> None:
        self.shown.append(picture)

    def pollKey(self) -> int:  # noqa: N802 - OpenCV's name
        return self.keys.pop(0) if self.keys else -1

    def getWindowProperty(self, _: str, name: int) -> float:  # noqa: N802 - OpenCV's name
        assert name == cv2.WND_PROP_VISIBLE
        if self.is_open:
            return self.when_open
        if self.when_closed is None:
            raise cv2.error("NULL guiReceiver (please create a window)")
        return self.when_closed

    def destroyWindow(self, _: str) -> None:  # noqa: N802 - OpenCV's name
        if not self.is_open:
            raise cv2.error("no such window")
        self.is_open = False


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    needs_opencv_windows()
    return Screen(monkeypatch)


def test_opens_with_the_first_composite(screen: Screen) -> None:
    window = Preview(lambda _: None, lambda: "")
    assert not screen.is_open
    window.write(composite())
    assert screen.is_open
    assert screen.shown[0][0, 0].tolist() == list(LEFT)
    window.close()
    window.close()
    assert not screen.is_open


@pytest.mark.parametrize(
    ("picture", "window"), [((1080, 1920), (1280, 720)), ((480, 640), (640, 480)), ((1, 1), (240, 240))]
)
def test_fits_the_screen(screen: Screen, picture: tuple[int, int], window: tuple[int, int]) -> None:
    Preview(lambda _: None, lambda: "").write(composite(height=picture[0], width=picture[1]))
    assert screen.size == window


def test_its_own_keys_stay_and_the_others_are_words(screen: Screen) -> None:
    words: list[str] = []
    window = Preview(words.append, lambda: "fps")
    screen.keys = [ord("m"), ord("n"), 0x100000 | ord("b"), 27]
    window.write(composite())
    assert words == ["next-background", "blur", "quit"]
    assert window.view.is_matte
    window.write(composite())
    assert screen.shown[1][0, 0].tolist() == [255, 255, 255]


def test_a_notice_is_shown_without_a_key(screen: Screen) -> None:
    notices = ["", "marker 1"]
    window, made = Preview(lambda _: None, lambda: "", notice=lambda: notices.pop(0)), composite(height=90, width=160)
    window.write(made)
    window.write(made)
    assert (screen.shown[0] == made.image).all()
    assert (screen.shown[1] != made.image).any()


def test_mirrors_only_the_window(screen: Screen) -> None:
    window, made = Preview(lambda _: None, lambda: "", is_mirrored=True), composite()
    window.write(made)
    assert screen.shown[0][0, -1].tolist() == made.image[0, 0].tolist() == list(LEFT)


@pytest.mark.parametrize("when_closed", [0.0, -1.0, None])
def test_closing_with_the_mouse_quits_once(screen: Screen, when_closed: float | None) -> None:
    screen.when_closed = when_closed
    words: list[str] = []
    window = Preview(words.append, lambda: "")
    for _ in range(2):
        window.write(composite())
    screen.is_open = False
    for _ in range(3):
        window.write(standby())
    window.close()
    assert words == ["quit"]
    assert len(screen.shown) == 2
    assert not screen.is_open


def test_a_window_system_that_cannot_tell_goes_on(screen: Screen) -> None:
    words: list[str] = []
    screen.when_open = -1.0
    window = Preview(words.append, lambda: "")
    for _ in range(3):
        window.write(composite())
    assert (words, len(screen.shown)) == ([], 3)


def test_a_build_without_windows(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        failure = cv2.error("The function is not implemented. Rebuild the library with Windows, GTK+ 2.x support")
        failure.err = str(failure)  # OpenCV keeps the newest error's words on the class, whoever raised it
        raise failure

    monkeypatch.setattr(cv2, "namedWindow", missing)
    with pytest.raises(SinkError, match=r"not implemented.*sudo apt install"):
        Preview(lambda _: None, lambda: "").write(composite())
    assert screen.shown == []


def test_without_a_screen_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "why_no_screen", lambda: "this session has no screen")
    with pytest.raises(SinkError, match=r"window.*no screen.*--to"):
        Preview(lambda _: None, lambda: "")


@pytest.mark.usefixtures("screen")
def test_a_qt_that_cannot_load_is_told_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "libqxcb.so").write_bytes(b"not a library")
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(tmp_path))
    with pytest.raises(SinkError, match="cannot be loaded"):
        Preview(lambda _: None, lambda: "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt is OpenCV's window system on Linux")
@pytest.mark.usefixtures("screen")
def test_qt_is_told_which_screen_and_to_be_quiet() -> None:
    Preview(lambda _: None, lambda: "").write(composite())
    assert os.environ["QT_QPA_PLATFORM"] == "xcb"
    assert "default.warning=false" in os.environ["QT_LOGGING_RULES"]
