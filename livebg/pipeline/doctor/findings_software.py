"""What livebg stands on: Python packages, libraries of the system, sound, encoders, settings file, disks."""

from __future__ import annotations

from collections.abc import Iterator

from livebg.core.libraries import ONLY_FOR_RMBG
from livebg.pipeline.doctor import packages
from livebg.pipeline.doctor.finding import Finding, Mend
from livebg.pipeline.doctor.state import Disk, Package, SystemState

LEAST_BYTES, FEW_BYTES = 64 * 2**20, 2**30
_TOLD = ("opencv", "cameras", "microphones", "codecs", "packages")
_FOLDERS = {
    "home folder": Mend((("export", "XDG_CACHE_HOME=/var/tmp/livebg"),)),
    "current folder": Mend((("cd", "/"),)),
}
SHOWN = ("torch", "openvino", "opencv-python", "av", "numpy")


def versions(state: SystemState) -> Iterator[Finding]:
    """Python, livebg and the packages that it needs."""
    if state.packages is None:
        why = state.problem("packages") or "it runs from its sources, so nothing says what it needs"
        yield Finding("packages", "unknown", f"livebg {state.livebg}: {why}")
        return
    left_out = rmbgs_left_out(state)
    wrong = [each for each in state.packages if not each.fits and each not in left_out]
    if wrong:
        seen = ", ".join(f"{each.name} {each.version or 'absent'} (needs {each.wanted or 'any'})" for each in wrong)
        wanted = tuple(f"{each.name}{each.wanted}" for each in wrong)
        mend = Mend(((state.executable, "-m", "pip", "install", *wanted),), is_safe=True)
        yield Finding("packages", "error", seen, mend)
        return
    have = {each.name: each.version for each in state.packages}
    shown = ", ".join(f"{each} {have[each]}" for each in SHOWN if have.get(each))
    yield Finding("versions", "ok", f"livebg {state.livebg}, Python {state.python}, {shown}".removesuffix(", "))


def rmbgs_left_out(state: SystemState) -> list[Package]:
    """The packages that only the rmbg engine needs, where they are absent: the light engine does without."""
    return [each for each in state.packages or () if each.name in ONLY_FOR_RMBG and not each.version]


def libraries(state: SystemState) -> Iterator[Finding]:
    """OpenCV and its libraries of the system."""
    problem = state.problem("opencv")
    if not problem:
        yield Finding("OpenCV", "ok", "loads")
        return
    if "which this system lacks" in problem and state.linux is not None:
        mend = packages.install(state.linux, "libraries of OpenCV")
    else:
        mend = Mend(((state.executable, "-m", "pip", "install", "--force-reinstall", "opencv-python"),), is_safe=True)
    yield Finding("OpenCV", "error", problem.partition("; ")[0], mend)


def microphones(state: SystemState) -> Iterator[Finding]:
    """Sound is optional: nothing here is an error."""
    problem = state.problem("microphones")
    if state.microphones is None and "PortAudio" in problem and "library" in problem:
        mend = Mend(((state.executable, "-m", "pip", "install", "--force-reinstall", "sounddevice"),), is_safe=True)
        if state.linux is not None:
            mend = packages.install(state.linux, "PortAudio")
        yield Finding("microphone", "warning", "the library PortAudio is missing: recordings have no sound", mend)
    elif state.microphones is None:
        yield Finding("microphone", "unknown", problem)
    elif not state.microphones:
        yield Finding("microphone", "ok", "none; recordings can have no sound")
    else:
        yield Finding("microphone", "ok", ", ".join(state.microphones))


def encoders(state: SystemState) -> Iterator[Finding]:
    """Which encoders of FFmpeg work here."""
    mend = Mend(((state.executable, "-m", "pip", "install", "--force-reinstall", "av"),), is_safe=True)
    if state.codecs is None:
        yield Finding("encoders", "error", f"PyAV cannot be used: {state.problem('codecs')}", mend)
        return
    missing = [each.name for each in state.codecs if not (each.software or each.hardware)]
    if missing:
        yield Finding("encoders", "warning", f"this build of PyAV has none for {', '.join(missing)}", mend)
    software = ", ".join(each.name for each in state.codecs if each.software)
    hardware = ", ".join(each.hardware for each in state.codecs if each.hardware)
    yield Finding("encoders", "ok", f"software: {software or 'none'}; hardware that works: {hardware or 'none'}")


def settings(state: SystemState) -> Iterator[Finding]:
    """The user's settings file."""
    seen = state.settings
    if state.problem("settings file"):
        return
    if seen.problem:
        mend = Mend(
            (("mv", seen.path, f"{seen.path}.broken"),), advice="puts it aside; or correct it: livebg help settings"
        )
        yield Finding("settings file", "error", seen.problem, mend)
    else:
        yield Finding("settings file", "ok", seen.path if seen.is_there else f"none ({seen.path}); defaults")


def plugins(state: SystemState) -> Iterator[Finding]:
    """Nothing where no package adds anything."""
    for each in [each for each in state.plugins if each.problem]:
        package = each.package.partition(" ")[0]
        mend = Mend(((state.executable, "-m", "pip", "install", "--force-reinstall", package),))
        yield Finding("plug-in", "warning", each.problem.partition("; ")[0], mend)
    working = [f"{each.kind} {each.name} ({each.package})" for each in state.plugins if not each.problem]
    if working:
        yield Finding("plug-ins", "ok", ", ".join(working))


def disks(state: SystemState) -> Iterator[Finding]:
    """Room for what livebg writes."""
    for each in state.disks:
        yield _disk(each)


def unseen(state: SystemState) -> Iterator[Finding]:
    """What could not be looked at, and has no finding of its own for that."""
    for part, reason in state.problems:
        if part in _FOLDERS:
            yield Finding(part, "warning", reason, _FOLDERS[part])
        elif part not in _TOLD:
            is_broken = "does not load" in reason
            mend = Mend(advice="install livebg again, into a new virtual environment") if is_broken else Mend()
            yield Finding(part, "error" if is_broken else "unknown", f"cannot be looked at: {reason}", mend)


def _disk(disk: Disk) -> Finding:
    name = f"disk for {disk.use}"
    if not disk.is_writable:
        mend = Mend((("ls", "-ld", disk.path),), advice="shows whose folder it is")
        return Finding(name, "warning", f"{disk.path} cannot be written", mend)
    if disk.free_bytes is None:
        return Finding(name, "unknown", f"{disk.path}: the system does not say how much is free")
    free = f"{disk.free_bytes / 1e9:.1f} GB free in {disk.path}"
    if disk.free_bytes < FEW_BYTES:
        is_full = disk.free_bytes < LEAST_BYTES
        mend = Mend((("du", "-xh", "--max-depth=2", disk.path),), advice="shows what takes the room")
        return Finding(name, "error" if is_full else "warning", f"only {free}", mend)
    return Finding(name, "ok", free)
