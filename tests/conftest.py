"""What tests get: the test material's place, compiled loops, a small disk, no leftover threads, no unasked error logs.

And which of them run: `pytest` the quick ones, `pytest --all` all, both in two workers; `pytest FILE` all of a file.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clips import make_clip  # noqa: F401 - a fixture
from kernels import compile_kernels
from patience import SLACK
from requirements import lacking

from livebg.core.opencv import load_opencv

load_opencv()  # before any test imports cv2

ROOT = Path(__file__).resolve().parent.parent
LIVEBG = importlib.util.find_spec("livebg")
assert LIVEBG is not None
assert LIVEBG.origin is not None
# The programs that tests start import the livebg that the tests import, installed or in this folder: its loops are
# compiled already. In the workers the path is there from the process that started them.
WITHOUT_SCIPY = str(ROOT / "tests" / "without_scipy")
sys.path[:] = [each for each in sys.path if each != WITHOUT_SCIPY]
# scipy's stand-in comes before site-packages, where livebg is, too, once it is installed.
PATH = [WITHOUT_SCIPY, str(Path(LIVEBG.origin).resolve().parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(os.pathsep.join(PATH).split(os.pathsep)))
os.environ["PIPEWIRE_REMOTE"] = (
    "none-for-tests"  # a desktop's own PipeWire is not for tests; the lab has one of its own
)
NOT_QUICK = LONGEST_FIRST = ("vm", "browser", "process", "slow")
compiling_s = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help=f"also the tests marked {', '.join(NOT_QUICK)}")


def _are_files_named(config: pytest.Config) -> bool:
    return any("::" in each or each.endswith(".py") for each in config.args)


@pytest.hookimpl(tryfirst=True)  # before xdist looks at it
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Two workers, unless something else is asked for: most of the tests' time is waiting."""
    is_worker = hasattr(config, "workerinput")
    is_asked_for = config.option.numprocesses is not None or config.option.usepdb or config.option.collectonly
    if not (is_worker or is_asked_for or _are_files_named(config)):
        config.option.numprocesses = 2


def _is_quick(config: pytest.Config) -> bool:
    """Unless all are wanted, or a choice is made by -m, by -k or by naming a file."""
    return not (config.option.all or config.option.markexpr or config.option.keyword or _are_files_named(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the quick tests, where they are wanted; else the longest come first.

    So no worker begins a long file when the other one ends.
    """
    if not _is_quick(config):
        rank_of: dict[Path, int] = {}
        for each in items:
            ranks = [rank for rank, mark in enumerate(LONGEST_FIRST) if each.get_closest_marker(mark)]
            rank_of[each.path] = min([*ranks, rank_of.get(each.path, len(LONGEST_FIRST))])
        items.sort(key=lambda each: rank_of[each.path])
        return
    later = {each for each in items if any(map(each.get_closest_marker, NOT_QUICK))}
    config.hook.pytest_deselected(items=list(later))
    items[:] = [each for each in items if each not in later]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Which worker gets what, unless something else than pyproject.toml's is asked for."""
    if config.option.dist != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        """A file stays with one worker, so that what its tests share is made once; and all files of the virtual machine
        stay with one: there is one machine at a time, and a second worker would only wait for it."""

        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "the virtual machine" if "/test_virtual_machine_" in file else file

    config.option.loadscopereorder = _is_quick(config)  # else in the order of pytest_collection_modifyitems
    return Scheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Compiles livebg's loops where they are not compiled: before the workers start, and on no test's time."""
    config = session.config
    if not (hasattr(config, "workerinput") or config.option.collectonly):
        config.stash[compiling_s] = compile_kernels(config.rootpath / ".pytest_cache" / "kernels")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if (taken_s := config.stash.get(compiling_s, 0.0)) > 0:
        terminalreporter.write_line(f"before the first test: livebg's loops compiled in {taken_s:.0f} s, and kept")
    if _is_quick(config):
        terminalreporter.write_line(f"the quick set, without what is marked {', '.join(NOT_QUICK)}; all: pytest --all")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test material; skips where it is absent."""
    folder = Path(os.environ.get("LIVEBG_SHARED", ROOT.parent / "shared"))
    if not (folder / "cases").is_dir():
        lacking("shared", f"test material not found in {folder} (set LIVEBG_SHARED)")
    return folder


@pytest.fixture
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings, presets and running livebgs of this test alone, also for the programs that it starts."""
    for name in ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))


@pytest.fixture(autouse=True)
def no_leftover_threads() -> Iterator[None]:
    """Every thread a test started has ended soon after it."""
    before = set(threading.enumerate())
    yield
    deadline_s = time.monotonic() + 3 * SLACK
    while True:
        left = [each for each in threading.enumerate() if each not in before and each.is_alive()]
        left = [each for each in left if not each.name.startswith(("tqdm", "pydevd"))]
        if not left or time.monotonic() > deadline_s:
            break
        time.sleep(0.02)
    assert not left, f"threads left behind: {left}"


@pytest.fixture(autouse=True)
def no_unasked_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A test during which livebg logs an ERROR fails, unless it says @pytest.mark.expects_error_log."""
    yield
    if request.node.get_closest_marker("expects_error_log"):
        return
    records = [each for each in caplog.get_records("call") if each.name.startswith("livebg")]
    errors = [each for each in records if each.levelno >= logging.ERROR]
    assert not errors, f"logged unasked: {[each.getMessage() for each in errors]}"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 66 MiB, mounted for this test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=66m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
