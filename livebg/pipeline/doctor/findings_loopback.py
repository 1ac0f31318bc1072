"""Linux' virtual camera: whether v4l2loopback is installed, built, loaded and set so that calls see livebg."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from livebg.pipeline.doctor import packages
from livebg.pipeline.doctor.finding import Finding, Mend, State
from livebg.pipeline.doctor.findings_desktop import takes
from livebg.pipeline.doctor.state import SystemState, User
from livebg.pipeline.doctor.state_systems import Linux, Loopback, Node, Process

OPTIONS = ("devices=1", "exclusive_caps=1", "card_label=livebg")
LOAD: tuple[str, ...] = ("modprobe", "v4l2loopback", *OPTIONS)
NAME = "virtual camera"
UNLOAD = ("modprobe", "-r", "v4l2loopback")
BOOT_FILES = ("/etc/modules-load.d/livebg.conf", "/etc/modprobe.d/livebg.conf")
LOADING = Mend((LOAD,), needs_root=True, is_safe=True)
AT_BOOT = Mend(
    (
        (
            "sh",
            "-c",
            f"echo v4l2loopback > {BOOT_FILES[0]}; echo options v4l2loopback {' '.join(OPTIONS)} > {BOOT_FILES[1]}",
        ),
    ),
    needs_root=True,
    is_safe=True,
)
_LISTENERS = ("pipewire", "wireplumber")  # have cameras open to know them
_REJECTIONS = ("key was rejected", "unavailable key", "unsigned module", "required key not available", "lockdown")


def virtual_camera(state: SystemState) -> Iterator[Finding]:
    """The module's findings, then one for each of its devices."""
    linux = state.linux
    if linux is None:
        return
    loopback = linux.loopback
    if loopback.is_loaded:
        yield from _loaded(linux)
        for node in loopback.nodes:
            yield _node(node, len(loopback.nodes), linux, state.user)
        if not linux.container:
            yield from _at_boot(loopback)
    else:
        yield _beside_pipewire(_not_loaded(linux), linux)


def _beside_pipewire(missing: Finding, linux: Linux) -> Finding:
    """Where PipeWire runs, livebg has a camera without the module, and perhaps no application here needs another."""
    runs = linux.pipewire.is_running and linux.pipewire.has_session_manager
    if not runs or not linux.programs or any(takes(each, linux) == "V4L2" for each in linux.programs):
        return missing
    found = f"{missing.found}; the applications here list livebg's camera in PipeWire, which does without"
    return replace(missing, state="warning", found=found)


def _not_loaded(linux: Linux) -> Finding:
    loopback = linux.loopback
    if linux.is_wsl:
        return Finding(
            NAME,
            "error",
            "Windows' Linux (WSL) has no cameras and no v4l2loopback",
            Mend(advice="install livebg on Windows itself"),
        )
    if linux.container:
        return Finding(
            NAME,
            "error",
            f"v4l2loopback is not loaded; this is a container ({linux.container}), which has its host's modules",
            Mend((LOAD,), needs_root=True, advice="on the host; then start the container with --device /dev/video0"),
        )
    if not linux.has_kernel_modules:
        return Finding(
            NAME,
            "error",
            f"the modules of the running kernel {linux.kernel} are no longer on the disk (it was updated)",
            Mend((("reboot",),), needs_root=True, advice="restarts the computer"),
        )
    if not loopback.is_built:
        return _not_built(linux)
    if _is_refused(linux):
        return _refused(linux)
    return Finding(NAME, "error", "v4l2loopback is installed, but not loaded", LOADING)


def _not_built(linux: Linux) -> Finding:
    loopback, headers = linux.loopback, packages.headers(linux)
    if not (loopback.is_installed or loopback.dkms):
        missing = headers if loopback.has_headers is False else ""
        mend = packages.install(linux, "v4l2loopback", also=missing)
        return Finding(NAME, "error", "v4l2loopback is not installed", mend)
    if loopback.has_headers is False and headers:
        mend = Mend(
            (*packages.install(linux, also=headers).steps, *packages.build(linux).steps), needs_root=True, is_safe=True
        )
        found = f"v4l2loopback is not built for the kernel {linux.kernel}, whose headers are missing"
        return Finding(NAME, "error", found, mend)
    seen = f" (DKMS: {'; '.join(loopback.dkms)})" if loopback.dkms else ""
    found = f"v4l2loopback is installed, but not built for the kernel {linux.kernel}{seen}"
    return Finding(NAME, "error", found, packages.build(linux))


def _is_refused(linux: Linux) -> bool:
    refusal = linux.loopback.refusal.lower()
    is_strange = not linux.loopback.signer or linux.is_mok_enrolled is False
    is_strict = linux.secure_boot if linux.demands_signatures is None else linux.demands_signatures
    return any(each in refusal for each in _REJECTIONS) or bool(is_strict and is_strange)


def _refused(linux: Linux) -> Finding:
    """Secure Boot lets in only modules whose key the machine's owner has enrolled."""
    signer, key = linux.loopback.signer, linux.mok_key
    seen = linux.loopback.refusal or (f"nobody has enrolled the key of {signer}" if signer else "it is not signed")
    found = f"Secure Boot refuses v4l2loopback: {seen}"
    if key and (signer or not linux.is_mok_enrolled):
        then = "choose a password, restart, and answer Enroll MOK with it on the blue screen"
        return Finding(NAME, "error", found, Mend((("mokutil", "--import", key),), True, then))
    return Finding(NAME, "error", found, packages.sign(linux))


def _loaded(linux: Linux) -> Iterator[Finding]:
    loopback = linux.loopback
    version = f"v4l2loopback {loopback.version}".strip()
    if not loopback.nodes:
        yield Finding(NAME, "error", f"{version} is loaded, but has no device", _reloading(linux))
        return
    open_caps = [each.path for at, each in enumerate(loopback.nodes) if _shows_both(each, loopback.exclusive_caps, at)]
    if open_caps:
        where = f" ({', '.join(open_caps)})" if len(loopback.nodes) > 1 else ""
        found = f"{version} is loaded without exclusive_caps=1{where}: Chromium and most browsers do not list it"
        yield Finding(NAME, "warning", found, _reloading(linux))
        return
    yield Finding(NAME, "ok", f"{version}, loaded with exclusive_caps=1")


def _reloading(linux: Linux) -> Mend:
    """Loads it again, with the devices that it has, and as calls need it."""
    nodes = linux.loopback.nodes
    load = loading(nodes, [True] * len(nodes)) if len(nodes) > 1 else LOAD
    where = "on the host" if linux.container else "first end the programs that use the virtual camera"
    return Mend((UNLOAD, load), True, where, is_safe=not linux.container)


def loading(nodes: Sequence[Node], exclusive_caps: Sequence[bool]) -> tuple[str, ...]:
    """The command that loads it with these devices. exclusive_caps: device by device; none where too few."""
    if not nodes:
        return ("modprobe", "v4l2loopback")
    numbers = ",".join(each.path.removeprefix("/dev/video") for each in nodes)
    caps = ",".join(str(int(at < len(exclusive_caps) and exclusive_caps[at])) for at in range(len(nodes)))
    labels = ",".join(each.name for each in nodes)
    options = (f"devices={len(nodes)}", f"video_nr={numbers}", f"exclusive_caps={caps}", f"card_label={labels}")
    return ("modprobe", "v4l2loopback", *options)


def _shows_both(node: Node, exclusive_caps: tuple[bool, ...], at: int) -> bool:
    """Whether the device announces capture and output at once, or, where that cannot be asked, was made so."""
    if node.announces_capture is None:
        return at < len(exclusive_caps) and not exclusive_caps[at]
    return bool(node.announces_capture and node.announces_output)


def _node(node: Node, count: int, linux: Linux, user: User) -> Finding:
    name = f"{node.path} ({node.name})"
    if not node.is_there:
        return Finding(name, "error", "the system has it, this container does not", given(node.path))
    if not node.may_open:
        return Finding(name, "error", "this user may not open it", joining_video(user))
    writers = _writers(node)
    if writers or (node.has_writer and not linux.is_each_process_seen):  # keep_format makes it say so of nobody, too
        return _written(node, writers, name, count)
    readers = [each for each in node.users if each.is_streaming]
    if node.format and readers:
        who = ", ".join(map(str, readers))
        found = f"{who} holds it at {node.format}, and nobody writes: it takes no other size"
        mend = Mend((("kill", *(str(each.pid) for each in readers)),), advice="or close the camera there")
        return Finding(name, "warning", found, mend)
    if node.announces_capture is False and node.announces_output is False:
        found = "its last writer left it shut, as v4l2loopback 0.12 does; livebg opens it again when it starts"
        return Finding(name, "ok", found)
    hidden = "" if linux.is_each_process_seen else " (programs of other users are not seen)"
    return Finding(name, "ok", f"free{hidden}")


def _writers(node: Node) -> list[Process]:
    """Who writes to it. v4l2loopback 0.12 does not say whether anybody does: with exclusive_caps it announces capture
    alone then, and as long as a reader stays; so only who has it open without streaming writes."""
    if certain := [each for each in node.users if each.is_writer]:
        return certain
    may_be_written = node.has_writer or (node.has_writer is None and node.announces_output is False)
    others = [each for each in node.users if not each.is_streaming and each.name not in _LISTENERS]
    return others if may_be_written and node.format else []


def _written(node: Node, writers: list[Process], name: str, count: int) -> Finding:
    if any(each.name == "livebg" for each in writers):
        readers = ", ".join(str(each) for each in node.users if each not in writers)
        return Finding(name, "ok", f"livebg writes to it; {f'read by {readers}' if readers else 'nobody reads it'}")
    who, pids = ", ".join(map(str, writers)) or "a program of another user", [str(each.pid) for each in writers]
    mend = Mend((("kill", *pids),) if pids else (), advice="or end it there" if pids else "end that program")
    state: State = "error" if count == 1 else "warning"
    return Finding(name, state, f"{who} writes to it ({node.format}): livebg cannot", mend)


def given(path: str) -> Mend:
    """For a device that a container lacks."""
    return Mend(advice=f"start the container with --device {path}")


def joining_video(user: User) -> Mend:
    """The group 'video' may open cameras; a session has the groups of the time when it began."""
    if user.in_video_group and not user.has_video_group:
        return Mend(advice="you are in the group video since your last login: log out and in again")
    if user.in_video_group:
        return Mend(advice="you are in the group video, but the device belongs to another one: see ls -l /dev/video*")
    then = "then log out and in again"
    return Mend((("usermod", "-aG", "video", user.name),), needs_root=True, advice=then, is_safe=True)


def _at_boot(loopback: Loopback) -> Iterator[Finding]:
    if not loopback.at_boot:
        yield Finding("at boot", "warning", "nothing loads v4l2loopback when the computer starts", AT_BOOT)
    elif "exclusive_caps" not in loopback.boot_options:
        yield Finding("at boot", "warning", "v4l2loopback is loaded at boot without exclusive_caps=1", AT_BOOT)
    else:
        yield Finding("at boot", "ok", "v4l2loopback is loaded with exclusive_caps=1")
