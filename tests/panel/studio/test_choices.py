from __future__ import annotations

from pathlib import Path

import pytest

from livebg.panel.answer import Refused
from livebg.panel.decoding import Look
from livebg.panel.studio.choices import arguments, checked, named, needed_bytes, result_name
from livebg.panel.studio.item import Item, Wish

USUAL = Wish()
FILM, PHOTO = Look("video", 1920, 1080, 60.0, 30.0), Look("photo", 4000, 3000)


def item(look: Look = FILM, wish: Wish = USUAL, name: str = "talk.mov") -> Item:
    return Item("0" * 32, name, 1000, look, wish, "waiting", 0.0, 0.0)


@pytest.mark.parametrize("background", ["none", "blur", "blur:100", "#0a9bff", "bookshelf", "own:abc"])
def test_backgrounds_that_can_be_chosen(background: str) -> None:
    wish = Wish(background, "webm", "png")
    assert checked(wish, {"abc": item()}, "") is wish


@pytest.mark.parametrize(
    "background",
    [
        "/etc/passwd",
        "../x.jpg",
        "bookshelf.jpg",
        "own:../abc",
        "blur:101",
        "#0a9bff0",
        "--help",
        "",
        "red",
        "~",
        "none ",
    ],
)
def test_a_background_is_never_a_path_or_an_option(background: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(Wish(background), {"abc": item()}, "")
    assert refused.value.status == 400


def test_formats_without_transparency_are_refused_with_those_that_have_it() -> None:
    with pytest.raises(Refused, match=r"mp4 holds no transparency.*webm, mov, gif"):
        checked(Wish("none", "mp4", "png"), {}, "")
    with pytest.raises(Refused, match=r"jpg holds no transparency.*png"):
        checked(Wish("none", "webm", "jpg"), {}, "")
    with pytest.raises(Refused, match="a video can become mp4"):
        checked(Wish("blur", "exe", "png"), {}, "")


def test_the_users_own_folder_counts_and_a_missing_one_does_not(tmp_path: Path) -> None:
    (tmp_path / "beach.jpg").write_bytes(b"x")
    assert named("beach", str(tmp_path)) == tmp_path / "beach.jpg"
    assert named("bookshelf", str(tmp_path / "gone")).name == "bookshelf.jpg"
    with pytest.raises(Refused, match="no background 'beach'"):
        named("beach", "")


@pytest.mark.parametrize(
    ("name", "wish", "look", "result"),
    [
        ("talk.mov", Wish(), FILM, "talk-livebg.mp4"),
        ("a.b.jpeg", Wish(photo="webp"), PHOTO, "a.b-livebg.webp"),
        ("no ending", Wish(), PHOTO, "no ending-livebg.png"),
        (".hidden", Wish(), PHOTO, ".hidden-livebg.png"),
    ],
)
def test_what_a_result_is_called(name: str, wish: Wish, look: Look, result: str) -> None:
    assert result_name(item(look, wish, name)) == result


def test_the_command_names_files_of_ours_alone() -> None:
    evil = "--output=/etc/x; rm -rf $HOME"
    film = item(name=evil)
    assert arguments(film, "/own/x") == [
        "video", film.id, "--output=result.mp4", "--background=/own/x", "--what=composite", "--force",
        "--progress=json",
    ]  # fmt: skip
    photo = item(PHOTO, Wish("none"))
    assert arguments(photo, "none") == [
        "image", photo.id, "--output=result.png", "--background=none", "--what=alpha", "--force",
    ]  # fmt: skip


def test_what_a_result_needs_goes_by_format_transparency_and_length() -> None:
    mp4, mov = needed_bytes(item()), needed_bytes(item(wish=Wish(video="mov")))
    assert 10e6 < mp4 == mov < 500e6
    assert needed_bytes(item(wish=Wish("none", "mov"))) > 10 * mov  # ProRes 4444
    assert needed_bytes(item(Look("video", 1920, 1080, 3600.0, 30.0))) == pytest.approx(60 * mp4, rel=1e-6)
    assert needed_bytes(item(PHOTO)) == 4000 * 3000 * 4
