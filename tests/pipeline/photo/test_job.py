"""`livebg image` from end to end (job.run, job.through, job.watch), by an engine whose alpha is known."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import photos
import pytest
from patience import HANGS_S, until
from PIL import Image as Pillow

from livebg import models
from livebg.cli import main
from livebg.pipeline.photo import processor

PLAIN = ["--no-presence", "--no-colours", "--edges", "plain", "--foreground", "plain"]
GREEN = ["--background", "#00ff00"]


@pytest.fixture(autouse=True)
def known_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.chdir(tmp_path)


def _put(path: str, kind: str = "JPEG", **options: object) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(photos.file_of(photos.scene(), kind, **options))
    return Path(path)


def _files() -> list[str]:
    return sorted(str(each) for each in Path().rglob("*") if each.is_file())


def test_one_picture_beside_itself_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    _put("a b 🙂.jpg", exif=photos.exif(6), icc_profile=photos.SRGB, dpi=(300, 300))
    assert main(["image", "a b 🙂.jpg", *PLAIN]) == 0
    assert capfd.readouterr() == ("", "")
    assert _files() == ["a b 🙂-livebg.png", "a b 🙂.jpg"]
    with Pillow.open("a b 🙂-livebg.png") as made:
        assert (made.size, made.mode) == ((40, 60), "RGBA")
        assert made.info["icc_profile"] == photos.SRGB
        assert made.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    tags = photos.told(Path("a b 🙂-livebg.png").read_bytes())
    assert tags["part"][0x9003] == photos.TAKEN
    assert 0x0112 not in tags["main"]


def test_named_outputs_and_formats() -> None:
    _put("a.jpg")
    for name in ("a.webp", "a.tif", "a.avif", "a.JPG.jpeg", "new/a.png"):
        assert main(["image", "a.jpg", "-o", name, *PLAIN]) == 0
        with Pillow.open(name) as made:
            assert ("A" in made.mode) == (not name.endswith("jpeg"))
    assert main(["image", "a.jpg", "--format", "webp", "--what", "matte", *PLAIN]) == 0
    with Pillow.open("a-livebg-matte.webp") as made:
        assert made.convert("L").getpixel((0, 0)) == 255
    assert main(["image", "a.jpg", "-o", "two.png", "--what", "pair", *PLAIN]) == 0
    assert [each for each in _files() if "two" in each] == ["two-foreground.png", "two-matte.png"]


def test_a_file_is_what_its_name_says() -> None:
    _put("a.jpg", "PNG")
    assert main(["image", "a.jpg", *GREEN, *PLAIN]) == 0
    with Pillow.open("a-livebg.jpg") as made:
        assert made.format == "JPEG"


def test_a_folder_a_pattern_and_a_rerun(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("in/2.jpg", "in/10.jpg", "in/deep/3.jpg"):
        _put(name)
    assert main(["image", "in", "-o", "out", "--recursive", *GREEN, *PLAIN]) == 0
    assert [each for each in _files() if each.startswith("out")] == ["out/10.jpg", "out/2.jpg", "out/deep/3.jpg"]
    lines = capfd.readouterr().err.splitlines()
    assert lines == [
        f"livebg: {each}" for each in ("2.jpg → out/2.jpg", "10.jpg → out/10.jpg", "3.jpg → out/deep/3.jpg")
    ]
    assert main(["image", "in/*.jpg", *PLAIN]) == 0
    assert main(["image", "in", *PLAIN]) == 7  # the outputs are there, and are no inputs
    assert main(["image", "in", "--force", *PLAIN]) == 0
    assert not [each for each in _files() if "livebg-livebg" in each]


def test_one_failure_does_not_stop_the_rest(capfd: pytest.CaptureFixture[str]) -> None:
    _put("a.jpg")
    Path("b.jpg").write_text("text")
    Path("c.jpg").write_bytes(Path("a.jpg").read_bytes()[:500])
    _put("d.png", "PNG")
    Path("empty").mkdir()
    assert main(["image", "a.jpg", "b.jpg", "c.jpg", "d.png", "empty", *PLAIN]) == 7
    assert _files() == ["a-livebg.png", "a.jpg", "b.jpg", "c.jpg", "d-livebg.png", "d.png"]
    lines = capfd.readouterr().err.splitlines()
    assert [each.split()[2] for each in lines if each.startswith("livebg: picture")] == ["b.jpg", "c.jpg", "empty"]
    assert lines[-1].startswith("livebg: 3 of 5 files failed")


def test_a_misspelt_name_stops_before_anything_begins(capfd: pytest.CaptureFixture[str]) -> None:
    _put("a.jpg")
    assert main(["image", "a.jpg", "no.jpg", "a.jpg", *PLAIN]) == 3
    assert _files() == ["a.jpg"]
    assert "no.jpg does not exist" in capfd.readouterr().err


def test_nothing_is_overwritten_and_never_the_input() -> None:
    _put("a.png", "PNG")
    before = Path("a.png").read_bytes()
    assert main(["image", "a.png", "-o", "a.png", "--force", *PLAIN]) == 6
    Path("b.png").write_text("keep me")
    assert main(["image", "a.png", "-o", "b.png", *PLAIN]) == 6
    assert Path("a.png").read_bytes() == before
    assert Path("b.png").read_text() == "keep me"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["no.jpg"], 3),
        (["empty"], 3),
        (["*.tif"], 3),
        (["a.jpg", "-o", "b.xyz"], 2),
        (["a.jpg", "-o", "b.jpg", "--what", "alpha"], 2),
        (["a.jpg", "a.jpg", "-o", "b.png"], 2),
        (["a.jpg", "same/a.jpg", "-o", "out"], 2),
        (["a.jpg", "-o", "a.jpg/b.png"], 6),
        (["a.jpg", "--background", "no such"], 5),
    ],
)
def test_wrong_input_is_one_line(words: list[str], code: int, capfd: pytest.CaptureFixture[str]) -> None:
    _put("a.jpg")
    _put("same/a.jpg")
    Path("empty").mkdir()
    before = _files()
    assert main(["image", *words]) == code
    assert capfd.readouterr().err.count("\n") == 1
    assert _files() == before


def test_a_full_disk_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "filled").write_bytes(bytes(66 << 20)[: 66 * 1024 * 1024 - 40960])
    Path("big.png").write_bytes(
        cv2.imencode(".png", np.random.default_rng(1).integers(0, 256, (300, 300, 3), np.uint8))[1].tobytes()
    )
    assert main(["image", "big.png", "-o", str(small_disk / "a.png"), *PLAIN]) == 6
    assert [each.name for each in small_disk.iterdir()] == ["filled"]


def test_16_bits_stay_or_it_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    samples = (photos.scene().astype(np.uint16) * 256 + 99)[..., ::-1]
    cv2.imwrite("deep.png", samples)
    assert main(["image", "deep.png", *PLAIN]) == 0
    made = cv2.imread("deep-livebg.png", cv2.IMREAD_UNCHANGED)
    assert made.dtype == np.uint16
    assert (made[:, :25, :3] == samples[:, :25]).all()
    assert main(["image", "deep.png", "-o", "a.jpg", *PLAIN]) == 0
    assert "its 16 bits became 8" in capfd.readouterr().err


def _livebg(*words: str, **options: object) -> subprocess.Popen[bytes]:
    """In a process of its own, by the same known engine."""
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import photos; from livebg import models; "
        "models.open_engine = lambda _settings, _info: photos.LeftHalf(); from livebg.cli import main; "
        "sys.exit(main(['image', *sys.argv[1:]]))"
    )
    command = [sys.executable, "-c", code, str(Path(photos.__file__).parent), *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]


@pytest.mark.slow
def test_a_picture_through_pipes() -> None:
    with _livebg("-", "--format", "tiff", *PLAIN) as process:
        out, errors = process.communicate(photos.file_of(photos.scene(), "WEBP", lossless=True), timeout=HANGS_S)
    assert (process.returncode, errors) == (0, b"")
    with Pillow.open(io.BytesIO(out)) as made:
        assert (made.format, made.mode) == ("TIFF", "RGBA")
        assert (np.asarray(made)[:, :25, :3] == photos.scene()[:, :25]).all()
    with _livebg("-", *PLAIN) as process:
        out, errors = process.communicate(b"", timeout=HANGS_S)
    assert (process.returncode, out) == (3, b"")
    assert b"nothing came" in errors


@pytest.mark.slow
def test_a_watched_folder(capfd: pytest.CaptureFixture[str]) -> None:
    _put("in/there.jpg")
    _put("in/done.jpg")
    Path("in/done-livebg.png").write_text("made before")

    def add_pictures() -> None:
        try:
            _wait_for(Path("in/there-livebg.png"))
            _put("elsewhere/new.jpg").rename("in/new.jpg")
            Path("in/bad.jpg").write_text("text")
            _put("in/last.jpg")
            _wait_for(Path("in/last-livebg.png"))
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    adding = threading.Thread(target=add_pictures)
    adding.start()
    assert main(["image", "--watch", "in", *PLAIN]) == 0
    adding.join()
    names = [each.removeprefix("in/") for each in _files() if each.startswith("in/")]
    assert [each for each in names if "-livebg" in each] == [
        "done-livebg.png",
        "last-livebg.png",
        "new-livebg.png",
        "there-livebg.png",
    ]
    assert Path("in/done-livebg.png").read_text() == "made before"
    assert "bad.jpg is no picture but text" in capfd.readouterr().err


def _wait_for(path: Path) -> None:
    until(path.exists, str(path))


def test_a_second_run_leaves_what_is_done(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("in/a.jpg", "in/b.jpg"):
        _put(name)
    assert main(["image", "in", "-o", "out", *PLAIN]) == 0
    before = {each: Path(each).stat().st_mtime_ns for each in _files()}
    _put("in/c.jpg")
    capfd.readouterr()
    assert main(["image", "in", "-o", "out", *PLAIN]) == 7
    told = capfd.readouterr().err
    assert "out/a.png: exists already; overwrite it with --force, or leave what is done with --skip-existing" in told
    assert "2 of 3 files failed, as said above; the others are done" in told
    assert main(["image", "in", "-o", "out", *PLAIN]) == 7
    assert "3 of 3 files failed, as said above; none is done" in capfd.readouterr().err
    _put("in/d.jpg")
    assert main(["image", "in", "-o", "out", "--skip-existing", *PLAIN]) == 0
    assert "3 of 4 already done" in capfd.readouterr().err
    assert {each: Path(each).stat().st_mtime_ns for each in before} == before
    assert Path("out/d.png").exists()
    assert main(["image", "in/a.jpg", "-o", "out/a.png", "--skip-existing", *PLAIN]) == 0


def test_what_is_there_and_not_whole_is_neither_done_nor_overwritten(capfd: pytest.CaptureFixture[str]) -> None:
    _put("in/a.jpg")
    Path("out").mkdir()
    Path("out/a.png").write_bytes(b"half")
    assert main(["image", "in", "-o", "out", "--skip-existing", *PLAIN]) == 7
    assert "output out/a.png is there, but is not whole" in capfd.readouterr().err
    assert Path("out/a.png").read_bytes() == b"half"
