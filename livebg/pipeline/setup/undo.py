"""`livebg setup --undo`: takes back what setup did, newest first; what it cannot take back it names."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path

from livebg.core.errors import LivebgError
from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.findings_loopback import UNLOAD
from livebg.pipeline.doctor.state import SystemState
from livebg.pipeline.service.manage import Service, uninstall
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.write_settings import free_name

EDITED = ".before-undo"


def undo(progress: Progress, service: Service) -> Iterator[str]:
    """Lines that say what happens. Raises LivebgError where something is left."""
    record = progress.record
    if record.is_empty and not service.is_installed:
        yield "setup has changed nothing here"
        return
    if service.is_installed and progress.dialogue.agrees("uninstall the service, so that livebg starts no more"):
        yield from uninstall(service)
    if record.settings:
        yield from _settings(progress)
    left = []
    if record.root_files:
        wanted = Mend((("rm", "-f", *record.root_files),), needs_root=True)
        if (yield from _as_root(progress, wanted)):
            record.root_files = []
        else:
            left.append(wanted)
    if record.has_loaded or record.load_again:
        wanted = _module_as_before(progress)
        if not wanted.steps or (yield from _change_module(progress, wanted)):
            record.has_loaded, record.load_again = False, []
        else:
            left.append(wanted)
    yield from (f"installed, and left: {each}" for each in record.packages)
    yield from (f"fetched, and left: {each}" for each in record.weights)
    record.packages, record.weights = [], []
    progress.keep()
    if left:
        user = progress.look().user
        raise LivebgError(f"not all is taken back; run: {'; '.join(each.command(user) for each in left)}")


def _settings(progress: Progress) -> Iterator[str]:
    """The file from before, or none. What the user has changed since is kept beside it. Raises LivebgError."""
    record = progress.record
    path, backup = Path(record.settings), Path(record.backup)
    try:
        has_before = not record.backup or backup.exists()
        if has_before and path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != record.digest:
            kept = free_name(path.with_name(path.name + EDITED))
            path.rename(kept)
            yield f"{path} was changed since; that one is {kept}"
        if record.backup and backup.exists():
            backup.replace(path)
            yield f"{path} is as it was before setup"
        elif record.backup:  # what was the user's in it is nowhere else
            yield f"{path} stays, with what setup wrote: the one from before, {backup}, was removed"
        else:
            path.unlink(missing_ok=True)
            yield f"{path} is gone, as before setup"
    except OSError as cause:
        raise LivebgError(f"settings file {path} cannot be restored: {cause.strerror}") from cause
    record.settings = record.backup = record.digest = ""
    progress.keep()


def _as_root(progress: Progress, wanted: Mend) -> Generator[str, None, bool]:
    """Returns whether it was done."""
    user = progress.look().user
    command = wanted.command(user)
    if not progress.may_be_root or not progress.dialogue.agrees(f"run {command}"):
        return False
    failure = progress.run(wanted, user)
    yield f"failed: {failure}" if failure else f"done: {command}"
    return not failure


def _module_as_before(progress: Progress) -> Mend:
    """What makes v4l2loopback as it was before setup: unloaded, or loaded with the devices that it had."""
    linux = progress.look().linux
    unload = (UNLOAD,) if linux is not None and linux.loopback.is_loaded else ()
    again = (tuple(progress.record.load_again),) if progress.record.load_again else ()
    return Mend((*unload, *again), needs_root=True)


def _change_module(progress: Progress, wanted: Mend) -> Generator[str, None, bool]:
    """Returns whether it was done."""
    users = users_of(progress.look())
    if users:
        yield f"v4l2loopback stays as it is: {', '.join(users)} has its camera open"
        return False
    return (yield from _as_root(progress, wanted))


def users_of(state: SystemState) -> list[str]:
    """Programs that have one of v4l2loopback's devices open."""
    nodes = state.linux.loopback.nodes if state.linux is not None else ()
    return sorted({str(each) for node in nodes for each in node.users})
