"""Prepares the loops over pixels (kernels) that every processor needs: loads them, or has the missing ones compiled.

Says at once what takes long, and about how long. A live picture does not wait: what it cannot do without runs in its
plain form (core/jit.py), and every other step is off until its loops are there. Whichever thread opens a processor.
"""

from __future__ import annotations

import importlib
import logging
import math
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livebg.core.errors import counted
from livebg.core.machine import cores
from livebg.core.private_files import temporary_folder
from livebg.core.settings import Settings, change
from livebg.core.threads import Closed, Worker

if TYPE_CHECKING:
    from livebg.core.jit import Kernel

log = logging.getLogger(__name__)

ADJUSTED = ("grow", "feather", "level_low", "level_high", "gamma")  # the settings of matting/refine/adjust.py
PLAIN = Settings()
# Each with loops of its own, and whether a frame runs through them; what the picture needs most comes first.
MODULES: Mapping[str, Callable[[Settings], bool]] = {
    "scene.compositing.compositor": lambda _: True,
    "matting.refine.guided_filter": lambda _: True,
    "core.resize": lambda _: True,
    "models.crop": lambda _: True,
    "models.selfie.last_block": lambda _: True,
    "matting.subject.selection": lambda _: True,
    "matting.support": lambda _: True,
    "matting.temporal.motion": lambda settings: settings.smoothing > 0 or settings.settle,
    "matting.temporal.smoothing": lambda settings: settings.smoothing > 0,
    "matting.refine.local_colour": lambda settings: settings.colours,
    "matting.plate.correction": lambda settings: settings.plate != "off",
    "matting.propagation.occlusion": lambda _: True,
    "matting.refine.adjust": lambda settings: _is_adjusted(settings),
    "scene.framing.crop_numba": lambda settings: settings.auto_frame,
}
# What is off in a live picture until the loops of a module are there; the loops of the others have plain forms.
OFF_WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "scene.compositing.compositor": {"foreground": "plain", "light_wrap": 0, "colour_match": 0, "low_light": 0},
    "matting.refine.guided_filter": {"edges": "plain", "settle": False},
    "matting.temporal.motion": {"smoothing": 0, "settle": False, "still_gate": False},
    "matting.temporal.smoothing": {"smoothing": 0},
    "matting.refine.local_colour": {"colours": False},
    "matting.plate.correction": {"plate": "off"},
    "matting.propagation.occlusion": {"stride": 1},
}
COMPILE_S = 0.75  # for a kernel in one process, on average (tests/bench/start.py)
MOST_PROCESSES = 4  # each takes 300 MB of memory
FEW = 2  # kernels that this process compiles as fast itself
LOOK_S = 0.05  # how often who waits looks whether nobody does any more
STEP_S = 5  # to which the time that is left is rounded


class Preparation:
    """How far it is, for who waits. is_over: becomes True when nobody waits any more; then it ends with Closed.

    is_begun: begin_loops() knows which loops are missing, and they are being compiled.
    """

    def __init__(self, is_over: Callable[[], bool] = lambda: False) -> None:
        self.is_over, self.is_begun = is_over, threading.Event()
        self.caption = ""  # of a standby image: what livebg prepares, and for how long; '' if nothing


def load_loops(settings: Settings | None = None) -> list[Kernel]:
    """Loads what is stored; returns the kernels that are not, all or those that these settings need."""
    names = [name for name, is_needed in MODULES.items() if settings is None or is_needed(settings)]
    return [each for each in dict.fromkeys(chain(*map(_kernels_of, names))) if not each.load()]


def _kernels_of(name: str) -> list[Kernel]:
    from livebg.core.jit import noting

    module = importlib.import_module(f"livebg.{name}")
    with noting() as kernels:
        module.prepare()
    return kernels


def begin_loops(settings: Settings, preparation: Preparation) -> Callable[[], None]:
    """prepare_loops() in a thread of its own, beside what the caller opens meanwhile; whoever needs the loops calls
    that, too. Then the thread has all others compiled, since most settings may change while livebg runs. Returns a
    function that ends the thread once `preparation.is_over()`."""

    def work(_: threading.Event) -> None:
        try:
            prepare_loops(settings, preparation, may_be_plain=_may_be_plain(settings))
        finally:
            preparation.is_begun.set()
        _compile_rest(preparation)

    worker = Worker("livebg-loops", work, on_failure=_note)

    def end() -> None:
        try:
            worker.stop()
        except TimeoutError as cause:
            log.debug("%s: it compiles in this process", cause)

    return end


def _note(failure: BaseException) -> None:
    log.debug("while loading the loops early: %s", failure)


def live_loops(settings: Settings, preparation: Preparation | None) -> Callable[[Settings], Settings]:
    """prepare_loops() for a live picture that need not wait for them, beside begin_loops().

    Returns what a frame's settings become: the steps are off whose loops are still being compiled. Raises Closed when
    nobody waits any more.
    """
    if preparation is None or not _may_be_plain(settings):
        prepare_loops(settings, preparation)
        return lambda settings: settings
    while not preparation.is_begun.wait(LOOK_S):
        if preparation.is_over():
            raise Closed
    coming = {name: [each for each in _kernels_of(name) if each.is_coming] for name in OFF_WITHOUT}

    def joined(settings: Settings) -> Settings:
        for name in [name for name, kernels in coming.items() if not any(each.is_coming for each in kernels)]:
            del coming[name]
        return change(settings, dict(chain(*(OFF_WITHOUT[name].items() for name in coming)))) if coming else settings

    return joined


def _may_be_plain(settings: Settings) -> bool:
    """Whether a picture that lacks steps will do for a moment: it is live, and no step is in use without which it would
    show more of the room, or other parts of it."""
    from livebg.scene.backgrounds import is_none

    is_live = settings.pace != "every-frame" and settings.latency == "lowest" and settings.engine != "rmbg"
    return is_live and not (settings.auto_frame or is_none(settings) or _is_adjusted(settings))


def _is_adjusted(settings: Settings) -> bool:
    return any(getattr(settings, each) != getattr(PLAIN, each) for each in ADJUSTED)


def prepare_loops(settings: Settings, preparation: Preparation | None = None, may_be_plain: bool = False) -> None:
    """Makes all ready that these settings need, before the first frame. Raises Closed when nobody waits any more.

    may_be_plain: a picture is live meanwhile; what compiles gives way to it.
    """
    missing = load_loops(settings)
    if len(missing) > FEW:
        _compile(missing, preparation or Preparation(), may_be_plain)
    for each in missing:
        each.prepare()
    load_loops()


def _compile(missing: Sequence[Kernel], preparation: Preparation, may_be_plain: bool) -> None:
    from livebg.core.compile_apart import compile_apart
    from livebg.core.jit import COMPILING
    from livebg.core.kernel_store import file_in

    with COMPILING, _folder() as (folder, is_kept):
        missing = [each for each in missing if not each.load()]  # another thread may have had them compiled
        if not missing:
            return
        if preparation.is_over():
            raise Closed
        processes = min(cores(), MOST_PROCESSES)
        expected_s, began_s = COMPILE_S * len(missing) / processes, time.monotonic()
        _say_begun(len(missing), expected_s, may_be_plain)
        files = {each: file_in(folder, each.name, each.key) for each in missing}
        for each in missing:
            each.is_coming = may_be_plain
        preparation.is_begun.set()

        def look() -> None:
            if preparation.is_over():
                raise Closed
            there = [each for each, file in files.items() if file.exists()]
            for each in there:
                each.is_coming = each.is_coming and not each.load(folder)
            if not may_be_plain:
                preparation.caption = _caption(expected_s, time.monotonic() - began_s, len(there) / len(files))

        try:
            failure = compile_apart(
                [each.path for each in missing], folder, processes, look, is_urgent=not may_be_plain
            )
        finally:
            preparation.caption = ""
            for each in missing:
                each.is_coming = False
        for each in missing:
            each.load(folder)
    if failure:
        log.debug("a process that compiles failed: %s", failure)
    _say_done(time.monotonic() - began_s, is_kept)


def _say_begun(count: int, expected_s: float, may_be_plain: bool) -> None:
    loops = f"{counted(count, 'loop')} over pixels"
    meanwhile = "; until then, edges are plainer" if may_be_plain else ""
    log.info("compiling %s for this processor, once, in about %.0f s%s", loops, max(1.0, expected_s), meanwhile)


def _say_done(took_s: float, is_kept: bool) -> None:
    following = "the next start loads them from the disk"
    if not is_kept:
        following = (
            "livebg cannot store them, so each start compiles them again; set NUMBA_CACHE_DIR to a folder of yours"
        )
    log.info("compiled in %.1f s; %s", took_s, following)


def _compile_rest(preparation: Preparation) -> None:
    """In one process with a lower priority. Raises Closed when nobody waits any more."""
    from livebg.core.compile_apart import compile_apart

    def look() -> None:
        if preparation.is_over():
            raise Closed

    missing = load_loops()
    if not missing:
        return
    with _folder() as (folder, _):
        compile_apart([each.path for each in missing], folder, 1, look, is_urgent=False)
        for each in missing:
            each.load(folder)


def _caption(expected_s: float, elapsed_s: float, done: float) -> str:
    """With the time that is left. done: share of the kernels; the more, the less the expectation counts."""
    left_s = (1 - done) * ((1 - done) * expected_s + elapsed_s)
    return f"Preparing livebg, once: about {max(1, math.ceil(left_s / STEP_S)) * STEP_S} s"


@contextmanager
def _folder() -> Iterator[tuple[Path, bool]]:
    """The folder that gets the files, and whether it stays."""
    from livebg.core.kernel_store import own_folder

    own = own_folder()
    if own is not None and _is_writable(own):
        yield own, True
        return
    with temporary_folder() as folder:
        yield folder, False


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
