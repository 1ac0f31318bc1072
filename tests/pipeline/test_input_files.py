"""Names, folders and patterns become files."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.core.errors import SourceError
from livebg.pipeline.input_files import Input, find, is_own, is_wanted

ENDINGS = (".jpg", ".png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "IMG 10.jpg",
        "img 2.JPG",
        "img 1.png",
        "notes.txt",
        ".hidden.jpg",
        "img 1-livebg.png",
        "img 1-livebg-matte.png",
        "img [3] 🙂.jpg",
        "deeper/a.jpg",
        "deeper/more/b.jpg",
        ".thumbnails/c.jpg",
        "out/d.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def _names(found: list[Input]) -> list[str]:
    return [each.path.name for each in found]


def test_a_folder_gives_its_files_as_people_sort_them(folder: Path) -> None:
    expected = ["img 1.png", "img 2.JPG", "IMG 10.jpg", "img [3] 🙂.jpg"]
    assert _names(find([str(folder)], ENDINGS)) == expected
    assert _names(find([f"{folder}/*"], ENDINGS)) == expected


def test_subfolders_are_looked_into_when_asked(folder: Path) -> None:
    found = find([str(folder)], ENDINGS, is_recursive=True, without=folder / "out")
    assert [str(each.below / each.path.name) for each in found[:2]] == ["deeper/a.jpg", "deeper/more/b.jpg"]
    assert len(found) == 6
    assert _names(find([f"{folder}/**/b.jpg"], ENDINGS)) == ["b.jpg"]


def test_a_named_file_is_taken_whatever_its_ending(folder: Path) -> None:
    assert _names(find([str(folder / "notes.txt")], ENDINGS)) == ["notes.txt"]
    assert _names(find([str(folder / "img [3] 🙂.jpg")], ENDINGS)) == ["img [3] 🙂.jpg"]
    assert _names(find([str(folder / "img 1-livebg.png")], ENDINGS)) == ["img 1-livebg.png"]


def test_own_outputs_in_a_list_that_a_shell_made_are_left_out(folder: Path) -> None:
    assert _names(find([str(each) for each in sorted(folder.glob("img 1*.png"))], ENDINGS)) == ["img 1.png"]
    assert is_own(Path("a-livebg-00012.png"))
    assert not is_own(Path("my-livebg-talk today.png"))


def test_an_output_without_its_option_stops_before_any_work(folder: Path) -> None:
    for names in (["img 2.JPG", "new.png"], ["img 2.JPG", "new.png", "img 10.jpg"], ["*.tif", "new.png"]):
        with pytest.raises(SourceError, match=r"new\.png does not exist .* it is the output, put --output before it"):
            find([str(folder / each) for each in names], ENDINGS)
    with pytest.raises(SourceError, match=r"check the name$"):  # no output comes first
        find([str(folder / "new.png"), str(folder / "img 2.JPG")], ENDINGS)


def test_each_file_comes_once(folder: Path) -> None:
    assert len(find([str(folder), str(folder / "img 2.JPG"), f"{folder}/*.jpg"], ENDINGS)) == 4


def test_an_input_that_gives_nothing_fails_in_its_turn(folder: Path) -> None:
    (folder / "empty").mkdir()
    found = find([str(folder / "empty"), str(folder / "img 2.JPG"), f"{folder}/*.tif"], ENDINGS)
    assert _names(found) == ["img 2.JPG", "empty", "*.tif"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no.jpg", "does not exist"),
        ("*.tif", "matches no file"),
        ("empty", "--recursive"),
        ("x" * 300, "too long"),
        ("~nosuchuser/a.jpg", "write the path out"),
    ],
)
def test_nothing_found_is_said(folder: Path, text: str, words: str) -> None:
    (folder / "empty").mkdir()
    named = text if text.startswith("~") else str(folder / text)
    with pytest.raises(SourceError, match=words):
        find([named], ENDINGS)


def test_only_own_outputs_is_said(folder: Path) -> None:
    with pytest.raises(SourceError, match="output of livebg"):
        find([str(each) for each in folder.glob("*-livebg*")], ENDINGS)


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a.JPG", True), ("a.png", True), ("a.txt", False), (".a.jpg", False), ("a-livebg.png", False)],
)
def test_what_a_folder_stands_for(name: str, answer: bool) -> None:
    assert is_wanted(Path("in") / name, ENDINGS) is answer
