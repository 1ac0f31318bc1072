"""One picture through the Python API."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import photos
import pytest
from patience import HANGS_S
from PIL import Image as Pillow

import livebg
from livebg import models
from livebg.cli.image import request_from
from livebg.core.errors import LivebgError, ModelError, SettingsError, SourceError
from livebg.core.types import Alpha, Composite, Frame, Image, Matte
from livebg.models.constant import ConstantEngine
from livebg.pipeline.photo import api, job, processor
from livebg.pipeline.photo.samples import of_matte

PICTURE = np.full((36, 64, 3), 200, np.uint8)


@pytest.fixture(autouse=True)
def fixed_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    processor._engine.cache_clear()
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: NearlyHalf(0.5))


class NearlyHalf(ConstantEngine):
    """0.495 to 0.505: what is the same everywhere comes from a dead network."""

    def matte(self, frame: Frame) -> Alpha:
        alpha = super().matte(frame)
        slope = np.linspace(-0.005, 0.005, alpha.values.size, dtype=np.float32).reshape(alpha.values.shape)
        return Alpha(alpha.values + slope, alpha.sequence)


@pytest.mark.parametrize("everywhere", [0.5, 1.0])
def test_a_dead_network_shows_no_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, everywhere: float) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(everywhere))
    path = photo_in(tmp_path, "plain", 60, 90)
    for way in (livebg.matte, livebg.composite):
        with pytest.raises(ModelError, match="as if dead"):
            way(path)
    with pytest.raises(ModelError, match="as if dead"):
        made(path)
    assert not list(tmp_path.glob("out-*"))


def test_a_matte_has_the_pictures_size() -> None:
    alpha = livebg.matte(PICTURE, presence=False)  # half of everything is no person
    assert alpha.shape == (36, 64)
    assert alpha.dtype == np.float32
    assert np.allclose(alpha, 0.5, atol=0.01)
    assert np.array_equal(alpha, api.matte(PICTURE, {"presence": False}))


def test_a_composite_is_bgr_or_bgra() -> None:
    assert np.abs(livebg.composite(PICTURE, background="#000000", presence=False).astype(int) - 100).max() <= 2
    straight = livebg.composite(PICTURE, background="none", presence=False)
    assert straight.shape == (36, 64, 4)
    assert (straight[..., :3] < 100).all(), "nobody is sure, so there is no colour that is surely the person's"
    assert np.abs(straight[..., 3].astype(int) - 128).max() <= 2
    assert np.array_equal(straight, api.composite(PICTURE, {"background": "none", "presence": False}))


@pytest.mark.slow
def test_the_loop_calls_back_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    seen: list[Composite] = []
    report = livebg.run(seen.append, source="synthetic", size="64x36", seconds=0.5, background="#000000")
    assert len(seen) == report.snapshot.frames > 2


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), b"a.jpg", None])
def test_what_is_no_picture_is_said(wrong: object) -> None:
    with pytest.raises(SettingsError, match="BGR uint8"):
        livebg.matte(wrong)  # type: ignore[arg-type]  # the fault under test


def test_a_wrong_setting_is_said() -> None:
    with pytest.raises(LivebgError, match=r"^smoothing=7 is outside"):
        livebg.composite(PICTURE, smoothing=7)
    with pytest.raises(LivebgError, match="colour"):
        livebg.matte(PICTURE, colour="red")


@pytest.mark.slow
def test_any_number_of_threads_get_what_one_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a live loop; wide and high pictures, so that there are several engines."""
    monkeypatch.undo()
    processor._engine.cache_clear()
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, shape, np.uint8) for shape in ((90, 160, 3), (160, 90, 3), (97, 131, 3))] * 4

    def both(picture: Image) -> tuple[Matte, Image]:
        return livebg.matte(picture, engine="selfie"), livebg.composite(picture, engine="selfie", background="blur")

    expected = [both(each) for each in pictures]
    processor._engine.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        loop = pool.submit(
            lambda: livebg.run(lambda _: None, source="synthetic", size="160x90", engine="selfie", seconds=1)
        )
        together = list(pool.map(both, pictures))
        loop.result()
    for ours, theirs in zip(together, expected, strict=True):
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1])


def photo_in(folder: Path, kind: str, height: int, width: int) -> Path:
    """With soft texture, as a flat one has no edges to be found."""
    scene = np.random.default_rng(5).integers(0, 255, (height // 4, width // 4, 3), np.uint8)
    scene = cv2.resize(scene, (width, height), interpolation=cv2.INTER_CUBIC) // 2 + photos.scene(height, width) // 2
    path = folder / f"{kind}.png"
    if kind == "16 bits":
        cv2.imwrite(str(path), scene.astype(np.uint16) * 257 + 5)
    elif kind == "alpha":
        Pillow.fromarray(np.dstack([scene, np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))])).save(
            path
        )
    else:
        options = {"exif": photos.exif(6)} if kind == "turned" else {}
        profile = {"icc_profile": photos.wide_profile()} if kind == "profile" else {}
        Pillow.fromarray(scene).save(path, **options, **profile)
    return path


def made(path: Path, *options: str) -> np.ndarray:
    """What `livebg image` writes, as OpenCV reads it."""
    from livebg.cli.image import add_options
    from livebg.cli.parser import Parser

    parser = Parser()
    add_options(parser)
    out = path.with_name(f"out-{path.name}")
    job.run(request_from(parser.parse_args([str(path), "-o", str(out), "--force", *options])))
    found = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "size"),
    [("plain", (1500, 2000))]
    + [(kind, size) for kind in ("plain", "alpha", "16 bits", "turned", "profile") for size in ((60, 90), (750, 1000))],
)
def test_it_is_what_livebg_image_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())
    path = photo_in(tmp_path, kind, *size)
    alpha = livebg.matte(path)
    written = made(path, "--what", "matte")
    assert alpha.shape == written.shape == (size[::-1] if kind == "turned" else size)
    assert (of_matte(alpha, written.dtype == np.uint16) == written).all()
    assert 0.1 < np.mean(alpha) < 0.9
    assert (livebg.matte(str(path)) == alpha).all()
    if kind == "plain":
        picture = cv2.imread(str(path))
        assert picture is not None
        assert (livebg.matte(picture) == alpha).all()
        for background, more in (("#204060", ("--background", "#204060")), ("none", ("--what", "alpha"))):
            assert (livebg.composite(picture, background=background) == made(path, *more)).all()
            assert (livebg.composite(path, background=background) == made(path, *more)).all()


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        livebg.matte(tmp_path / "no.jpg")
    with pytest.raises(SourceError, match="cannot be found"):
        livebg.matte("~nobody-of-that-name/a.jpg")


def test_arrays_in_the_order_rgb_and_pictures_in_memory_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())
    picture = cv2.resize(photos.scene(60, 90), (90, 60))
    rgb = np.ascontiguousarray(picture[..., ::-1])
    memory = Pillow.fromarray(rgb)
    alpha = livebg.matte(picture)
    assert np.array_equal(livebg.matte(rgb, rgb=True), alpha)
    assert np.array_equal(livebg.matte(memory), alpha)
    for background, depth in (("#204060", 3), ("none", 4)):
        made = livebg.composite(picture, background=background)
        assert made.shape == (60, 90, depth)
        swapped = made[..., [2, 1, 0, *range(3, depth)]]
        assert np.array_equal(livebg.composite(rgb, rgb=True, background=background), swapped)
        assert np.array_equal(livebg.composite(memory, rgb=True, background=background), swapped)


def test_pictures_in_memory_keep_their_size_and_transparency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())
    plain = Pillow.fromarray(photos.scene(60, 90))
    turned = plain.copy()
    turned.getexif()[0x0112] = 6
    assert livebg.matte(turned).shape == (60, 90), "the alpha fits the picture as it lies"
    gone = plain.copy()
    gone.putalpha(0)
    assert not livebg.matte(gone).any()
    for mode in ("L", "P", "CMYK", "1"):
        assert livebg.matte(plain.convert(mode)).shape == (60, 90)
    with pytest.raises(SourceError, match=r"picture in memory .*floats"):
        livebg.matte(Pillow.fromarray(np.full((60, 90), 7.0, np.float32)))


def test_many_pictures_come_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: photos.LeftHalf())
    path = photo_in(tmp_path, "plain", 60, 90)
    picture = cv2.imread(str(path))
    assert picture is not None
    alpha = livebg.matte(path)
    found = list(livebg.mattes([path, str(path), picture, Pillow.open(path)]))
    assert all(np.array_equal(each, alpha) for each in found)
    assert len(found) == 4
    for each in livebg.mattes(path for _ in range(9)):  # left early: its thread ends
        assert np.array_equal(each, alpha)
        break


def test_a_picture_that_fails_is_named_after_those_before_it(tmp_path: Path) -> None:
    pictures = livebg.mattes([PICTURE, tmp_path / "gone.jpg", PICTURE], presence=False)
    assert next(pictures).shape == (36, 64)
    with pytest.raises(SourceError, match=r"^picture 1 of the list: picture .*gone\.jpg does not exist"):
        next(pictures)


@pytest.mark.parametrize("wrong", ["a.jpg", Path("a.jpg"), PICTURE, None, 7])
def test_what_is_no_list_is_said_at_once(wrong: object) -> None:
    with pytest.raises(SettingsError, match="takes a list of pictures"):
        livebg.mattes(wrong)  # type: ignore[arg-type]  # the fault under test
    with pytest.raises(SettingsError, match=r"^smoothing=7"):
        livebg.mattes([], smoothing=7)


@pytest.mark.slow
def test_a_run_ends_by_its_stop_handle_from_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also run in a thread beside the main one, where no signal ends it."""
    monkeypatch.setattr(models, "open_engine", lambda _settings, _info: ConstantEngine(0.0))
    options = {"source": "synthetic", "size": "64x36", "background": "#000000"}
    stop, count = threading.Event(), 0

    def third(_: Composite) -> None:
        nonlocal count
        count += 1
        if count == 3:
            stop.set()

    assert livebg.run(third, stop=stop, **options).snapshot.frames == count == 3
    stop, begun = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: livebg.run(lambda _: begun.set(), stop=stop, **options))
        assert begun.wait(HANGS_S)
        stop.set()
        assert running.result(HANGS_S).snapshot.frames > 0
    assert livebg.run(lambda _: None, stop=stop, **options).snapshot.frames == 0


def test_a_run_wants_a_function() -> None:
    with pytest.raises(SettingsError, match="a NoneType is no function"):
        livebg.run(None, source="synthetic")  # type: ignore[arg-type]  # the fault under test


@pytest.mark.slow
def test_a_run_that_is_stopped_before_its_source_opens_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt  # so capture answers to is_over()

    monkeypatch.setattr("livebg.capture.open_source", interrupted)
    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        livebg.run(lambda _: None, stop=stop, source="synthetic")
    stop.set()
    with pytest.raises(LivebgError, match="stopped before the source was open"):
        livebg.run(lambda _: None, stop=stop, source="synthetic")
    assert list(livebg.stream(source="synthetic", stop=stop)) == []
