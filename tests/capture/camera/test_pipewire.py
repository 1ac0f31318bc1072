from __future__ import annotations

import sys
from itertools import chain

import cv2
import numpy as np
import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from livebg.capture.camera import pipewire as module
from livebg.capture.camera.pipewire import (
    OpenNode,
    Place,
    bgr,
    find_node,
    has_nodes,
    is_named,
    list_pipewire_cameras,
    open_node,
    open_pipewire_camera,
)
from livebg.capture.live_source import Lost
from livebg.core.errors import SourceError
from livebg.core.settings import Settings
from livebg.core.types import Image
from livebg.media.pipewire.input import Picture, PipeWireNode
from livebg.media.pipewire.library import NoPipeWire
from livebg.media.pipewire.pods import VideoFormat

HEIGHT, WIDTH = 6, 8  # half of the height is odd
FRONT, BACK = PipeWireNode(1, "1", "front", "Front Camera", "libcamera"), PipeWireNode(2, "2", "back", "Back Camera")
OBS = PipeWireNode(3, "3", "obs", "OBS Virtual Camera")


def picture() -> Image:
    """Flat in each half, so that colours at half the size stay."""
    made = np.full((HEIGHT, WIDTH, 3), (30, 60, 200), np.uint8)
    made[:, WIDTH // 2 :] = (180, 90, 20)
    return made


def padded(plane: Image, more: int) -> tuple[bytes, int]:
    """Its bytes with `more` at the end of each line but the last, and the stride."""
    height, width = plane.shape
    lines = np.zeros((height, width + more), np.uint8)
    lines[:, :width] = plane
    return lines.tobytes(), width + more


def planes_of(pixels: str) -> list[Image]:
    """uint8 (lines, bytes of each): Y, U, V of I420; Y, UV of NV12; else one."""
    made, i420 = picture(), cv2.cvtColor(picture(), cv2.COLOR_BGR2YUV_I420)
    luma, chroma = i420[:HEIGHT], i420[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    if pixels == "I420":
        return [luma, *chroma]
    if pixels == "NV12":
        return [luma, np.stack(chroma, axis=-1).reshape(HEIGHT // 2, WIDTH)]
    if pixels == "YUY2":
        wide = np.repeat(chroma, 2, axis=1)
        return [np.stack([luma[:, ::2], wide[0], luma[:, 1::2], wide[1]], axis=-1).reshape(HEIGHT, WIDTH * 2)]
    order = {"R": 2, "G": 1, "B": 0}
    channels = [made[..., order[each]] if each in order else np.full_like(made[..., 0], 255) for each in pixels]
    return [np.stack(channels, axis=-1).reshape(HEIGHT, -1)]


def form(pixels: str) -> VideoFormat:
    return VideoFormat(pixels, WIDTH, HEIGHT, 30.0)


def is_right(seen: Image) -> bool:
    return seen.shape == (HEIGHT, WIDTH, 3) and int(np.abs(seen.astype(int) - picture()).max()) < 8


@pytest.mark.parametrize("pixels", ["I420", "NV12", "YUY2", "RGBx", "BGRx", "RGBA", "BGRA", "RGB", "BGR"])
@pytest.mark.parametrize("more", [0, 8])
def test_colours_come_right_at_any_stride(pixels: str, more: int) -> None:
    planes = planes_of(pixels)
    whole = b"".join(padded(each, more if each.shape[1] >= WIDTH else more // 2)[0] for each in planes)
    stride = planes[0].shape[1] + more
    assert is_right(bgr(Picture(form(pixels), ((whole, stride),))))
    if not more:
        assert is_right(bgr(Picture(form(pixels), ((whole, 0),)))), "a camera that names no stride"


@pytest.mark.parametrize("pixels", ["I420", "NV12"])
@pytest.mark.parametrize("more", [0, 6])
def test_planes_may_have_blocks_of_their_own(pixels: str, more: int) -> None:
    assert is_right(bgr(Picture(form(pixels), tuple(padded(each, more) for each in planes_of(pixels)))))


@pytest.mark.parametrize("pixels", ["I420", "NV12", "YUY2", "BGRx", "BGR"])
def test_too_few_bytes_are_no_picture(pixels: str) -> None:
    whole = b"".join(each.tobytes() for each in planes_of(pixels))
    for broken in (whole[:-1], whole[: len(whole) // 2]):
        with pytest.raises(ValueError, match="too few"):
            bgr(Picture(form(pixels), ((broken, 0),)))
    if pixels in ("I420", "NV12"):
        with pytest.raises(ValueError, match="odd"):
            bgr(Picture(VideoFormat(pixels, 7, 5, 30.0), ((whole, 0),)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("", FRONT), ("front", FRONT), ("back c", BACK), ("Back Camera", BACK), ("obs", OBS)],
)
def test_a_camera_is_found_by_its_name(wanted: str, expected: PipeWireNode) -> None:
    assert find_node(wanted, lambda: [OBS, FRONT, BACK]) == expected


def refuse() -> list[PipeWireNode]:
    raise NoPipeWire("no daemon answers")


@pytest.mark.parametrize(
    ("wanted", "list_all", "told"),
    [
        ("LiveBG", lambda: [FRONT], "livebg's own camera"),
        ("other", lambda: [FRONT, BACK], "'other' in its name; found: pipewire:Front Camera, pipewire:Back Camera"),
        ("camera", lambda: [FRONT, BACK], "fits 2 PipeWire cameras"),
        ("", lambda: [], "PipeWire has no camera; plug one in"),
        ("", refuse, "PipeWire has no camera for livebg: no daemon answers"),
    ],
)
def test_what_cannot_be_found_says_what_is_there(wanted: str, list_all: object, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        find_node(wanted, list_all)  # type: ignore[arg-type]  # lambdas


def test_which_cameras_are_named_so() -> None:
    assert [is_named(each) for each in ("pipewire", "pipewire:x", " pipewire:", "pipe", "auto", "/dev/video0")] == [
        *(True, True, True),
        *(False, False, False),
    ]


def test_lists_are_empty_without_pipewire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "list_nodes", refuse)
    assert (list_pipewire_cameras(), has_nodes()) == ([], False)
    usb = PipeWireNode(4, "4", "v4l2", "USB Camera", "v4l2")
    monkeypatch.setattr(module, "list_nodes", lambda: [OBS, usb, FRONT])
    assert list_pipewire_cameras() == [OBS, FRONT]
    assert has_nodes()
    monkeypatch.setattr(module, "list_nodes", lambda: [OBS])
    assert not has_nodes()


class Camera:
    """An input.CameraInput that gives these, then is lost."""

    def __init__(self, *pictures: Picture | None) -> None:
        self._next, self.is_closed = chain(pictures), False

    def read(self, _timeout_s: float) -> Picture | None:
        try:
            return next(self._next)
        except StopIteration:
            raise NoPipeWire("it has gone") from None

    def close(self) -> None:
        self.is_closed = True


def test_an_open_camera_gives_pictures_until_it_is_lost() -> None:
    good = Picture(form("BGR"), tuple((each.tobytes(), 0) for each in planes_of("BGR")))
    camera = Camera(None, good, Picture(form("BGR"), ((b"", 0),)))
    node = OpenNode(camera)  # type: ignore[arg-type]  # has what is used
    assert node.read() is None
    assert is_right(node.read())
    assert (node.pixels, node.fps) == ("BGR", 30.0)
    with pytest.raises(Lost, match="broken pictures"):
        node.read()
    with pytest.raises(Lost, match="it has gone"):
        node.read()
    node.release()
    assert camera.is_closed
    assert node.why_silent()


def test_a_camera_that_cannot_be_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise NoPipeWire("it refuses")

    monkeypatch.setattr(module, "find_node", lambda _: FRONT)
    monkeypatch.setattr(module, "CameraInput", fail)
    with pytest.raises(SourceError, match=r"Front Camera \(PipeWire\) cannot be opened: it refuses"):
        open_pipewire_camera(Settings(camera="pipewire:front"))
    with pytest.raises(SourceError, match=r"^Back Camera \(PipeWire\) cannot be opened: "):
        open_node(BACK, Settings())
    monkeypatch.setattr(module, "list_nodes", lambda: [BACK, FRONT])
    place = Place(FRONT, Settings())
    assert str(place) == "Front Camera (PipeWire)"
    assert place.find(lambda: False) is None
    monkeypatch.setattr(module, "list_nodes", lambda: [BACK])
    assert place.find(lambda: False) is None
