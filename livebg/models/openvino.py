"""OpenVINO's module, its one Core, and the devices it finds. Any thread."""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any

from livebg.core.libraries import command


def import_openvino() -> Any:
    """The module, without its usage reports: by itself it reports each import and conversion to an analytics service.

    It works without the reporting package, so this makes that package look missing during the import.
    Raises ImportError, with the command that installs OpenVINO where it is missing.
    """
    reporter = "openvino_telemetry"
    before = sys.modules.get(reporter)
    sys.modules[reporter] = None  # type: ignore[assignment] # the documented way to make an import fail
    try:
        return importlib.import_module("openvino")
    except ModuleNotFoundError as cause:
        if cause.name != "openvino":
            raise
        raise ImportError(f"OpenVINO is not installed; to install it: {command(['openvino'])}") from cause
    finally:
        del sys.modules[reporter]
        if before is not None:
            sys.modules[reporter] = before


@functools.cache
def the_core() -> Any:
    """OpenVINO's Core with its CPU plugin, one for the whole process, never destroyed. Raises what OpenVINO raises.

    The plugin gives the process an alternative signal stack and, when destroyed, restores the one it had found. Of two
    plugins destroyed in the order of their making, the second restores the first one's freed memory, and the next
    Ctrl-C ends the process with a segmentation fault (seen with 2026.4).
    """
    core = import_openvino().Core()
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plugin: raises here where it cannot work
    return core


def find_plugin(kind: str) -> tuple[str, str]:
    """OpenVINO's name of the best device of a kind ('GPU', 'NPU') and its full name, e.g. ('GPU.1', 'Intel Arc A380').

    A separate card comes before a GPU inside a processor. Raises LookupError with a sentence that names the devices
    found.
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
    except RuntimeError:  # a plugin that does not say
        return False


def capabilities(plugin: str) -> tuple[str, ...]:
    """The precisions the device computes in, in OpenVINO's words: ('FP32', 'BF16', 'INT8', ...)."""
    return tuple(the_core().get_property(plugin, "OPTIMIZATION_CAPABILITIES"))


def full_name(plugin: str) -> str:
    """The device's full name, e.g. 'AMD EPYC' for 'CPU'."""
    return str(the_core().get_property(plugin, "FULL_DEVICE_NAME"))
