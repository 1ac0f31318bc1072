"""All findings of a system, worst first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from livebg.pipeline.doctor import (
    findings_cameras,
    findings_desktop,
    findings_gpu,
    findings_loopback,
    findings_software,
)
from livebg.pipeline.doctor.finding import WORST_FIRST, Finding
from livebg.pipeline.doctor.state import SystemState

CHECKS: tuple[Callable[[SystemState], Iterator[Finding]], ...] = (
    findings_cameras.cameras,
    findings_loopback.virtual_camera,
    findings_cameras.windows,
    findings_cameras.macos,
    findings_desktop.applications,
    findings_desktop.pipewire,
    findings_desktop.screen,
    findings_software.libraries,
    findings_software.settings,
    findings_gpu.gpu,
    findings_gpu.engines,
    findings_software.microphones,
    findings_software.encoders,
    findings_software.versions,
    findings_software.plugins,
    findings_software.disks,
    findings_software.unseen,
)


def diagnose(state: SystemState) -> list[Finding]:
    """Worst first; those of one state in the order of CHECKS, which is that of a frame's way."""
    found = [each for check in CHECKS for each in check(state)]
    return sorted(found, key=lambda each: WORST_FIRST.index(each.state))
