"""The outputs of a running livebg: switched on and off while the others go on.

The main thread decides; what may take long (a device that opens, a file that is finished) happens in a thread of its
own. Only a window opens in the main thread, which window systems require.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livebg import sinks
from livebg.core.errors import LivebgError, SettingsError, SinkError
from livebg.core.option import seen
from livebg.core.settings import change
from livebg.core.threads import Worker
from livebg.core.types import Composite, FrameSink, Reads
from livebg.pipeline.live.new_output import check_new, dated_file, is_same
from livebg.sinks import SinkNeeds, is_file, is_virtual_camera
from livebg.sinks.streaming.address import shown

if TYPE_CHECKING:
    from livebg.sinks.recording.recorder import Recorder

log = logging.getLogger(__name__)

END_S = 30.0


@dataclass(slots=True, eq=False)
class Output:
    """where: as in `--to`; '' for a sink that the caller of the run has opened, and closes. sink: None while it is
    being opened. makes_folder: of a file, first."""

    where: str
    sink: FrameSink | None = None
    makes_folder: bool = False
    parts: ExitStack = field(default_factory=ExitStack)

    @property
    def recorder(self) -> Recorder | None:
        """Its sink, if that records."""
        from livebg.sinks.recording.recorder import Recorder

        return self.sink if isinstance(self.sink, Recorder) else None


@dataclass(slots=True, eq=False)
class Job:
    """Something in a thread of its own. finish: afterwards, in the main thread; give_up: if it failed."""

    worker: Worker
    finish: Callable[[], None]
    give_up: Callable[[], None]
    done: Future[None]


class LiveOutputs:
    """always: sinks that nobody can switch off. Until open(), there are no others. Main thread, where it says nothing
    else."""

    def __init__(self, always: Sequence[FrameSink] = ()) -> None:
        self._always = [Output("", each) for each in always]
        self._outputs: list[Output] = []
        self._needs: SinkNeeds | None = None
        self._jobs: list[Job] = []
        self._known: dict[str, None] = {}  # what can be switched on again, in order
        self._has_changed = False
        self._has_screen: bool | None = None
        self.sinks: tuple[FrameSink, ...] = tuple(always)  # those that take frames now; any thread

    def open(self, needs: SinkNeeds) -> None:
        """Opens what the settings name. Raises SinkError; then none stays open."""
        self._needs, settings = needs, needs.settings
        wheres = [*settings.to, *filter(None, [settings.matte_to])]
        for where, sink in zip_longest(wheres, sinks.open_sinks(needs), fillvalue=""):
            assert not isinstance(sink, str), "an output was not opened"
            self._outputs.append(_opened(where, sink))
            self._note(where)
        self._renew()

    @property
    def readers(self) -> set[Reads]:
        """The parts of a composite that the sinks use. Any thread."""
        return {each.reads for each in self.sinks}

    def drop(self, sink: FrameSink, failure: SinkError) -> None:
        """A sink has failed: goes on without it. Raises the failure if none is left, and the user has switched none."""
        output = next(each for each in (*self._outputs, *self._always) if each.sink is sink)
        (self._outputs if output in self._outputs else self._always).remove(output)
        self._renew()
        if not self.sinks and not self._has_changed:
            self._outputs.append(output)  # close() closes it
            raise failure
        log.error("%s; going on without it", failure)
        self._begin(lambda: _quietly(output.parts), lambda: None, lambda: None)

    def switch_on(self, where: str) -> Future[None]:
        """Done once it takes frames. The future, or this, raises LivebgError."""
        return self._switch_on(Output(self._wanted(where)))

    def _switch_on(self, output: Output) -> Future[None]:
        where = output.where
        self._check_free(where)
        self._outputs.append(output)
        self._has_changed = True
        if where == sinks.WINDOW:
            done = Future[None]()
            try:
                self._open(output)
            except LivebgError as failure:
                self._outputs.remove(output)
                done.set_exception(failure)
            else:
                self._adopt(output)
                done.set_result(None)
            return done
        return self._begin(
            lambda: self._open(output), lambda: self._adopt(output), lambda: self._outputs.remove(output)
        )

    def switch_off(self, where: str) -> Future[None]:
        """At once it takes no more frames; done once it is closed, a file whole. The future, or this, raises
        LivebgError."""
        where = self._wanted(where)
        output = next((each for each in self._outputs if is_same(each.where, where)), None)
        if output is None:
            on = ", ".join(shown(each.where) for each in self._outputs if each.where) or "none"
            raise SettingsError(f"output {shown(where)}: is not on; on are: {on}")
        if output.sink is None:
            raise SettingsError(f"output {shown(where)}: is being switched on; try again in a moment")
        self._outputs.remove(output)
        self._has_changed = True
        self._renew()
        log.info("output %s: switched off", shown(output.where))
        if output.recorder is not None:
            self._ready().session.say(f"recorded: {Path(output.where).name}")
        if where == sinks.WINDOW:
            output.parts.close()
            done = Future[None]()
            done.set_result(None)
            return done
        return self._begin(output.parts.close, lambda: None, lambda: None)

    def record(self, file: str = "") -> Future[None]:
        """Begins a recording. file: '' for a dated one in the user's folder of videos. As switch_on()."""
        needs = self._ready()
        endings = sinks.recordings(needs)
        if not file and self.recording is not None:
            raise SettingsError(
                f"livebg records already, to {self.recording['file']}; name a file for another recording, or end that "
                "first (record-stop)"
            )
        if not file:
            return self._switch_on(Output(str(dated_file(endings[0])), makes_folder=True))
        if not sinks.is_recording(file, needs):
            raise SettingsError(f"record: {seen(file)} is no file for a video; use {', '.join(endings)}")
        return self.switch_on(file)

    def stop_recording(self) -> Future[None]:
        """Ends the newest recording. As switch_off()."""
        newest = self._newest_recording()
        if newest is None:
            raise SettingsError("livebg does not record; livebg ctl record begins")
        return self.switch_off(newest.where)

    @property
    def recording(self) -> dict[str, Any] | None:
        """The newest one: file, seconds, bytes, is_paused. Any thread."""
        newest = self._newest_recording()
        recorder = None if newest is None else newest.recorder
        if newest is None or recorder is None:
            return None
        about = recorder.progress
        paused = self._needs is not None and self._needs.session.is_paused
        return {"file": newest.where, "seconds": about[0], "bytes": about[1], "is_paused": paused}

    def can_switch(self) -> tuple[dict[str, Any], ...]:
        """Every output that can be switched, on or off: where (of an address the host alone), is_on. Any thread."""
        on = {shown(each.where) for each in list(self._outputs) if each.sink is not None}
        on.discard(sinks.NONE)
        names = [each for each in map(shown, list(self._known)) if each != sinks.NONE]
        if not any(map(is_virtual_camera, names)):
            names.append(sinks.VIRTUAL_CAMERA)
        if sinks.WINDOW not in names and self._can_have_window():
            names.append(sinks.WINDOW)
        names += [each for each in on if each and each not in names]
        return tuple({"where": each, "is_on": each in on} for each in names)

    def look(self) -> None:
        """Takes up what has been opened or closed meanwhile. Never waits."""
        for job in [each for each in self._jobs if not each.worker.is_running]:
            self._jobs.remove(job)
            self._end(job)

    def close(self) -> None:
        """Closes all that open() and switch_on() have opened; waits for what is under way. Raises SinkError."""
        with ExitStack() as parts:
            parts.callback(self._close_all)
            for job in self._jobs:
                self._end(job)
                say_failure(job.done)
            self._jobs = []

    def _close_all(self) -> None:
        with ExitStack() as parts:
            for output in self._outputs:
                parts.push(output.parts)
            self._outputs = []
            self._renew()

    def _ready(self) -> SinkNeeds:
        if self._needs is None:
            raise SettingsError("livebg is starting; ask again in a moment")
        return self._needs

    def _wanted(self, where: str) -> str:
        """Of an address that was shown without its path, the whole one."""
        self._ready()
        return next((each for each in self._known if shown(each) == where), where)

    def _check_free(self, where: str) -> None:
        """Raises LivebgError if this may not be switched on."""
        same = [each for each in self._outputs if is_same(each.where, where)]
        if any(each.sink is None for each in same):
            raise SettingsError(f"output {shown(where)}: is being switched on already")
        check_new(where, [each.where for each in self._outputs], self._ready().settings)
        if where == sinks.WINDOW and threading.current_thread() is not threading.main_thread():
            raise SinkError("window: cannot be opened here: window systems want the main thread")

    def _open(self, output: Output) -> None:
        """In a thread of its own, but for a window. Raises LivebgError."""
        needs = self._ready()
        settings = change(needs.settings, {"to": (output.where,), "matte_to": "", "force": False})
        if output.makes_folder:
            try:
                Path(output.where).parent.mkdir(parents=True, exist_ok=True)
            except OSError as cause:
                raise SinkError(f"output {output.where}: its folder cannot be made: {cause}; name a file") from cause
        if output.where == sinks.WINDOW:
            needs = replace(needs, on_action=partial(self._act_in_window, output, needs.on_action))
        with ExitStack() as parts:
            parts.enter_context(sinks.locked_outputs(settings))
            (sink,) = sinks.open_sinks(replace(needs, settings=settings))
            parts.callback(sink.close)
            if is_virtual_camera(output.where) and needs.standby is not None:
                sink.write(Composite(needs.standby()))  # opens the device; a picture of the user might be an old one
            output.parts, output.sink = parts.pop_all(), sink

    def _act_in_window(self, output: Output, on_action: Callable[[str], None], action: str) -> None:
        """Whoever closes a window with the mouse that was not there at the start means the window alone."""
        if action == "quit" and getattr(output.sink, "is_closed", False):
            self.switch_off(sinks.WINDOW)
        else:
            on_action(action)

    def _adopt(self, output: Output) -> None:
        assert output.sink is not None
        self._note(output.where)
        self._renew()
        log.info("output %s: switched on", shown(output.where))
        if output.recorder is not None:
            self._ready().session.say(f"recording to {Path(output.where).name}")

    def _note(self, where: str) -> None:
        """A device, a window or a server can be switched on again; a finished file cannot."""
        if where and not is_file(where):
            self._known[where] = None

    def _renew(self) -> None:
        present = [*self._outputs, *self._always]
        self.sinks = tuple(each.sink for each in present if each.sink is not None)

    def _begin(self, work: Callable[[], None], finish: Callable[[], None], give_up: Callable[[], None]) -> Future[None]:
        job = Job(Worker("livebg-output", lambda _: work()), finish, give_up, Future())
        self._jobs.append(job)
        return job.done

    def _end(self, job: Job) -> None:
        """Raises TimeoutError if its thread does not end."""
        try:
            job.worker.stop(END_S)
        except TimeoutError:
            raise
        except Exception as cause:  # noqa: BLE001 - whatever it is, the other outputs go on
            job.give_up()
            is_told = isinstance(cause, LivebgError)
            job.done.set_exception(cause if is_told else SinkError(f"{type(cause).__name__}: {cause}"))
        else:
            job.finish()
            job.done.set_result(None)

    def _newest_recording(self) -> Output | None:
        newest = [each for each in list(self._outputs) if each.recorder is not None]
        return newest[-1] if newest else None

    def _can_have_window(self) -> bool:
        if self._has_screen is None:
            from livebg.sinks.preview.display import has_screen

            self._has_screen = has_screen()
        return self._has_screen


def _opened(where: str, sink: FrameSink) -> Output:
    output = Output(where, sink)
    output.parts.callback(sink.close)
    return output


def say_failure(done: Future[None]) -> None:
    """For who sees only the log."""
    failure = done.exception()
    if failure is not None:
        log.warning("%s", failure)


def _quietly(parts: ExitStack) -> None:
    """Closes an output whose failure is known already."""
    try:
        parts.close()
    except LivebgError as failure:
        log.debug("%s", failure)
