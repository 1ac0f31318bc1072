"""Compiled networks on disk, so that a later start need not compile what takes long.

A file holds OpenVINO's blob after a head: what it fits (network, precision, size, device, version) and its length. Runs
in the thread that opens the engine or changes its size.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
import zlib
from pathlib import Path
from typing import Any

from livebg.models.openvino import full_name, import_openvino, the_core
from livebg.models.rmbg.openvino_cache import prune

log = logging.getLogger(__name__)

# What compiles quicker is not stored: of the floating forms a blob is as large as the export (177 MB), and reading it
# saves 0.2 of 0.5 s; of int8 it is 46 MB for each size and saves 1 of 1.4 s (2 cores, OpenVINO 2026.4).
WORTH_KEEPING_S = 0.9
HEAD = 4096  # bytes before the blob, so that it stays aligned to memory pages
EDGE = 1 << 16  # bytes checked at either end: checking all would take as long as the file saves


def compile_or_read(model: Any, plugin: str, options: dict[str, Any], file: Path | None) -> Any:
    """The compiled model: from `file` where an earlier start left it, else compiled now and left there.

    file: its name stands for network and size; options and versions are checked. None: nothing is read or written. A
    damaged file is logged once and replaced. Raises what OpenVINO raises.
    """
    about = {
        "options": {name: str(value) for name, value in sorted(options.items())},
        "device": f"{plugin} {full_name(plugin)}",
        "openvino": str(import_openvino().__version__),
    }
    if file is not None and (compiled := _read(file, plugin, options, about)) is not None:
        return compiled
    started_s = time.perf_counter()
    compiled = the_core().compile_model(model, plugin, options)
    if file is not None and time.perf_counter() - started_s >= WORTH_KEEPING_S:
        _write(compiled, file, about)
    return compiled


def _read(file: Path, plugin: str, options: dict[str, Any], about: dict[str, Any]) -> Any:
    try:
        with file.open("rb") as stream:
            head, blob = json.loads(stream.read(HEAD).rstrip(b"\0")), stream.read()
        if {name: head[name] for name in about} != about:
            return None
        if head["length"] != len(blob) or head["edges"] != _edges(blob):
            raise ValueError("its content has changed")
        compiled = the_core().import_model(blob, plugin, options)
        file.touch()  # so that prune() knows it is in use
        return compiled
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as cause:
        log.info("compiled network %s cannot be used (%s); compiling again", file, str(cause).strip().splitlines()[0])
        return None


def _write(compiled: Any, file: Path, about: dict[str, Any]) -> None:
    """Write the file complete or not at all. A full disk, or a device that cannot export, is no failure."""
    draft = file.with_name(f"{file.name}-{os.getpid()}")
    try:
        blob = compiled.export_model().getvalue()
        head = json.dumps({**about, "length": len(blob), "edges": _edges(blob)}).encode()
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            stream.write(head.ljust(HEAD, b"\0"))
            stream.write(blob)
        draft.replace(file)
        prune(file.parent)
    except (OSError, RuntimeError) as cause:
        log.info("cannot store the compiled network in %s: %s", file.parent, str(cause).strip().splitlines()[0])
        with contextlib.suppress(OSError):
            draft.unlink()


def _edges(blob: bytes) -> int:
    return zlib.crc32(blob[-EDGE:], zlib.crc32(blob[:EDGE]))
