from __future__ import annotations

import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from livebg.core.errors import LivebgError
from livebg.panel.answer import Refused
from livebg.panel.decoding import Look
from livebg.panel.studio.item import MOST_FILES, Item, Rules, State, Wish
from livebg.panel.studio.store import INTERRUPTED, Store

DAY_S = 86400.0


def added(store: Store, state: State = "waiting", since_s: float = 1e12, **values: object) -> Item:
    """An item with its upload; since_s far in the future: its time is not over."""
    item_id = store.new_id()
    store.place(item_id).mkdir()
    store.original(item_id).write_bytes(b"film")
    item = Item(item_id, "film.mp4", 4, Look("video", 160, 96, 2.0), Wish(), state, since_s, since_s)
    return store.add(replace(item, **values))  # type: ignore[arg-type]


def left(store: Store) -> set[str]:
    return {each.name for each in store.folder.iterdir()} - {".lock", "rules.json"}


def killed(store: Store) -> Path:
    """As if the process had ended: the lock is free, the files stay."""
    store._lock.release()
    return store.folder


def test_after_a_kill_all_is_there_and_unfinished_work_is_interrupted(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    done = added(store, "done", result="result.mp4", notes=("a", "b"))
    works, waits = added(store, "working"), added(store, "waiting")
    again = Store(killed(store))
    assert again.get(done.id) == done
    assert {each.state for each in (again.get(works.id), again.get(waits.id))} == {"interrupted"}
    assert again.get(works.id).error == INTERRUPTED
    again.close()


def test_what_no_record_names_is_removed_at_the_start(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    kept = added(store)
    for name, record in (("half", None), ("broken", "{"), ("wrong", '{"id": "../../x"}')):
        store.place(name).mkdir()
        store.original(name).write_bytes(b"x")
        if record is not None:
            (store.place(name) / "item.json").write_text(record)
    outside = tmp_path / "outside"
    outside.mkdir()
    (store.folder / "link").symlink_to(outside)
    again = Store(killed(store))
    assert left(again) == {kept.id}
    assert outside.is_dir()
    again.close()


def test_at_its_end_the_files_go_unless_they_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    added(store, "done")
    store.set_rules(Rules(keeps=True))
    store.close()
    again = Store(tmp_path / "studio")
    assert again.rules.keeps
    assert len(again.items()) == 1
    again.set_rules(Rules(keeps=False))
    again.close()
    assert left(again) == set()


def test_the_time_of_what_is_over_ends_and_that_of_work_does_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    old = {each: added(store, each, since_s=1.0) for each in ("done", "failed", "cancelled", "interrupted")}
    stay = added(store, "waiting", since_s=1.0), added(store, "working", since_s=1.0), added(store, "done")
    unused, used = added(store, "background", since_s=1.0), added(store, "background", since_s=1.0)
    wished = added(store, "waiting", since_s=1.0, wish=Wish(f"own:{used.id}"))
    store.sweep()
    assert left(store) == {each.id for each in (*stay, used, wished)}
    for each in [*old.values(), unused]:
        with pytest.raises(Refused, match="no longer here"):
            store.get(each.id)
    assert store.ends_s(store.get(stay[2].id)) == 1e12 + DAY_S
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_only_its_owner_may_look_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    folder.mkdir(0o755)
    store = Store(folder)
    item = added(store)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.place(item.id) / "item.json").stat().st_mode) == 0o600
    store.close()


def test_a_second_panel_gets_no_studio_in_the_same_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    with pytest.raises(LivebgError, match="another livebg panel uses"):
        Store(tmp_path / "studio")
    store.close()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LivebgError, match="cannot be used"):
        Store(tmp_path / "file" / "studio")


def test_promised_room_is_gone_for_others(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    free = store.free()
    assert free is not None
    store.promise("a", free // 2, "a.mp4")
    with pytest.raises(Refused, match=r"b\.mp4 needs about .*free; remove files"):
        store.promise("b", free, "b.mp4")
    store.still_promised("a", 0)
    with store.room_for("c", free // 2, "c.mp4"):
        assert store.free() == pytest.approx(free // 2, rel=0.2)
    store.take_back("a")
    assert store.free() == pytest.approx(free, rel=0.2)
    store.close()


def test_the_number_of_files_has_a_limit(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    for _ in range(3):
        added(store)
    store.check_count(MOST_FILES - 4)
    with pytest.raises(Refused, match=f"holds {MOST_FILES} files"):
        store.check_count(MOST_FILES - 3)
    store.close()


def test_a_change_of_what_was_removed_meanwhile_brings_nothing_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "studio")
    item = added(store)
    store.remove(item.id)
    assert store.change(item.id, state="done") is None
    assert left(store) == set()
    store.close()
