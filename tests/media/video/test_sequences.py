from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from written_films import about, decoded, moving, part, person, probed, source

from livebg.core.errors import SinkError
from livebg.core.types import Composite, Image
from livebg.media.video.concat import join
from livebg.media.video.formats import Form, form_for
from livebg.media.video.sequences import LIST_NAME

AT = np.array([0, 1024, 1536, 4096, 4608, 5120], np.int64)  # 80, 40, 200, 40, 40, 40 ms


def form(name: str, content: str = "composite", alpha: str = "straight") -> Form:
    return form_for(Path(name), content, alpha=alpha)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=1)


def made(folder: Path, kind: Form, clip: Path, composites: list[Composite], at: np.ndarray = AT) -> list[str]:
    parts = [part(folder / f"{index}.part", kind, about(), composites[3 * index : 3 * index + 3])
             for index in range(len(composites) // 3)]  # fmt: skip
    return join(parts, at, kind, clip, about(), folder / "film")


def pillow(path: Path) -> tuple[list[Image], list[int]]:
    with PIL.Image.open(path) as picture:
        shown, lasts_ms = [], []
        for index in range(picture.n_frames):
            picture.seek(index)
            shown.append(np.asarray(picture.convert("RGBA"))[..., [2, 1, 0, 3]])
            lasts_ms.append(picture.info["duration"])
    return shown, lasts_ms


@pytest.mark.slow
@pytest.mark.parametrize("content", ["composite", "alpha", "matte", "foreground"])
def test_pictures_hold_every_pixel_and_their_list_every_time(tmp_path: Path, clip: Path, content: str) -> None:
    images = moving(6)
    composites = [Composite(each) if content == "composite" else person(each) for each in images]
    notes = made(tmp_path, form("it's.png", content), clip, composites)
    assert any("the sound is left out" in each for each in notes)
    folder = tmp_path / "film"
    assert sorted(each.name for each in folder.iterdir()) == [*(f"it's_{n:06d}.png" for n in range(1, 7)), LIST_NAME]
    seen = probed(folder / LIST_NAME, "-f", "concat", "-safe", "0", "-select_streams", "v")["packets"]
    assert np.abs(np.subtract([float(each["pts_time"]) for each in seen], AT / 12_800)).max() < 1e-5
    for index, composite in enumerate(composites):
        path = folder / f"it's_{index + 1:06d}.png"
        if content == "matte":
            assert np.asarray(PIL.Image.open(path))[0, [0, 100, 150]].tolist() == [255, 128, 0]
            continue
        pixels = decoded(path, "bgra" if content == "alpha" else "bgr24")[0]
        assert (pixels[..., :3] == composite.image).all()
        if content == "alpha":
            assert composite.alpha is not None
            assert (pixels[..., 3] == np.rint(composite.alpha * 255)).all()


@pytest.mark.slow
def test_premultiplied_pictures(tmp_path: Path, clip: Path) -> None:
    notes = made(tmp_path, form("a.png", "alpha", "premultiplied"), clip, [person(each) for each in moving(6)])
    assert "alpha: premultiplied" in notes
    half = decoded(tmp_path / "film" / "a_000001.png", "bgra")[0][48, 100].astype(int)
    assert np.abs(half - (20, 45, 100, 128)).max() <= 1


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_an_animation_keeps_pictures_times_and_transparency(tmp_path: Path, clip: Path, suffix: str) -> None:
    composites = []
    for index, image in enumerate(moving(6)):
        alpha = np.zeros((96, 160), np.float32)
        alpha[:, 20 * index : 20 * index + 40] = 1  # moves on, and leaves nothing behind
        image[alpha == 0] = 0
        composites.append(Composite(image, None, alpha, is_transparent=True))
    made(tmp_path, form(f"a{suffix}", "alpha"), clip, composites)
    shown, lasts_ms = pillow(tmp_path / "film")
    assert lasts_ms == [80, 40, 200, 40, 40, 40]
    for composite, picture in zip(composites, shown, strict=True):
        assert composite.alpha is not None
        assert (picture[..., 3] == composite.alpha * 255).all()
        error = np.abs(picture[..., :3].astype(int) - composite.image)[composite.alpha == 1]
        assert error.mean() < 8


def test_a_slow_fade_does_not_stand_still_in_webp(tmp_path: Path, clip: Path) -> None:
    fade = [Composite(np.full((96, 160, 3), 100 + each, np.uint8)) for each in range(30)]
    made(tmp_path, form("a.webp"), clip, fade, np.arange(30, dtype=np.int64) * 512)
    shown, _ = pillow(tmp_path / "film")
    assert np.abs([each[..., :3].mean() - 100 - index for index, each in enumerate(shown)]).max() < 3


@pytest.mark.slow
def test_gif_leaves_out_what_browsers_would_slow_down_and_says_so(tmp_path: Path, clip: Path) -> None:
    at = np.arange(60, dtype=np.int64) * 128  # 100 fps
    notes = made(tmp_path, form("a.gif"), clip, [Composite(each) for each in moving(60)], at)
    shown, lasts_ms = pillow(tmp_path / "film")
    assert len(shown) == 30
    assert set(lasts_ms[:-1]) == {20}
    assert any("30 pictures of 60 are left out" in each for each in notes)


def test_pixels_that_are_not_square_are_told(tmp_path: Path, clip: Path) -> None:
    info = about(pixel_aspect=Fraction(4, 3))
    only = part(tmp_path / "p", form("a.gif"), info, [Composite(moving(1)[0])])
    notes = join([only], np.array([0]), form("a.gif"), clip, info, tmp_path / "a.gif")
    assert any("4/3 as wide as high" in each for each in notes)


@pytest.mark.parametrize("suffix", [".png", ".gif", ".webp"])
def test_what_fails_leaves_nothing(tmp_path: Path, clip: Path, suffix: str) -> None:
    kind = form(f"a{suffix}")
    only = part(tmp_path / "p", kind, about(), [Composite(each) for each in moving(3)])
    with pytest.raises(SinkError, match="hold 3 pictures of 4"):
        join([only], np.arange(4) * 512, kind, clip, about(), tmp_path / "film")
    assert not (tmp_path / "film").exists()
