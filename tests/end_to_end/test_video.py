"""`livebg video` as a whole process on real people: every frame, the sound, the person there, the room gone; cut off,
gone on with; and what it says to what is no film."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from films import make_film, pictures_of, times_of
from patience import HANGS_S, until

from livebg.pipeline.film.checkpoint import folder_of

pytestmark = pytest.mark.process


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "livebg", "video", "--engine", "selfie", *arguments]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}


def _livebg(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = _environment(folder)
    return subprocess.run(
        _command(*arguments), cwd=folder, env=environment, capture_output=True, text=True, timeout=HANGS_S
    )


@pytest.fixture(scope="module")
def clip(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a real person, with a tone."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed: apt install ffmpeg")
    source = shared / "cases" / "clips" / "d02_still_glasses.mp4"
    path = tmp_path_factory.mktemp("clip") / "me & you 🎤.mp4"
    tone = ["-f", "lavfi", "-i", "sine=440:duration=1"]
    options = ["-t", "1", "-c:v", "libx264", "-crf", "12", "-bf", "2", "-c:a", "aac", "-metadata", "title=me"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), *tone, *options, str(path)], check=True)
    return path


@pytest.mark.needs_shared
def test_a_person_in_front_of_another_background(shared: Path, clip: Path) -> None:
    finished = _livebg(clip.name, "--background", "#0000ff", "-o", "out.mp4", folder=clip.parent)
    assert finished.returncode == 0, finished.stderr
    assert "30 frames, 1.00 s" in finished.stdout.splitlines()[-1]
    output = clip.parent / "out.mp4"
    assert times_of(output) == times_of(clip)
    with av.open(str(clip)) as before, av.open(str(output)) as after:
        assert after.metadata["title"] == "me"
        assert [each.codec_context.name for each in after.streams.audio] == ["aac"]
        sound = [[bytes(each) for each in container.demux(audio=0) if each.size] for container in (before, after)]
        assert sound[0] == sound[1]
    truth = pictures_of(shared / "cases" / "clips" / "d02_still_glasses_alpha.mkv", "gray")[20] / 255
    ours, theirs = pictures_of(output)[20].astype(int), pictures_of(clip)[20].astype(int)
    inside, outside = truth > 0.99, truth < 0.01
    assert np.abs(ours - theirs)[inside].mean() < 4
    assert np.abs(ours[outside] - (255, 0, 0)).mean() < 4


@pytest.mark.needs_shared
def test_the_matte_of_a_film_is_close_to_the_true_one(shared: Path, clip: Path) -> None:
    finished = _livebg(clip.name, "--what", "matte", "-o", "matte.mkv", folder=clip.parent)
    assert finished.returncode == 0, finished.stderr
    truth = pictures_of(shared / "cases" / "clips" / "d02_still_glasses_alpha.mkv", "gray")[:30]
    ours = pictures_of(clip.parent / "matte.mkv", "gray")
    errors = [np.abs(one.astype(int) - other).mean() / 255 for one, other in zip(ours, truth, strict=True)]
    assert np.mean(errors) < 0.02


def _until_first_segment(running: subprocess.Popen[str], output: Path) -> None:
    """Until the first 20 s of the film in work are finished, or it is done."""
    segment = folder_of(output) / "00000.npy"
    until(lambda: segment.exists() or running.poll() is not None, "the first segment")


def test_interrupted_and_gone_on_with(tmp_path: Path) -> None:
    film = make_film(tmp_path / "long.mp4", 240, key_every=16, fps=4)  # 60 s: segments of 20 s
    arguments = (film.name, "--background", "#00ff00", "-o", "out.mkv", "--codec", "ffv1", "--progress", "json")
    running = subprocess.Popen(
        _command(*arguments), cwd=tmp_path, env=_environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    _until_first_segment(running, tmp_path / "out.mkv")
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=HANGS_S)
    assert running.returncode == 130
    assert not (tmp_path / "out.mkv").exists()
    cut = pictures_of(tmp_path / "out-partial.mkv")
    assert 80 <= len(cut) < 240
    again = _livebg(*arguments, folder=tmp_path)
    assert again.returncode == 6
    assert "go on with --resume" in again.stderr
    resumed = _livebg(*arguments, "--resume", folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout.splitlines()[0])["done"] == 80
    whole = pictures_of(tmp_path / "out.mkv")
    assert len(whole) == 240
    assert times_of(tmp_path / "out.mkv") == times_of(film)
    assert all(np.array_equal(one, other) for one, other in zip(whole[:80], cut[:80], strict=True))
    assert not list(tmp_path.glob("*partial*"))


def test_killed_and_gone_on_with(tmp_path: Path) -> None:
    film = make_film(tmp_path / "long.mp4", 176, key_every=16, fps=4)
    arguments = (str(film), "--background", "#00ff00", "-o", "out.mp4", "--progress", "json")
    for number in range(5):  # on a busy machine the film may be done before this process can stop it
        folder = tmp_path / str(number)
        folder.mkdir()
        running = subprocess.Popen(
            _command(*arguments), cwd=folder, env=_environment(folder), stdout=subprocess.PIPE, text=True
        )
        _until_first_segment(running, folder / "out.mp4")
        running.kill()
        running.communicate(timeout=HANGS_S)
        if not (folder / "out.mp4").exists():
            break
    assert running.returncode < 0
    assert not (folder / "out.mp4").exists()
    resumed = _livebg(*arguments, "--resume", folder=folder)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout.splitlines()[0])["done"] == 80
    assert len(pictures_of(folder / "out.mp4")) == 176


def test_what_is_no_film_is_told_in_one_line(tmp_path: Path) -> None:
    whole = make_film(tmp_path / "whole.mp4", 30).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])  # its index was at the end
    (tmp_path / "text.mp4").write_text("a text\n" * 99)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    names = ("cut.mp4", "text.mp4", "empty.mp4", "folder")
    nothing = _livebg("whole.mp4", *names, "missing.mp4", "-o", "out", "--background", "#00ff00", folder=tmp_path)
    assert nothing.returncode == 3
    assert "missing.mp4 does not exist" in nothing.stderr
    assert not (tmp_path / "out").exists()
    finished = _livebg("whole.mp4", *names, "-o", "out", "--background", "#00ff00", folder=tmp_path)
    assert finished.returncode == 7
    assert "Traceback" not in finished.stderr
    failed = [line for line in finished.stdout.splitlines() if ": failed: " in line]
    assert [line.split(":")[0] for line in failed] == [*names]
    assert len(pictures_of(tmp_path / "out" / "whole.mp4")) == 30
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"whole.mp4"}


def test_a_film_that_was_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    film = make_film(tmp_path / "a.mkv", 60, sound="")
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 2 // 3])
    finished = _livebg("a.mkv", "-o", "b.mp4", "--background", "#00ff00", folder=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert 20 < len(pictures_of(tmp_path / "b.mp4")) < 60
    assert "damaged or cut off" in finished.stderr


def test_a_full_disk_leaves_nothing_under_the_name(tmp_path: Path, small_disk: Path) -> None:
    film = make_film(tmp_path / "a.mp4", 30)
    (small_disk / "ballast").write_bytes(b"\0" * 10_000_000)
    finished = _livebg("a.mp4", "-o", str(small_disk / "b.mp4"), "--background", "#00ff00", folder=film.parent)
    assert finished.returncode == 6
    assert "are free in" in finished.stderr.splitlines()[-1]
    assert [each.name for each in small_disk.iterdir()] == ["ballast"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    make_film(tmp_path / "a.mp4", 5)
    finished = _livebg("a.mp4", "-o", "/proc/b.mp4", folder=tmp_path)
    assert finished.returncode == 6
    assert finished.stderr.splitlines()[-1].startswith("livebg: output /proc/b.mp4: ")


def test_two_interrupts_end_it_at_once(tmp_path: Path) -> None:
    film = make_film(tmp_path / "long.mp4", 500)
    running = subprocess.Popen(
        _command(film.name, "-o", "out.webm", "--progress", "json"),
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line)["event"] == "progress":
            break
    for _ in range(2):
        running.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, told = running.communicate(timeout=HANGS_S)
    assert running.returncode == 130
    assert "Traceback" not in told
    assert not (tmp_path / "out.webm").exists()
