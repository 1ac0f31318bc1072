"""A session: the caller's frames in, composites out, with memory, changes, failures, and a whole end."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from engines import HEIGHT, ROOM, WIDTH, Engine, scene
from patience import HANGS_S, until

import livebg
from livebg import models
from livebg.core.errors import BackgroundError, LivebgError, ModelError, SettingsError, SinkError
from livebg.core.live_settings import LiveSettings
from livebg.core.stats import Stats
from livebg.core.types import Composite, EndOfSource
from livebg.pipeline import session as module
from livebg.pipeline.live import build, run, supervisor, worker
from livebg.pipeline.live.outputs import LiveOutputs
from livebg.pipeline.session import Composites, Session
from livebg.sinks.recording.session import RecordingSession

pytestmark = pytest.mark.slow
BLUE = (200, 40, 10)  # BGR
PLAIN: dict[str, Any] = {"background": "#0a28c8", "presence": False, "plate": "off", "colours": False}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Engine]]:
    """The engines so far."""
    made: list[Engine] = []

    def open_engine(settings: Any, _info: object) -> Engine:
        if settings.weights:
            raise ModelError(f"--weights {settings.weights}: no such file or folder")
        made.append(Engine())
        return made[-1]

    monkeypatch.setattr(models, "open_engine", open_engine)
    yield made
    until(lambda: all(each.closes for each in made), "each engine's end")  # one that hung ends by itself


def show(session: Session, count: int = 3, left: float | None = 40) -> Composite:
    for number in range(count):
        out = session(scene(number, left).image)
    return out


def is_room(out: Composite) -> bool:
    """Whether anything of the room shows, where nobody is."""
    return bool((np.abs(out.image[:, 200:].astype(int) - ROOM[:, 200:]).max(axis=2) < 8).mean() > 0.02)


def test_a_frame_gives_its_composite(opened: list[Engine]) -> None:
    with Session(**PLAIN) as session:
        assert session.engine == ""
        frame = scene(0).image
        kept = frame.copy()
        out = session(frame)
        assert out.image.shape == frame.shape
        assert tuple(out.image[0, -1]) == BLUE
        assert np.abs(out.image[100, 70].astype(int) - frame[100, 70]).max() < 3
        assert out.alpha is not None
        assert out.alpha.shape == frame.shape[:2]
        assert (out.fault, out.is_standby) == ("", False)
        assert session.engine == "engine of known answers"
        out.image[:] = 0  # the caller's own
        frame[:] = 0
        assert not np.array_equal(frame, kept)
        assert tuple(session(kept).image[0, -1]) == BLUE
    assert len(opened) == 1


@pytest.mark.usefixtures("opened")
def test_colours_may_come_in_the_order_rgb() -> None:
    with Session(**PLAIN) as session, Session(rgb=True, **PLAIN) as other:
        frame = scene(0).image
        assert np.array_equal(other(frame[..., ::-1]).image, session(frame).image[..., ::-1])


def test_it_remembers_until_reset(opened: list[Engine]) -> None:
    with Session(**PLAIN) as session:
        show(session, 3)
        before = opened[0].resets
        session.reset()
        session(scene(0).image)
        assert opened[0].resets > before
        session(scene(1).image, time_s=5.0)
        again = opened[0].resets
        session(scene(2).image, time_s=1.0)  # back in time: another scene
        assert opened[0].resets > again
    assert len(opened) == 1


def test_each_frame_in_turn_is_looked_at_in_time_steps_of_its_own(opened: list[Engine]) -> None:
    with Session(pace="every-frame", fps=10, still_gate=False, **PLAIN) as session:
        times = []
        for number in range(3):
            out = session(scene(number, 40 + 20 * number).image)
            assert out.frame is not None
            times.append(out.frame.media_time_s)
    assert times == pytest.approx([0.0, 0.1, 0.2])
    assert len(opened[0].seen) == 3


def test_settings_change_from_the_next_frame_on(opened: list[Engine]) -> None:
    with Session(**PLAIN) as session:
        show(session)
        session.set(background="#000000")
        assert tuple(show(session, 1).image[0, -1]) == (0, 0, 0)
        session.set(background="none")  # other images: black where nobody is
        out = show(session, 1)
        assert out.is_transparent
        session.set(background="#0a28c8", matte_size=320)  # another engine, open when set() returns
        count = len(opened)
        assert tuple(show(session, 1).image[0, -1]) == BLUE
        assert len(opened) == count == 4 - 1
        assert session.settings.matte_size == 320


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"smoothing": 7}, SettingsError, "^smoothing=7 is outside"),
        ({"background": "no such"}, BackgroundError, "is no file"),
        ({"background": "blur", "weights": "gone.pt"}, ModelError, r'weights="gone.pt"'),
        ({"fps": 5.0}, SettingsError, "^fps= applies at the next start"),
        ({"to": ["a.mp4"]}, SettingsError, "^to: a session takes your frames"),
        ({"show_camera": True}, SettingsError, "^show_camera: a session"),
        ({"latency": "matched"}, SettingsError, "^latency: a session answers each frame at once"),
        ({"colour": "red"}, SettingsError, "there is no setting colour"),
    ],
)
def test_a_wrong_change_is_said_and_changes_nothing(wrong: dict[str, Any], kind: type[Exception], words: str) -> None:
    with Session(**PLAIN) as session:
        before = show(session, 1), session.settings
        with pytest.raises(kind, match=words):
            session.set(**wrong)
        assert session.settings == before[1]
        assert tuple(show(session, 1).image[0, -1]) == BLUE


def test_a_frame_of_another_size_opens_all_anew(opened: list[Engine]) -> None:
    with Session(**PLAIN) as session:
        show(session)
        small = np.ascontiguousarray(scene(0).image[:100, :200])
        assert session(small).image.shape == small.shape
        assert [each.closes > 0 for each in opened] == [True, False]


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "wrong", [None, "a.jpg", np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_frame_is_said(wrong: Any) -> None:
    with Session(**PLAIN) as session:
        with pytest.raises(SettingsError, match=r"^a frame is an array"):
            session(wrong)
        with pytest.raises(SettingsError, match="time_s: nan is no number"):
            session(scene(0).image, time_s=float("nan"))
        assert session(scene(0).image).fault == ""


@pytest.mark.expects_error_log
@pytest.mark.parametrize("pace", ["auto", "every-frame"])
def test_without_a_valid_matte_nothing_of_the_room_shows(opened: list[Engine], pace: Any) -> None:
    with Session(pace=pace, **PLAIN) as session:
        show(session)
        opened[0].fails = True
        session.set(still_gate=False)
        out = session(scene(9, left=150).image)
        assert "the engine failed" in out.fault
        assert out.alpha is None
        assert not is_room(out)
        if pace == "auto":  # the last one for a moment, then the standby image
            time.sleep(2.1)
            out = session(scene(10, left=150).image)
        assert out.is_standby
        assert not is_room(out)
        out.image[:] = 1  # may be written to
        opened[0].fails = False
        out = session(scene(11).image)
        assert (out.fault, out.is_standby) == ("", False)


@pytest.mark.usefixtures("opened")
def test_hide_shows_the_standby_image() -> None:
    with Session(**PLAIN) as session:
        show(session)
        session.set(hide=True)
        out = show(session, 1)
        assert (out.is_standby, out.alpha) == (True, None)
        assert out.frame is not None
        assert np.array_equal(out.frame.image, out.image)


@pytest.mark.expects_error_log
def test_an_engine_that_hangs_is_replaced(opened: list[Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_S", 0.4)
    monkeypatch.setattr(supervisor.Supervisor.__init__, "__defaults__", (0.3, 5.0))
    with Session(**PLAIN, still_gate=False) as session:
        show(session)
        opened[0].gate.clear()
        out = session(scene(5, left=150).image)
        assert "has not answered" in out.fault
        assert not is_room(out)
        until(lambda: session(scene(6).image).fault == "", "a frame of the new engine")
        opened[0].gate.set()
        assert len(opened) == 2


def test_close_ends_a_frame_under_way(opened: list[Engine]) -> None:
    session, failures = Session(**PLAIN, still_gate=False), list[LivebgError]()
    show(session, 1)
    opened[0].gate.clear()
    opened[0].begun.clear()

    def work() -> None:
        try:
            session(scene(1, 90).image)
        except LivebgError as failure:
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    assert opened[0].begun.wait(HANGS_S)
    closer = threading.Thread(target=session.close)
    closer.start()
    thread.join(HANGS_S)
    opened[0].gate.set()
    closer.join(HANGS_S)
    assert [str(each) for each in failures] == ["the session is closed; make a new one"]


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("used", [0, 2])
def test_close_may_come_twice_and_ends_the_use(used: int) -> None:
    session = Session(**PLAIN)
    if used:
        show(session, used)
    session.close()
    session.close()
    for use in (lambda: session(scene(0).image), session.reset, lambda: session.set(background="blur")):
        with pytest.raises(LivebgError, match="is closed"):
            use()


@pytest.mark.usefixtures("opened")
def test_a_session_that_nobody_closes_ends_with_its_last_reference() -> None:
    session = Session(**PLAIN)
    show(session, 1)
    del session
    gc.collect()
    until(lambda: not [e for e in threading.enumerate() if e.name == "livebg-pictures"], "the thread's end")


def test_what_cannot_open_leaves_nothing(opened: list[Engine]) -> None:
    with Session(weights="gone.pt", **PLAIN) as session:
        for _ in range(2):
            with pytest.raises(ModelError, match=r'^weights="gone.pt": no such'):
                session(scene(0).image)
        session.set(weights="")
        assert session(scene(0).image).fault == ""
    assert len(opened) == 1
    with pytest.raises(BackgroundError, match="no file"):
        Session(background="no such")
    with pytest.raises(SettingsError, match=r"^source: a session"):
        Session(source="a.mp4")


@pytest.mark.usefixtures("opened")
def test_any_thread_may_call() -> None:
    with Session(**PLAIN) as session:
        seen: list[tuple[int, ...]] = []

        def work(change: Callable[[], None]) -> None:
            for number in range(5):
                change()
                seen.append(tuple(session(scene(number).image).image[0, -1]))

        changes = [lambda: None, session.reset, lambda: session.set(smoothing=0.5)]
        threads = [threading.Thread(target=work, args=(each,)) for each in changes]
        for each in threads:
            each.start()
        for each in threads:
            each.join(HANGS_S)
        assert seen == [BLUE] * 15


def test_one_engine_serves_settings_that_do_not_name_another() -> None:
    of = worker.engine_of
    assert of(livebg.Settings()) == of(livebg.Settings(background="blur", smoothing=0.1))
    assert of(livebg.Settings()) != of(livebg.Settings(precision="f32"))


def test_a_thread_that_does_not_end_is_a_failure() -> None:
    def hang() -> None:
        raise TimeoutError("thread x did not end")

    with pytest.raises(LivebgError, match="did not end; livebg goes on without it"), run.all_ended():
        hang()


def test_what_cannot_open_closes_what_is_open() -> None:
    given = module._Given(livebg.SourceInfo("test", WIDTH, HEIGHT, 30.0, True))
    with pytest.raises(SinkError), contextlib.ExitStack() as parts:
        build.open_stages(
            parts,
            LiveSettings(livebg.Settings(to=["no/folder/a.mp4"])),
            Stats(),
            lambda _: None,
            LiveOutputs(),
            given,
            RecordingSession(),
        )
    with pytest.raises(EndOfSource):
        given.read(0)


@pytest.mark.usefixtures("opened")
def test_the_parts_are_open_once_wait_returns() -> None:
    given = module._Given(livebg.SourceInfo("test", WIDTH, HEIGHT, 30.0, True))
    composites = Composites(livebg.Settings(**PLAIN), False, given)
    try:
        assert composites.ready_at_s is None or composites.engine
        composites.wait()
        assert composites.engine == "engine of known answers"
        assert composites.meanwhile("late").fault == "late"
    finally:
        composites.close()
        composites.close()
