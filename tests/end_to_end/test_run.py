"""`livebg run` as a whole process on real people: every frame, the right times, the person there, the room gone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from patience import HANGS_S, Program, frames_so_far
from sound import needs_ffmpeg

from livebg.cli import main
from livebg.models.selfie import model_file

pytestmark = [pytest.mark.process, pytest.mark.needs_shared]
TRUTH, FRAMES = "cases/clips/d01_sway_longhair_alpha.mkv", 60


def _livebg(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "livebg", *arguments]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANGS_S)


def _times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def _pictures(path: Path, pixel_format: str) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format=pixel_format)


@pytest.fixture(scope="module")
def recorded(
    shared: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str], Path]:
    """A clip's first seconds; the process that went through them; the folder with their composites in blue (out.mp4)
    and mattes (matte.mkv)."""
    needs_ffmpeg()
    folder, frames = tmp_path_factory.mktemp("recorded"), str(FRAMES)
    clip, whole = folder / "clip.mp4", shared / "cases" / "clips" / "d01_sway_longhair.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", whole, "-c", "copy", "-frames:v", frames, clip], check=True)
    arguments = ["run", "--source", str(clip), "--pace", "every-frame", "--engine", "selfie"]
    arguments += ["--background", "#0000ff", "--to", "out.mp4", "--matte-to", "matte.mkv"]
    finished = _livebg(*arguments, folder=folder)
    assert finished.returncode == 0, finished.stderr
    return clip, finished, folder


def test_from_clip_to_recording(shared: Path, recorded: tuple[Path, subprocess.CompletedProcess[str], Path]) -> None:
    clip, finished, folder = recorded
    assert finished.stdout.startswith(f"{FRAMES} frames in ")
    assert ", 0 dropped, " in finished.stdout

    source_times = _times(clip)
    for made in ("out.mp4", "matte.mkv"):
        times = _times(folder / made)
        assert len(times) == len(source_times) == FRAMES
        drift = max(abs(a - times[0] - (b - source_times[0])) for a, b in zip(times, source_times, strict=True))
        assert drift <= Fraction(1, 1000)

    streams = (
        _pictures(clip, "bgr24"),
        _pictures(folder / "out.mp4", "bgr24"),
        _pictures(folder / "matte.mkv", "gray"),
        islice(_pictures(shared / TRUTH, "gray"), FRAMES),
    )
    blue, person, error, leaked = [], [], [], []
    for index, (camera, composite, matte, truth) in enumerate(zip(*streams, strict=True)):
        if index % 10:
            continue
        room, inside = cv2.erode(255 - truth, np.ones((61, 61))) == 255, cv2.erode(truth, np.ones((61, 61))) == 255
        blue.append(np.abs(composite[room].astype(int) - (255, 0, 0)).mean())
        person.append(np.abs(composite[inside].astype(int) - camera[inside]).mean())
        error.append(np.abs(matte.astype(int) - truth).mean() / 255)
        leaked.append((np.abs(composite[room].astype(int) - (255, 0, 0)).max(axis=1) > 60).mean())
    assert np.mean(blue) < 4
    assert np.mean(person) < 8
    assert np.mean(error) < 0.02
    assert np.mean(leaked) < 0.01


def test_from_photo_to_matte(shared: Path, tmp_path: Path) -> None:
    photo = shared / "cases" / "photos" / "dn_if016.jpg"
    finished = _livebg(
        *("run", "--source", str(photo), "--pace", "every-frame", "--engine", "selfie", "--to", "cut.png"),
        *("--matte-to", "matte.png", "--background", "none"),
        folder=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    camera = cv2.imread(str(photo))
    truth = cv2.imread(str(photo.with_name("dn_if016_alpha.png")), cv2.IMREAD_GRAYSCALE)
    matte = cv2.imread(str(tmp_path / "matte.png"), cv2.IMREAD_UNCHANGED)
    cut = cv2.imread(str(tmp_path / "cut.png"), cv2.IMREAD_UNCHANGED)
    assert camera is not None
    assert truth is not None
    assert matte is not None
    assert cut is not None
    assert matte.shape == truth.shape
    assert np.abs(matte.astype(int) - truth).mean() / 255 < 0.03
    assert cut.shape == (*matte.shape, 4)
    assert (cut[..., 3] == matte).all()
    assert not cut[matte == 0].any()
    assert (cut[matte == 255][:, :3] == camera[matte == 255]).all()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_the_recording_plays(tmp_path: Path, number: signal.Signals) -> None:
    arguments = ["run", "--source", "synthetic", "--size", "320x180", "--engine", "selfie", "--to", "out.mp4"]
    with Program(*arguments, folder=tmp_path) as livebg:
        livebg.records(tmp_path / "out.mp4", 1.0)
        livebg.signal(number)
        code, output = livebg.end()
    assert code == 0, livebg.error
    assert " frames in " in output.splitlines()[-1]
    assert "Traceback" not in livebg.error
    told = re.search(r"(\d+) frames written", livebg.error)
    written = int(told[1]) if told else int(output.split()[0])
    assert len(_times(tmp_path / "out.mp4")) == written > 10


def test_killed_in_the_middle_every_recording_plays_with_all_that_was_in_it(tmp_path: Path) -> None:
    names = ["a.mp4", "a.mkv", "a.mov", "a.webm"]
    arguments = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]
    with Program(*arguments, *(word for name in names for word in ("--to", name)), folder=tmp_path) as livebg:
        for name in names:  # closed pieces of a second: what a player finds now, it finds after the kill
            livebg.records(tmp_path / name, 2.5)
        before = {name: frames_so_far(tmp_path / name) for name in names}
        livebg.signal(signal.SIGKILL)
        code, _ = livebg.end()
    assert code == -signal.SIGKILL, livebg.error
    for name in names:
        times = [float(each) for each in _times(tmp_path / name)]
        assert times[: len(before[name])] == pytest.approx(before[name]), name
        assert times == sorted(set(times)), name


def test_a_disk_that_fills_up_ends_its_recording_and_the_others_go_on(tmp_path: Path, small_disk: Path) -> None:
    arguments = ["run", "--source", "synthetic", "--size", "320x180", "--fps", "15", "--engine", "selfie"]
    with Program(*arguments, "--to", str(small_disk / "a.mp4"), "--to", "b.mp4", folder=tmp_path) as livebg:
        livebg.records(small_disk / "a.mp4", 1.0)
        (small_disk / "another program's").write_bytes(bytes(10_000_000))
        assert livebg.says(r"a\.mp4 is ended: only ").endswith("going on without it")
        ended = frames_so_far(small_disk / "a.mp4")
        livebg.records(tmp_path / "b.mp4", ended[-1] + 1.5)
        livebg.signal(signal.SIGINT)
        code, _ = livebg.end()
    assert code == 6, livebg.error
    told = [line for line in livebg.lines if "a.mp4 is ended: only " in line]
    assert len(told) == 2, livebg.error  # when it happened, and why the run ends with 6
    short, long = _times(small_disk / "a.mp4"), _times(tmp_path / "b.mp4")
    assert 0.5 < short[-1] < long[-1] - 0.5
    assert "Traceback" not in livebg.error


BAD_INPUT = {
    "no such file": (["--source", "absent.mp4"], 3),
    "a folder": (["--source", "."], 3),
    "nothing in it": (["--source", "empty.mp4"], 3),
    "text, not a video": (["--source", "text.mp4"], 3),
    "a list of other files": (["--source", "list.mp4"], 3),
    "a picture of 30,000x30,000 px": (["--source", "bomb.ppm"], 3),
    "a background of 30,000x30,000 px": (["--source", "synthetic", "--background", "bomb.ppm"], 5),
    "settings that are no text": (["--settings", "bomb.ppm"], 2),
    "a name that steers the terminal": (["--source", "a\x1b[2J\nb.mp4"], 3),
    "no such camera": (["--camera", "77"], 3),
    "no camera of this name": (["--camera", "no such camera"], 3),
    "no such background": (["--source", "synthetic", "--background", "atlantis"], 5),
    "a background that is text": (["--source", "synthetic", "--background", "text.mp4"], 5),
    "an empty background": (["--source", "synthetic", "--background", "empty.mp4"], 5),
    "no such output folder": (["--source", "synthetic", "--to", "absent/out.mp4"], 6),
    "an output that is a folder": (["--source", "synthetic", "--to", "folder.mp4"], 6),
    "an output of unknown kind": (["--source", "synthetic", "--to", "out.doc"], 6),
    "an output that exists": (["--source", "synthetic", "--to", "text.mp4"], 6),
    "mp4 cannot be transparent": (["--source", "synthetic", "--background", "none", "--to", "out.mp4"], 6),
    "no virtual camera": (["--source", "synthetic", "--to", "virtual-camera:/dev/video99"], 6),
    "weights that are not there": (["--source", "synthetic", "--engine", "rmbg", "--weights", "absent.pth"], 4),
    "out of range": (["--fps", "0"], 2),
    "output is the source": (["--source", "text.mp4", "--to", "text.mp4", "--force"], 2),
}
# As processes: each part that refuses, with all that is loaded until then. The others in this process, by main alone.
WHOLE = ("a list of other files", "an empty background", "an output of unknown kind", "no virtual camera",
         "weights that are not there", "out of range")  # fmt: skip


@pytest.mark.parametrize("what", BAD_INPUT)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video\n" * 50)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nlist.mp4\n")
    (tmp_path / "bomb.ppm").write_bytes(b"P6 30000 30000 255\n" + b"\xff" * 99)
    arguments, code = BAD_INPUT[what]
    if not any("--to" in each for each in arguments) and code != 2:
        arguments = [*arguments, "--to", "result.mp4"]
    if what in WHOLE:
        finished = _livebg("run", *arguments, folder=tmp_path)
        ended, error = finished.returncode, finished.stderr
    else:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        ended, error = main(["run", *arguments]), capfd.readouterr().err
    assert ended == code, error
    *progress, failure = error.splitlines()
    assert all(
        re.match("livebg: (source: |background: |preparing |recording result.mp4: not made)", line) for line in progress
    ), progress
    assert failure.startswith("livebg: ")
    assert failure.isprintable()
    assert (
        any(word.split("\x1b")[0] in failure for word in arguments if not word.startswith("--to"))
        or "camera" in failure
    )
    assert not (tmp_path / "result.mp4").exists()
    assert (tmp_path / "text.mp4").read_text().startswith("this is no video")


def test_without_a_screen_the_window_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    finished = _livebg("run", "--source", "synthetic", "--to", "window", folder=tmp_path)
    assert finished.returncode == 6
    assert "no screen" in finished.stderr


def test_the_matte_is_no_worse_than_the_engines_own_answer_enlarged(
    shared: Path, recorded: tuple[Path, subprocess.CompletedProcess[str], Path]
) -> None:
    """MAD, edgeMAD, BF and flicker at once, by the test material's own measures, on a clip as the process made it.

    The whole set, beside its peers, is measured by tests/bench/quality.py.
    """
    sys.path.insert(0, str(shared / "cases"))
    import metrics

    from livebg.core.types import Frame
    from livebg.matting.refine.guided_filter import enlarge
    from livebg.models.selfie.engine import SelfieEngine

    (clip, _, folder), frames = recorded, 40
    plain = SelfieEngine(model_file.model_file("landscape"), "landscape", "test")
    ours, theirs, common = metrics.ClipMetrics(warm=10), metrics.ClipMetrics(warm=10), metrics.Shared()
    streams = (
        _pictures(clip, "bgr24"),
        _pictures(folder / "matte.mkv", "gray"),
        _pictures(shared / TRUTH, "gray"),
    )
    for index, (camera, matte, truth) in enumerate(islice(zip(*streams, strict=False), frames)):
        frame = Frame(camera, index, 0.0, index / 30)
        common.add(camera, truth)
        ours.step(common, matte)
        theirs.step(common, enlarge(plain.matte(frame).values, frame))
    own, peer = ours.result(), theirs.result()
    assert all(own[each] < peer[each] for each in ("mad", "mad_edge", "flicker_true", "dtssd", "lag")), (own, peer)
    assert own["trail"] < peer["trail"] + 0.02
    assert own["bf"] > peer["bf"]
