"""Backgrounds by name: livebg's own, the user's, and which of the two wins."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageColor

from livebg.core.errors import BackgroundError
from livebg.core.settings import Settings
from livebg.scene.backgrounds import catalog
from livebg.scene.backgrounds.catalog import added_folder, file_path, find, list_backgrounds, missing, shipped_folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in ("Beach.png", "studio-warm.png", "wall.jpg", "wall.png", ".hidden.png"):
        Pillow.new("RGB", (32, 18)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no background")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_livebg_brings_a_dozen_pictures_and_two_loops() -> None:
    entries = list_backgrounds("")
    assert sum(entry.kind == "picture" for entry in entries) >= 12
    assert sum(entry.kind == "video" for entry in entries) >= 2
    assert sum(entry.path.stat().st_size for entry in entries) < 4_000_000
    for entry in entries:
        assert entry.size_px() in ((1920, 1080), (1280, 720)), entry
        assert not entry.is_own
        assert entry.name == entry.path.stem


def test_the_default_background_is_there_and_no_name_is_a_colour_or_a_keyword() -> None:
    names = {entry.name for entry in list_backgrounds("")}
    assert Settings().background in names
    assert not names & (set(ImageColor.colormap) | {"blur", "none"})


def test_the_user_s_own_stand_beside_them_and_win_a_clash(own: Path) -> None:
    entries = {entry.name: entry for entry in list_backgrounds(str(own))}
    assert {"beach", "wall", "wall.png", "studio-warm", "studio-cool"} <= set(entries)
    assert not {".hidden", "notes", "folder"} & set(entries)
    assert entries["studio-warm"].is_own
    assert entries["beach"].is_own
    assert entries["beach"].size_px() == (32, 18)


def test_what_the_panel_has_added_has_a_name_unless_another_folder_is_named(
    own: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "data_folder", lambda: tmp_path_factory.getbasetemp() / "data")
    assert find("garden", "") is None  # there is no such folder yet
    added_folder().mkdir(parents=True)
    Pillow.new("RGB", (32, 18)).save(added_folder() / "garden.png")
    entry = find("garden", "")
    assert entry is not None
    assert entry.is_own
    assert find("garden", str(own)) is None


def test_one_that_is_deleted_meanwhile_is_left_out(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = catalog._files(own)
    monkeypatch.setattr(catalog, "_own_folder", lambda _: own)
    monkeypatch.setattr(catalog, "_files", lambda folder: listed if folder == own else {})
    listed["wall"].unlink()
    assert [each.name for each in list_backgrounds(str(own))] == sorted(listed.keys() - {"wall"})


def test_names_are_found_in_any_case_and_by_file_name(own: Path) -> None:
    for name in ("beach", "BEACH", "Beach.png"):
        entry = find(name, str(own))
        assert entry is not None
        assert entry.path == own / "Beach.png"
    assert find("studio-cool", "") is not None
    assert find("nowhere", str(own)) is None


def test_a_bad_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackgroundError, match="does not exist"):
        list_backgrounds(str(tmp_path / "nowhere"))
    with pytest.raises(BackgroundError, match="is not a folder"):
        find("beach", str(tmp_path / "file"))


def test_home_is_expanded(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(own))
    monkeypatch.setenv("USERPROFILE", str(own))
    assert file_path("~/Beach.png") == own / "Beach.png"
    (own / "more").mkdir()
    assert len(list_backgrounds("~/more")) == len(list_backgrounds(""))


def test_a_missing_background_suggests_near_names_and_near_files(own: Path) -> None:
    assert "studio-warm" in str(missing("studio-wram", ""))
    assert "Beach.png" in str(missing(str(own / "Baech.png"), ""))
    assert "livebg backgrounds" in str(missing("qqqqqqqq", ""))
    assert "no background given" in str(missing("", ""))


def test_shipped_files_are_found_in_an_installed_package(tmp_path: Path) -> None:
    assert (shipped_folder() / "bookshelf.jpg").is_file()
    package = tmp_path / "livebg"
    (package / "backgrounds").mkdir(parents=True)
    assert shipped_folder(package) == package / "backgrounds"
    (package / "backgrounds").rmdir()
    with pytest.raises(BackgroundError, match="install it again"):
        shipped_folder(package)
