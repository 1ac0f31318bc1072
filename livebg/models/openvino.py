"""OpenVINO's module and its one Core, and which devices it finds. Knows nothing about networks. Any thread."""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any


def import_openvino() -> Any:
    """The module, without its usage reports: left alone, it tells an analytics service of each import and conversion.

    It does without where the reporting package is missing, so that package is made to look missing meanwhile.
    """
    reporter = "openvino_telemetry"
    before = sys.modules.get(reporter)
    sys.modules[reporter] = None  # type: ignore[assignment] # the documented way to make an import fail
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules[reporter]
        if before is not None:
            sys.modules[reporter] = before


@functools.cache
def the_core() -> Any:
    """OpenVINO's Core with its CPU plugin, one for the whole process, never destroyed. Raises what OpenVINO raises.

    The plugin gives the process an alternative signal stack and, when destroyed, puts back the one it had found: of
    two plugins destroyed in the order of their making the second puts back the first one's freed memory, and the next
    Ctrl-C ends the process with a segmentation fault (seen with 2026.4).
    """
    core = import_openvino().Core()
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plugin: where it cannot work, that is told here
    return core


def find_plugin(kind: str) -> tuple[str, str]:
    """OpenVINO's name of the best device of a kind ('GPU', 'NPU') and its full name, e.g. ('GPU.1', 'Intel Arc A380').

    A card of its own before a processor's part. Raises LookupError with a sentence naming the devices that there are.
    """
    core = the_core()
    present = list(core.available_devices)
    found = [name for name in present if name.partition(".")[0] == kind]
    if not found:
        raise LookupError(f"OpenVINO finds no Intel {kind} here; its devices: {', '.join(present) or 'none'}")
    best = next((name for name in found if _is_a_card(core, name)), found[0])
    return best, full_name(best)


def _is_a_card(core: Any, name: str) -> bool:
    try:
        return "discrete" in str(core.get_property(name, "DEVICE_TYPE")).lower()
    except RuntimeError:  # a plugin that does not tell
        return False


def capabilities(plugin: str) -> tuple[str, ...]:
    """What the device computes in by itself, OpenVINO's words: ('FP32', 'BF16', 'INT8', ...)."""
    return tuple(the_core().get_property(plugin, "OPTIMIZATION_CAPABILITIES"))


def full_name(plugin: str) -> str:
    """E.g. 'AMD EPYC' for 'CPU'."""
    return str(the_core().get_property(plugin, "FULL_DEVICE_NAME"))
