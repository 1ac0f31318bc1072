from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("PipeWire is Linux'", allow_module_level=True)

from livebg.media.pipewire.input import CameraInput, PipeWireNode, chosen, list_nodes, nodes_of
from livebg.media.pipewire.library import CLIENT, NODE, Global, NoPipeWire, library
from livebg.media.pipewire.output import CameraOutput


def camera(name: str, description: str, **more: str) -> Global:
    about = {"media.class": "Video/Source", "node.name": name, "node.description": description}
    return Global(NODE, {**about, **{key.replace("_", "."): value for key, value in more.items()}})


FOUND = {
    3: Global(CLIENT, {"application.name": "livebg"}),
    4: Global(CLIENT, {"application.name": "other"}),
    5: Global("PipeWire:Interface:Device", {"device.api": "libcamera"}),
    9: camera("libcamera_input.0", "Built-in Camera", device_id="5", object_serial="70"),
    7: camera("front", "Front Camera", client_id="4"),
    10: camera("camera", "made by livebg, under another name", client_id="3"),
    11: camera("livebg", "livebg", client_id="4"),
    12: camera("v4l2_output.0", "livebg virtual camera"),
    13: camera("quiet", "its maker livebg has another name", client_id="3"),
    14: Global(NODE, {"media.class": "Audio/Source", "node.name": "microphone"}),
    15: Global("PipeWire:Interface:Port", {"media.class": "Video/Source"}),
}


def test_all_but_livebgs_own() -> None:
    assert nodes_of(FOUND) == [
        PipeWireNode(7, "7", "front", "Front Camera"),
        PipeWireNode(9, "70", "libcamera_input.0", "Built-in Camera", "libcamera"),
    ]


def test_livebgs_own_alone() -> None:
    assert [each.number for each in nodes_of(FOUND, own=True)] == [10, 11, 12, 13]


def test_the_exact_name_goes_before_a_part() -> None:
    nodes = [PipeWireNode(1, "1", "a", "Webcam"), PipeWireNode(2, "2", "b", "Webcam Pro")]
    assert chosen(nodes, "webcam") == nodes[:1]
    assert chosen(nodes, "WEB") == nodes
    assert chosen(nodes, "b") == nodes[1:]
    assert chosen(nodes, "other") == []


@pytest.mark.parametrize(
    "use",
    [
        lambda: list_nodes(),
        lambda: CameraInput(PipeWireNode(1, "1", "a", "a"), 640, 360, 30.0),
        lambda: CameraOutput(640, 360, 30.0, lambda: None),
    ],
)
def test_without_a_daemon_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: Callable[[], Any]
) -> None:
    try:
        library()
    except NoPipeWire as cause:
        pytest.skip(str(cause))
    monkeypatch.setenv("PIPEWIRE_REMOTE", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NoPipeWire, match="no daemon answers"):
        use()
