"""Which camera `--camera` means, and what is said when it means none or several."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from livebg.capture.camera import devices
from livebg.capture.camera.devices import Camera, Mode, find_camera, has_real_camera, is_virtual_name, list_cameras
from livebg.core.errors import SourceError
from livebg.core.settings import Settings

BUILT_IN = Camera(0, "Integrated Webcam", "/dev/video0")
USB = Camera(2, "Logitech Webcam C920", "/dev/video2")


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_cameras", lambda: [BUILT_IN, USB])


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("wanted", "camera"),
    [("0", BUILT_IN), ("2", USB), (" 2 ", USB), ("c920", USB), ("integrated webcam", BUILT_IN), ("LOGI", USB)],
)
def test_index_or_name(wanted: str, camera: Camera) -> None:
    assert find_camera(wanted) is camera


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("1", "camera 1 cannot be opened: there is no such camera"),
        ("Brio", "no camera has 'Brio' in its name"),
        ("", "--camera is empty"),
        ("/dev/video77", "camera /dev/video77 cannot be opened: there is no such device"),
    ],
)
def test_none(wanted: str, problem: str) -> None:
    with pytest.raises(SourceError) as told:
        find_camera(wanted)
    found = "cameras found: 0 (Integrated Webcam), 2 (Logitech Webcam C920); try --camera 0"
    assert str(told.value) == f"{problem}; {found}"


@pytest.mark.usefixtures("two")
def test_several() -> None:
    with pytest.raises(SourceError, match=r"'webcam' fits 2 cameras: 0 \(Integrated Webcam\), 2 .*; try --camera 0$"):
        find_camera("webcam")


def test_an_exact_name_wins_over_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, longer = Camera(0, "Webcam"), Camera(1, "Webcam Pro")
    monkeypatch.setattr(devices, "list_cameras", lambda: [longer, plain])
    assert find_camera("webcam") is plain


@pytest.mark.parametrize("wanted", ["0", "Brio"])
def test_no_camera_at_all(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setattr(devices, "list_cameras", list)
    with pytest.raises(SourceError, match="no camera was found at all: plug one in, or try --source"):
        find_camera(wanted)


@pytest.mark.skipif(sys.platform != "linux", reason="device paths are Linux's")
def test_a_path_may_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node, link = tmp_path / "video4", tmp_path / "usb-cam"
    node.touch()
    link.symlink_to(node)
    modes = (Mode("MJPG", 1280, 720, 30.0),)
    monkeypatch.setattr(devices.v4l2, "describe", lambda path: ("Cam", modes) if path == str(node) else None)
    assert find_camera(str(link)) == Camera(-1, "Cam", str(node), modes)


def test_linux_lists_what_delivers_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(devices.v4l2, "device_paths", lambda: ["/dev/video0", "/dev/video1"])
    monkeypatch.setattr(devices.v4l2, "describe", {"/dev/video0": ("Cam", ()), "/dev/video1": None}.get)
    assert list_cameras() == [Camera(0, "Cam", "/dev/video0")]


@pytest.mark.parametrize(("platform", "backend"), [("win32", 700), ("darwin", 1200)])
def test_elsewhere_a_library_lists(monkeypatch: pytest.MonkeyPatch, platform: str, backend: int) -> None:
    library = ModuleType("cv2_enumerate_cameras")
    library.enumerate_cameras = lambda asked: [SimpleNamespace(index=asked - backend, name="Cam")]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", library)
    monkeypatch.setattr(sys, "platform", platform)
    assert list_cameras() == [Camera(0, "Cam")]
    assert str(Camera(0, "Cam")) == "Cam (camera 0)"


LOOPBACK = Camera(0, "Phone", "/dev/video0", is_virtual=True)
OBS = Camera(1, "OBS Virtual Camera", is_virtual=True)


def test_without_a_wish_it_is_the_first_real_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().camera == "auto"
    monkeypatch.setattr(devices, "list_cameras", lambda: [LOOPBACK, OBS, USB])
    assert find_camera("auto") is USB
    for wanted, camera in (("0", LOOPBACK), ("phone", LOOPBACK), ("obs", OBS)):
        assert find_camera(wanted) is camera, "by choice it is opened"


def test_none_but_virtual_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_cameras", lambda: [LOOPBACK, OBS])
    with pytest.raises(SourceError) as told:
        find_camera("auto")
    assert str(told.value) == (
        "no camera was found but virtual ones, which other programs feed: 0 (Phone), 1 (OBS Virtual Camera); plug one "
        "in, or choose one of these with --camera 0"
    )
    monkeypatch.setattr(devices, "list_cameras", list)
    with pytest.raises(SourceError, match="no camera was found at all: plug one in, or try --source"):
        find_camera("auto")


@pytest.mark.parametrize(
    ("name", "is_virtual"),
    [
        ("OBS Virtual Camera", True),
        ("OBS-Camera", True),
        ("livebg", True),
        ("XSplit VCam", True),
        ("ManyCam Virtual Webcam", True),
        ("Camera (NVIDIA Broadcast)", True),
        ("Integrated Webcam", False),
        ("HP TrueVision HD", False),
        ("OBSBOT Tiny 2", False),
        ("FaceTime HD Camera", False),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_a_virtual_camera_is_known_by_its_name(
    monkeypatch: pytest.MonkeyPatch, platform: str, name: str, is_virtual: bool
) -> None:
    library = ModuleType("cv2_enumerate_cameras")
    library.enumerate_cameras = lambda _: [SimpleNamespace(index=0, name=name)]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", library)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(devices.v4l2, "device_paths", lambda: ["/dev/video0"])
    monkeypatch.setattr(devices.v4l2, "describe", lambda _: (name, ()))
    monkeypatch.setattr(devices.v4l2, "is_loopback", lambda _: False)
    assert [each.is_virtual for each in list_cameras()] == [is_virtual]


def test_a_loopback_is_virtual_whatever_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(devices.v4l2, "device_paths", lambda: ["/dev/video0"])
    monkeypatch.setattr(devices.v4l2, "describe", lambda _: ("Webcam", ()))
    monkeypatch.setattr(devices.v4l2, "is_loopback", lambda path: path == "/dev/video0")
    assert [each.is_virtual for each in list_cameras()] == [True]


def test_whether_there_is_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [Camera(0, "OBS Virtual Camera", is_virtual=True)]
    monkeypatch.setattr(devices, "list_cameras", lambda: cameras)
    assert not has_real_camera()
    cameras.append(Camera(1, "ipu6", "/dev/video1"))
    assert not has_real_camera(), "a sensor's own node"
    cameras.append(BUILT_IN)
    assert has_real_camera()
    assert (is_virtual_name("livebg"), is_virtual_name("Front Camera")) == (True, False)
