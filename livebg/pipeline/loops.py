"""Prepares the loops over pixels (kernels) that every processor needs: loads them, or has the missing ones compiled.

Says at once what takes long, and about how long. Whichever thread opens a processor.
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
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core.errors import counted
from livebg.core.machine import cores
from livebg.core.settings import Settings
from livebg.core.threads import Closed, Worker

if TYPE_CHECKING:
    from livebg.core.jit import Kernel

log = logging.getLogger(__name__)

ADJUSTED = ("grow", "feather", "level_low", "level_high", "gamma")
PLAIN = Settings()
MODULES: Mapping[
    str, Callable[[Settings], bool]
] = {  # each with loops of its own, and whether a frame runs through them
    "core.resize": lambda _: True,
    "models.crop": lambda _: True,
    "matting.temporal.motion": lambda settings: settings.smoothing > 0 or settings.settle,
    "matting.subject.selection": lambda _: True,
    "matting.plate.correction": lambda settings: settings.plate != "off",
    "matting.temporal.smoothing": lambda settings: settings.smoothing > 0,
    "matting.refine.local_colour": lambda settings: settings.colours,
    "matting.refine.guided_filter": lambda _: True,
    "matting.refine.adjust": lambda settings: any(getattr(settings, each) != getattr(PLAIN, each) for each in ADJUSTED),
    "matting.support": lambda _: True,
    "matting.propagation.occlusion": lambda _: True,
    "scene.compositing.compositor": lambda _: True,
}
COMPILE_S = 0.75  # for a kernel in one process, on average (tests/bench/start.py)
MOST_PROCESSES = 4  # each takes 300 MB of memory
FEW = 2  # kernels that this process compiles as fast itself
STEP_S = 5  # to which the time that is left is rounded


class Preparation:
    """How far it is, for who waits. is_over: becomes True when nobody waits any more; then it ends with Closed."""

    def __init__(self, is_over: Callable[[], bool] = lambda: False) -> None:
        self.is_over = is_over
        self.caption = ""  # of a standby image: what livebg prepares, and for how long; '' if nothing


def load_loops(settings: Settings | None = None) -> list[Kernel]:
    """Loads what is stored; returns the kernels that are not, all or those that these settings need."""
    from livebg.core.jit import noting

    modules = {each: importlib.import_module(f"livebg.{each}") for each in MODULES}
    with noting() as kernels:
        for name, module in modules.items():
            if settings is None or MODULES[name](settings):
                module.prepare()
    return [each for each in dict.fromkeys(kernels) if not each.load()]


def begin_loops(settings: Settings, preparation: Preparation) -> Callable[[], None]:
    """prepare_loops() in a thread of its own, beside what the caller opens meanwhile; whoever needs the loops calls
    that, too. Then the thread has all others compiled, since most settings may change while livebg runs. Returns a
    function that ends the thread once `preparation.is_over()`."""

    def work(_: threading.Event) -> None:
        prepare_loops(settings, preparation)
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


def prepare_loops(settings: Settings, preparation: Preparation | None = None) -> None:
    """Makes all ready that these settings need, before the first frame. Raises Closed when nobody waits any more."""
    missing = load_loops(settings)
    if len(missing) > FEW:
        _compile(missing, preparation or Preparation())
    for each in missing:
        each.prepare()
    load_loops()


def _compile(missing: Sequence[Kernel], preparation: Preparation) -> None:
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
        loops = f"{counted(len(missing), 'loop')} over pixels"
        log.info("compiling %s for this processor, once, in about %.0f s", loops, max(1.0, expected_s))
        files = [file_in(folder, each.name, each.key) for each in missing]

        def look() -> None:
            if preparation.is_over():
                raise Closed
            preparation.caption = _caption(
                expected_s, time.monotonic() - began_s, sum(each.exists() for each in files) / len(files)
            )

        try:
            failure = compile_apart([each.path for each in missing], folder, processes, look)
        finally:
            preparation.caption = ""
        for each in missing:
            each.load(folder)
    if failure:
        log.debug("a process that compiles failed: %s", failure)
    following = "the next start loads them from the disk"
    if not is_kept:
        following = (
            "livebg cannot store them, so each start compiles them again; set NUMBA_CACHE_DIR to a folder of yours"
        )
    log.info("compiled in %.1f s; %s", time.monotonic() - began_s, following)


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
    with tempfile.TemporaryDirectory(prefix="livebg-") as folder:
        yield Path(folder), False


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True
