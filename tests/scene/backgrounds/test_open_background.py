"""What --background takes: every kind opens from its text, and every mistake ends in one clear line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.core.types import Frame, Image
from livebg.scene.backgrounds import find_background, is_none, open_background


def shown(settings: Settings, at_s: float = 0.0) -> Image:
    frame = Frame(np.full((90, 160, 3), 77, np.uint8), 0, 0.0, at_s)
    background = open_background(settings)
    picture = background.picture(frame, np.zeros((90, 160), np.float32)).copy()
    background.close()
    return picture


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("studio-warm", "ImageBackground"),
        ("Studio-Warm", "ImageBackground"),
        ("bokeh-drift", "VideoBackground"),
        ("#102030", "ColourBackground"),
        ("rebeccapurple", "ColourBackground"),
        ("blur", "BlurBackground"),
        ("Blur:80", "BlurBackground"),
        ("none", "TransparentBackground"),
        (" none ", "TransparentBackground"),
    ],
)
def test_each_text_opens_its_kind(text: str, kind: str) -> None:
    background = open_background(Settings(background=text))
    assert type(background).__name__ == kind
    assert background.is_transparent == (kind == "TransparentBackground")
    assert background.standby(90, 160).shape == (90, 160, 3)
    background.close()


def test_a_file_is_judged_by_its_content_and_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Pillow.new("RGB", (16, 9), (200, 10, 20)).save(tmp_path / "really-a-png.mp4", "PNG")
    assert (shown(Settings(background="~/really-a-png.mp4")) == (20, 10, 200)).all()


def test_the_user_s_own_picture_wins_over_a_shipped_name(tmp_path: Path) -> None:
    Pillow.new("RGB", (16, 9), (200, 10, 20)).save(tmp_path / "studio-warm.png")
    assert (shown(Settings(background="studio-warm", background_folder=str(tmp_path))) == (20, 10, 200)).all()
    assert not (shown(Settings(background="studio-warm")) == (20, 10, 200)).all()


def test_the_fit_is_passed_on(tmp_path: Path) -> None:
    Pillow.new("RGB", (90, 90), (200, 200, 200)).save(tmp_path / "a.png")
    assert (shown(Settings(background=str(tmp_path / "a.png"))) == 200).all()
    barred = shown(Settings(background=str(tmp_path / "a.png"), background_fit="contain"))
    assert (barred[:, :30] == 100).all()


def test_a_gif_and_a_clip_play(tmp_path: Path) -> None:
    greys = [Pillow.new("RGB", (32, 18), (grey,) * 3) for grey in (0, 250)]
    greys[0].save(tmp_path / "a.gif", save_all=True, append_images=greys[1:], duration=500, loop=0)
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 32, 18, "yuv420p"
        for grey in greys:
            container.mux(stream.encode(av.VideoFrame.from_image(grey)))
        container.mux(stream.encode())
    for name in ("a.gif", "a.mkv"):
        background = open_background(Settings(background=str(tmp_path / name), pace="every-frame"))
        levels = []
        for at_s in (0.1, 0.4, 0.7, 1.2, 1.7):
            frame = Frame(np.zeros((18, 32, 3), np.uint8), 0, 0.0, at_s)
            levels.append(int(background.picture(frame, np.zeros((18, 32), np.float32)).mean()) > 125)
        background.close()
        assert levels == [False, False, True, False, True], name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("studio-wram", "did you mean studio-warm"),
        ("/nowhere/at/all.jpg", "is no file"),
        ("", "no background given"),
        ("#12", "is not #rgb or #rrggbb"),
        ("blur:", "0 to 100"),
        ("blur:900", "0 to 100"),
        ("http://127.0.0.1:9/a.mp4", "is no file"),
        ("a" * 5000, "is no file"),
        ("{folder}", "is a folder"),
        ("{folder}/empty.jpg", "is empty"),
        ("{folder}/words.jpg", "is no video, and no picture that can be used here"),
        ("{folder}/half.png", "is the file complete"),
        ("{folder}/half.mp4", "not a video or picture that can be read"),
    ],
)
def test_mistakes_end_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "words.jpg").write_text("just words\n" * 99)
    Pillow.effect_noise((64, 64), 80).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:1000])
    (tmp_path / "half.mp4").write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 500)
    with pytest.raises(BackgroundError, match=words) as failure:
        open_background(Settings(background=text.format(folder=tmp_path)))
    assert "\n" not in str(failure.value)
    if not text.endswith(("words.jpg", "half.png", "half.mp4")):  # only a decoder sees these
        with pytest.raises(BackgroundError) as early:
            find_background(Settings(background=text.format(folder=tmp_path)))
        assert str(early.value) == str(failure.value)


@pytest.mark.parametrize("text", ["bookshelf", "Studio-Warm", "blur", "BLUR:30", "none", "#123456", "teal"])
def test_a_good_one_passes_the_check(text: str) -> None:
    find_background(Settings(background=text))
    assert is_none(Settings(background=text)) is (text == "none")


@pytest.mark.slow
def test_a_colour_loads_neither_decoders_nor_the_catalog_s_files() -> None:
    code = (
        "import sys; from livebg.scene.backgrounds import open_background; from livebg.core.settings import Settings; "
        "assert 'cv2' not in sys.modules and 'PIL' not in sys.modules; "
        "open_background(Settings(background='#123456')); assert 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
