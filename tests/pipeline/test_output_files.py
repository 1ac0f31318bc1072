"""Where outputs go."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.core.errors import SettingsError, SinkError
from livebg.core.settings import Settings
from livebg.pipeline.input_files import Input
from livebg.pipeline.output_files import check_plan, folder_of, make_ready, where

ENDINGS = (".png", ".jpg")


def test_what_the_option_means(tmp_path: Path) -> None:
    assert folder_of(str(tmp_path), ENDINGS, is_many=False) == tmp_path
    assert folder_of(f"{tmp_path}/new/", ENDINGS, is_many=False) == tmp_path / "new"
    assert folder_of(f"{tmp_path}/new", ENDINGS, is_many=False) == tmp_path / "new"
    assert folder_of(f"{tmp_path}/new.png", ENDINGS, is_many=False) is None
    assert folder_of(f"{tmp_path}/new.v2", ENDINGS, is_many=True) == tmp_path / "new.v2"
    with pytest.raises(SettingsError, match="name a folder"):
        folder_of(f"{tmp_path}/new.png", ENDINGS, is_many=True)


def test_names(tmp_path: Path) -> None:
    each = Input(tmp_path / "in" / "deep" / "a b.jpeg", Path("deep"))
    each.path.parent.mkdir(parents=True)
    assert where(each, None, ".png") == each.path.with_name("a b-livebg.png")
    assert where(each, tmp_path / "out", ".png") == tmp_path / "out" / "deep" / "a b.png"
    assert where(each, tmp_path / "in", ".png", "-matte") == each.path.with_name("a b-livebg-matte.png")


def test_two_inputs_for_one_output_are_told(tmp_path: Path) -> None:
    plan = [(Input(tmp_path / name), tmp_path / "a.png") for name in ("a.jpg", "a.tif")]
    check_plan(plan[:1], Settings())
    with pytest.raises(SettingsError, match=r"a\.jpg and .*a\.tif would both"):
        check_plan(plan, Settings())


def test_the_output_may_be_made(tmp_path: Path) -> None:
    each = Input(tmp_path / "a.png")
    each.path.touch()
    assert make_ready(each, tmp_path / "new" / "b.png", force=False).parent.is_dir()
    (tmp_path / "link.png").symlink_to(each.path)
    for path, words in {
        each.path: "input itself",
        tmp_path / "link.png": "input itself",
        each.path / "b.png": "is not a folder; choose another one",
    }.items():
        with pytest.raises(SinkError, match=words):
            make_ready(each, path, force=True)
    (tmp_path / "there.png").touch()
    with pytest.raises(SinkError, match="--force"):
        make_ready(each, tmp_path / "there.png", force=False)
