"""The queue, with works that stand in for livebg."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import HANGS_S, until
from studio_server import stand_in

from livebg.core.own_module import own_environment, own_module
from livebg.panel.answer import Refused
from livebg.panel.decoding import Kind, Look
from livebg.panel.studio import work
from livebg.panel.studio.choices import named
from livebg.panel.studio.item import Item, Wish
from livebg.panel.studio.queue import Queue
from livebg.panel.studio.store import Store
from livebg.panel.studio.work import Work

pytestmark = pytest.mark.slow
LOOKS: dict[Kind, Look] = {"video": Look("video", 160, 96, 2.0), "photo": Look("photo", 60, 40)}
Add = Callable[..., Item]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(work, "own_module", stand_in)
    opened = Store(tmp_path / "studio")
    yield opened
    opened.close()


@pytest.fixture
def queue(store: Store) -> Iterator[Queue]:
    running = Queue(store, lambda name: named(name, ""))
    yield running
    for each in ("slow", "crash", "fail"):
        (store.folder / each).unlink(missing_ok=True)
    running.close()


@pytest.fixture
def add(store: Store) -> Add:
    numbers = iter(range(1000))

    def adding(kind: Kind = "video", wish: Wish | None = None) -> Item:
        item_id, number = store.new_id(), next(numbers)
        store.place(item_id).mkdir()
        store.original(item_id).write_bytes(b"film")
        item = Item(item_id, f"{number}.mp4", 4, LOOKS[kind], wish or Wish(), "waiting", number, 1e12)
        return store.add(item)

    return adding


def is_in(store: Store, item: Item, state: str) -> None:
    until(lambda: store.get(item.id).state == state, lambda: f"{state}: {store.get(item.id)}")


def command(store: Store, item: Item) -> list[str]:
    return list(json.loads((store.place(item.id) / "command.json").read_text()))


def test_one_film_at_a_time_and_a_photo_beside_it(store: Store, queue: Queue, add: Add) -> None:
    (store.folder / "slow").touch()
    first, second, photo = add(), add(), add("photo")
    queue.wake()
    is_in(store, first, "working")
    is_in(store, photo, "working")
    assert store.get(second.id).state == "waiting"
    until(lambda: getattr(queue.progress(first.id), "done", 0) == 1, "its progress")
    assert queue.progress(second.id) is None
    (store.folder / "slow").unlink()
    for each in (first, second, photo):
        is_in(store, each, "done")
    done = store.get(first.id)
    assert (done.result, done.result_bytes, done.notes) == ("result.mp4", 4, ("the original of 0.mp4 is odd",))
    assert store.get(photo.id).result == "result.png"


def test_a_failure_is_the_commands_last_sentence_and_the_queue_goes_on(store: Store, queue: Queue, add: Add) -> None:
    (store.folder / "fail").touch()
    failing = add()
    queue.wake()
    is_in(store, failing, "failed")
    assert store.get(failing.id).error == "0.mp4 holds nothing to do; try another"
    assert {each.name for each in store.place(failing.id).iterdir()} == {"item.json", failing.id}
    (store.folder / "fail").unlink()
    following = add()
    queue.wake()
    is_in(store, following, "done")


def test_a_crash_is_a_sentence(store: Store, queue: Queue, add: Add) -> None:
    (store.folder / "crash").touch()
    item = add()
    queue.wake()
    is_in(store, item, "failed")
    assert "the system (signal 6) ended the work" in store.get(item.id).error


def test_to_cancel_ends_the_work_whole_and_leaves_only_the_upload(store: Store, queue: Queue, add: Add) -> None:
    (store.folder / "slow").touch()
    working, waiting = add(), add()
    queue.wake()
    is_in(store, working, "working")
    process = queue._works[working.id]._process
    queue.cancel(waiting.id)
    queue.cancel(working.id)
    assert process.poll() is not None
    assert [store.get(each.id).state for each in (working, waiting)] == ["cancelled", "cancelled"]
    assert {each.name for each in store.place(working.id).iterdir()} == {"item.json", working.id}
    queue.cancel(working.id)  # nothing happens to what is over
    assert store.get(working.id).state == "cancelled"


def test_the_panels_end_interrupts_and_leaves_no_process(store: Store, add: Add) -> None:
    (store.folder / "slow").touch()
    queue = Queue(store, lambda name: named(name, ""))
    working, waiting = add(), add()
    queue.wake()
    is_in(store, working, "working")
    process = queue._works[working.id]._process
    queue.close()
    assert process.poll() is not None
    assert [store.get(each.id).state for each in (working, waiting)] == ["interrupted", "waiting"]


def test_without_room_for_the_result_no_work_begins(
    store: Store, queue: Queue, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livebg.panel.studio.store.free_bytes", lambda _: 70 * 2**20)
    monkeypatch.setitem(LOOKS, "video", Look("video", 3840, 2160, 3600.0, 60.0))
    item = add(wish=Wish("none", "mov"))
    queue.wake()
    is_in(store, item, "failed")
    assert "GB, and 6.3 MB are free; remove files, or free space" in store.get(item.id).error


def test_backgrounds_reach_the_command_as_files_of_ours(store: Store, queue: Queue, add: Add) -> None:
    own = add("photo")
    until(lambda: store.get(own.id).state == "done", "it")
    store.change(own.id, state="background")
    for background, given in (
        ("none", "none"), ("blur:7", "blur:7"), ("#0a9bff", "#0a9bff"), ("bookshelf", str(named("bookshelf", ""))),
        (f"own:{own.id}", str(store.original(own.id))),
    ):  # fmt: skip
        item = add(wish=Wish(background, "webm"))
        queue.wake()
        is_in(store, item, "done")
        assert f"--background={given}" in command(store, item)
        assert store.get(item.id).has_alpha == (background == "none")
    gone = add(wish=Wish(f"own:{store.new_id()}"))
    queue.wake()
    is_in(store, gone, "failed")
    assert "no longer here" in store.get(gone.id).error


def test_a_work_that_hangs_is_killed(store: Store, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "PATIENCE_S", 0.1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(99)"
    monkeypatch.setattr(work, "own_module", lambda *_: [sys.executable, "-c", deaf])
    item = add()
    running = Work(item, store.place(item.id), "none", {})
    next(running.events())
    running.cancel()
    assert list(running.events()) == []
    assert running.end() == ""
    assert running._process.returncode == -signal.SIGKILL


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="Windows has other priorities")
def test_the_real_command_gives_way_and_ends_with_the_panel(tmp_path: Path) -> None:
    """What holds its stdin is the panel: closed, as by a kill, the command ends in order."""
    command = own_module("livebg.panel.studio.worker_process", "image", "--watch", ".", "--engine", "selfie")
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stderr=pipe, env=own_environment(), cwd=tmp_path)
    assert process.stderr is not None
    assert process.stdin is not None
    assert b"watching" in process.stderr.readline()
    assert os.getpriority(os.PRIO_PROCESS, process.pid) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    process.stdin.close()
    assert process.wait(HANGS_S) in (0, 130)
    process.stderr.close()


def test_a_queue_does_not_take_what_is_gone(queue: Queue) -> None:
    with pytest.raises(Refused, match="no longer here"):
        queue.cancel("../../etc")
