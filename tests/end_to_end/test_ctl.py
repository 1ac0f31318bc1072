"""A running livebg steered from another process: hidden, shown, another background, its status, its end."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from composites import read_recording
from patience import HANGS_S, SLACK, Program, until

from livebg.pipeline.live.client import Client, Picture

ARGUMENTS = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("own_home")]


def _ctl(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livebg", "ctl", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANGS_S, check=False)


def test_the_panel_beside_a_run_ends_with_it(tmp_path: Path) -> None:
    with Program(*ARGUMENTS, "--to", "none", "--panel", "--no-browser", folder=tmp_path) as livebg:
        address = urlsplit(livebg.process.stdout.readline().partition("the panel: ")[2].strip())
        assert _answer(address.netloc, f"{address.path}?{address.query}") == 303
        assert _answer(address.netloc, "/") == 403, "not without the token"
        until(lambda: _ctl("quit").returncode == 0, "the end")
        assert livebg.end()[0] == 0
    with pytest.raises(ConnectionRefusedError):
        _answer(address.netloc, "/")


def _answer(host: str, path: str) -> int:
    connection = http.client.HTTPConnection(host, timeout=HANGS_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_hide_me_and_the_rest(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    with Program(*ARGUMENTS, "--background", "#204060", "--to", str(film), folder=tmp_path) as livebg:
        livebg.records(film, 0.5)
        hidden = _ctl("hide")
        assert (hidden.returncode, hidden.stdout) == (0, "hidden\n"), hidden.stderr
        begun = json.loads(_ctl("--json").stdout)
        assert begun["state"] == "hidden"
        assert begun["engine"].startswith("selfie")
        livebg.records(film, _seconds(film) + 1)
        assert _ctl("background", "#804020").returncode == 0
        until(lambda: json.loads(_ctl("--json").stdout)["background"] == "#804020", "the new background")
        assert _ctl("show").stdout.startswith("live")
        livebg.records(film, _seconds(film) + 1)
        refused = _ctl("set", "smoothing", "7")
        assert (refused.returncode, refused.stderr) == (2, "livebg: --smoothing: 7 is outside 0..1\n")
        assert _ctl("quit").returncode == 0
        code, _ = livebg.end()
    assert code == 0, livebg.error
    assert "you are hidden: every output shows the standby image" in livebg.error
    frames = [each[..., :3] for each in read_recording(film).pictures]
    is_shown = [_has_person(each) for each in frames]
    first, last = is_shown.index(False), len(is_shown) - is_shown[::-1].index(False)
    assert all(is_shown[:first])
    assert not any(is_shown[first:last]), "hidden from one frame to another, without a gap"
    assert all(is_shown[last:])
    assert min(first, last - first, len(frames) - last) > 3
    gone = _ctl("hide")
    assert (gone.returncode, gone.stderr) == (1, "livebg: no livebg runs here; start one: livebg run\n")


def _seconds(film: Path) -> float:
    return read_recording(film).times_s[-1]


def _has_person(image: np.ndarray) -> bool:
    """Whether the middle of BGR uint8 (H, W, 3) is more than one colour: the card's caption is below it."""
    height, width = image.shape[:2]
    middle = image[height // 4 : height * 7 // 10, width // 4 : width * 3 // 4].astype(np.float32)
    return bool(middle.std(axis=(0, 1)).max() > 8)


def test_with_no_control_nobody_reaches_it(tmp_path: Path) -> None:
    film = tmp_path / "a.mkv"
    with Program(*ARGUMENTS, "--no-control", "--to", str(film), folder=tmp_path) as livebg:
        livebg.records(film, 0.2, frames=2)
        assert _ctl("hide").returncode == 1


def test_who_hides_is_hidden_after_a_kill_too(tmp_path: Path) -> None:
    with Program(*ARGUMENTS, "--to", str(tmp_path / "a.mkv"), folder=tmp_path) as livebg:
        livebg.records(tmp_path / "a.mkv", 0.2, frames=2)
        assert _ctl("hide").returncode == 0
        livebg.process.kill()
        livebg.end()
    plain = [*ARGUMENTS, "--background", "#204060"]
    with Program(*plain, "--to", str(tmp_path / "b.mkv"), folder=tmp_path) as livebg:
        livebg.says("livebg ended while you were hidden, so you still are")
        livebg.records(tmp_path / "b.mkv", 0.2, frames=2)
        assert _ctl("quit").stdout == "hidden\n"
        assert livebg.end()[0] == 0
    assert not any(_has_person(each[..., :3]) for each in read_recording(tmp_path / "b.mkv").pictures)
    with Program(*ARGUMENTS, "--to", str(tmp_path / "c.mkv"), folder=tmp_path) as livebg:
        livebg.records(tmp_path / "c.mkv", 0.2, frames=2)
        assert json.loads(_ctl("--json").stdout)["state"] != "hidden", "after a regular end"


def test_outputs_come_and_go_and_pictures_show_what_they_get(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.mkv" for name in "abc")
    with Program(*ARGUMENTS, "--background", "#204060", "--to", str(first), folder=tmp_path) as livebg:
        livebg.records(first, 0.3, frames=3)
        refused = _ctl("record")
        assert (refused.returncode, "livebg records already" in refused.stderr) == (2, True)
        with Client() as client:
            _is_seen_as_the_outputs_get_it(client)
            status = client.do("output-off", str(first))
            assert (status["outputs"], status["recording"], status["state"]) == ([], None, "live")
            assert client.preview() is not None, "nobody is left but who asks"
            asked_s = time.monotonic()
            assert _ctl("record", second.name, folder=tmp_path).returncode == 0
            begun_s = time.monotonic()
            livebg.records(second, 1.0)
            _floods(client)
            ended_s = time.monotonic()
            assert _ctl("record-stop").returncode == 0
            stopped_s = time.monotonic()
            assert _ctl("output-on", str(second)).stderr.startswith(f"livebg: output {second}: exists already")
            status = client.do("output-on", str(third))
            assert {"where": str(third), "is_on": True} in status["can_switch"]
            livebg.records(third, 0.5)
            client.do("quit")
        assert livebg.end()[0] == 0, livebg.error
    times_s, period_s = read_recording(second).times_s, 1 / 15
    assert ended_s - begun_s - 2 * period_s <= times_s[-1] + period_s <= stopped_s - asked_s + period_s
    assert np.diff(times_s).max() < 0.25 * SLACK
    assert len(read_recording(first).times_s) >= 3
    assert len(read_recording(third).times_s) > 5


def _is_seen_as_the_outputs_get_it(livebg: Client) -> None:
    shown = _picture(livebg)
    assert _has_person(shown)
    camera, person = livebg.preview("camera", 320), livebg.preview("person", 320)
    assert camera is not None
    assert person is not None
    assert _decoded(person)[..., 3].max() > 200
    livebg.do("hide")
    card = _picture(livebg)
    assert not _has_person(card), "the very next one shows the card"
    hidden = livebg.preview("person", 320)
    assert hidden is not None
    assert hidden.state == "hidden"
    assert not _decoded(hidden)[..., 3].any()
    assert livebg.preview("camera", 320) is None
    livebg.do("show")
    until(lambda: _has_person(_picture(livebg)), "the person again")


def _picture(livebg: Client) -> np.ndarray:
    picture = livebg.preview("composite", 320)
    assert picture is not None
    return _decoded(picture)


def _decoded(picture: Picture) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_UNCHANGED)


def _floods(livebg: Client) -> None:
    """A dozen callers ask for all that they can get, while one waits for each new picture."""
    stopping = threading.Event()

    def ask(width: int) -> None:
        with Client() as one:
            while not stopping.is_set():
                one.preview("composite", width)

    askers = [threading.Thread(target=ask, args=(300 + number,)) for number in range(12)]
    for each in askers:
        each.start()
    try:
        seen, last = 0, None
        while seen < 20:
            picture = livebg.preview("composite", 320, last)
            if picture is not None:
                assert picture.sequence != last
                seen, last = seen + 1, picture.sequence
    finally:
        stopping.set()
        for each in askers:
            each.join()
