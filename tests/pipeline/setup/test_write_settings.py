from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from dialogues import Answers, Runner, progress

from livebg.core.errors import LivebgError
from livebg.core.settings_file import load_file
from livebg.media.whole_file import put_whole
from livebg.pipeline.setup import write_settings as write_settings_module
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.record import Record, load
from livebg.pipeline.setup.write_settings import free_name, with_values, write_settings

OLD = "# mine\nsize = '640x360'  # small\nbackground-fit = 'cover'\ncamera = 'Old'\n"


def wanting(home: Path, **values: object) -> Progress:
    shared = progress(home, Answers(), Runner())
    shared.values = dict(values)
    return shared


def test_only_what_was_chosen_changes_and_comments_stay() -> None:
    text = with_values(OLD, {"camera": "Brio", "background_fit": "tile", "background": "blur", "to": ("window",)})
    assert text == (
        '# mine\nsize = \'640x360\'  # small\nbackground-fit = "tile"\ncamera = "Brio"\n'
        'background = "blur"\nto = ["window"]\n'
    )
    assert with_values("", {"camera": 'a "b"'}) == 'camera = "a \\"b\\""\n'


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    lines = list(write_settings(wanting(tmp_path / "sub", camera="Brio")))
    assert load_file(tmp_path / "sub" / "settings.toml") == {"camera": "Brio"}
    assert len(lines) == 1
    kept = load(tmp_path / "sub")
    assert (kept.settings, kept.backup) == (str(tmp_path / "sub" / "settings.toml"), "")


def test_the_first_file_stays_the_backup(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(OLD)
    (tmp_path / "settings.toml.before-setup").write_text("not livebg's")
    for camera in ("Brio", "Other"):
        lines = list(write_settings(wanting(tmp_path, camera=camera)))
    backup = tmp_path / "settings.toml.before-setup-2"
    assert backup.read_text() == OLD
    assert lines[-1] == f"  the file from before is {backup}"
    assert load_file(tmp_path / "settings.toml")["camera"] == "Other"
    assert not (tmp_path / "settings.toml.before-setup-3").exists()


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(OLD)
    (line,) = write_settings(wanting(tmp_path, camera="Old"))
    assert "nothing to write" in line
    assert sorted(each.name for each in tmp_path.iterdir()) == ["settings.toml"]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    shared = wanting(tmp_path, camera="Brio")
    shared.path = tmp_path / "home" / "livebg" / "settings.toml"
    with pytest.raises(LivebgError, match="cannot be written"):
        list(write_settings(shared))
    assert load(tmp_path).is_empty


def test_what_could_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text(OLD)
    list(write_settings(wanting(tmp_path, camera="Brio")))
    kept, there = load(tmp_path), {each: each.read_bytes() for each in tmp_path.iterdir()}
    for home, record, files in ((tmp_path, kept, there), (tmp_path / "new", Record(), None)):
        home.mkdir(exist_ok=True)
        if files is None:
            (home / "settings.toml").write_text(OLD)
            files = {home / "settings.toml": OLD.encode()}
        with monkeypatch.context() as patch:
            patch.setattr(write_settings_module, "put_whole", full_for("settings.toml"))
            with pytest.raises(LivebgError, match="disk is full"):
                list(write_settings(wanting(home, camera="Other")))
        assert load(home) == record
        assert {each: each.read_bytes() for each in home.iterdir() if each.is_file()} == files


def full_for(name: str) -> Callable[..., None]:
    def put(content: bytes, path: Path, **options: bool) -> None:
        if path.name == name:
            raise LivebgError("the disk is full")
        put_whole(content, path, **options)

    return put


def test_a_free_name(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert free_name(path) == path
    path.touch()
    assert free_name(path) == tmp_path / "a-2"


@pytest.mark.parametrize("text", ["{", "[]", '{"other": 1}', '{"settings": 3}'])
def test_what_is_no_record_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text(text)
    with pytest.raises(LivebgError, match=r"no record of livebg setup.*remove it"):
        load(tmp_path)


def test_a_record_is_kept_and_an_empty_one_leaves_no_file(tmp_path: Path) -> None:
    kept = Record(settings="s", root_files=["/etc/a"], has_loaded=True)
    kept.save(tmp_path)
    assert load(tmp_path) == kept
    Record().save(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert load(tmp_path).is_empty
