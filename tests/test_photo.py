"""One picture through the Python API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import livebg
from livebg import matting, photo
from livebg.errors import LivebgError, SettingsError
from livebg.matting.fixed import FixedMatter
from livebg.stages import Composite, Image, Matte

PICTURE = np.full((36, 64, 3), 200, np.uint8)


@pytest.fixture(autouse=True)
def fixed_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    photo._engine.cache_clear()
    monkeypatch.setattr(matting, "open_matter", lambda _settings, _info: FixedMatter(0.5))


def test_a_matte_has_the_pictures_size() -> None:
    alpha = livebg.matte(PICTURE, presence=False)  # half of everything is no person
    assert alpha.shape == (36, 64)
    assert alpha.dtype == np.float32
    assert np.allclose(alpha, 0.5, atol=0.01)


def test_a_composite_is_bgr_or_bgra() -> None:
    assert np.abs(livebg.composite(PICTURE, background="#000000", presence=False).astype(int) - 100).max() <= 2
    straight = livebg.composite(PICTURE, background="none", presence=False)
    assert straight.shape == (36, 64, 4)
    assert (straight[..., :3] == 200).all()
    assert np.abs(straight[..., 3].astype(int) - 128).max() <= 2


def test_the_loop_calls_back_until_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matting, "open_matter", lambda _settings, _info: FixedMatter(0.0))
    seen: list[Composite] = []
    report = livebg.run(seen.append, source="synthetic", size="64x36", seconds=0.5, background="#000000")
    assert len(seen) == report.snapshot.frames > 2


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), "a.jpg", None])
def test_what_is_no_picture_is_said(wrong: object) -> None:
    with pytest.raises(SettingsError, match="BGR uint8"):
        livebg.matte(wrong)  # type: ignore[arg-type]  # the fault under test


def test_a_wrong_setting_is_said() -> None:
    with pytest.raises(LivebgError, match="--smoothing"):
        livebg.composite(PICTURE, smoothing=7)
    with pytest.raises(LivebgError, match="colour"):
        livebg.matte(PICTURE, colour="red")


@pytest.mark.usefixtures("light_engine")
def test_any_number_of_threads_get_what_one_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a live loop; wide and high pictures, so that there are several engines."""
    monkeypatch.undo()
    photo._engine.cache_clear()
    random = np.random.default_rng(1)
    pictures = [random.integers(0, 256, shape, np.uint8) for shape in ((90, 160, 3), (160, 90, 3), (97, 131, 3))] * 4

    def both(picture: Image) -> tuple[Matte, Image]:
        return livebg.matte(picture, engine="selfie"), livebg.composite(picture, engine="selfie", background="blur")

    expected = [both(each) for each in pictures]
    photo._engine.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        loop = pool.submit(
            lambda: livebg.run(lambda _: None, source="synthetic", size="160x90", engine="selfie", seconds=1)
        )
        together = list(pool.map(both, pictures))
        loop.result()
    for ours, theirs in zip(together, expected, strict=True):
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1])
