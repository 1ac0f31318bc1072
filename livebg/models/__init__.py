"""Chooses the matting engine, says why, and lists the engines. Imports only the engine that it chooses."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.core import libraries
from livebg.core.engines import MattingEngine
from livebg.core.errors import ModelError
from livebg.core.machine import cores
from livebg.core.option import did_you_mean
from livebg.core.settings import Settings
from livebg.core.types import Frame, Image, SourceInfo
from livebg.models.device import Device, choose_device
from livebg.models.repository import KNOWN, Repository

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

ONLY_PEOPLE = "people alone; take --engine rmbg, with --weights where the hub cannot be reached"
NOBODY_FOUND = "nobody was found in it, so what stands out is foreground (--subject people: people alone)"


def open_engine(settings: Settings, info: SourceInfo) -> MattingEngine:
    """Opens the engine that settings.engine names; with `auto` the best one for this machine. Raises ModelError.

    `auto` takes rmbg where the user named its weights, or where there is an accelerator, or a live source that this
    processor holds by its benchmark (allowance.py), and the weights are available (cached, or the hub answers); for
    photos wherever they are cached; else selfie.
    """
    if settings.engine not in ("auto", "rmbg", "selfie"):
        from livebg.models.plugin import open_plugin_engine

        if (plugin := open_plugin_engine(settings, info)) is not None:
            return plugin
    device = _device(settings)
    if settings.engine == "selfie":
        if settings.subject == "anything":
            raise ModelError(f"--subject anything: the selfie engine finds {ONLY_PEOPLE}")
        return _selfie(settings, info, "asked for")
    if settings.engine == "rmbg":
        return _rmbg(settings, device, info)
    obstacle = _obstacle_to_rmbg(settings, device, info)
    if obstacle and settings.subject == "anything":
        raise ModelError(f"--subject anything: {obstacle}, and the selfie engine finds {ONLY_PEOPLE}")
    return _selfie(settings, info, obstacle) if obstacle else _rmbg(settings, device, info)


def _device(settings: Settings) -> Device:
    """The one that the settings choose. Raises ModelError, too, where the engine that they name cannot run."""
    if settings.engine == "rmbg":
        libraries.check()  # first: without torch no GPU is found
    return choose_device(settings.device, settings.precision)


def _obstacle_to_rmbg(settings: Settings, device: Device, info: SourceInfo | None = None) -> str:
    """Why `auto` does not take rmbg; '' where it does. info: of the source, where it may be live."""
    if settings.weights:
        return ""
    if absent := libraries.obstacle():
        return absent
    if device.kind == "cpu":
        if device.reason == "asked for":
            return "the CPU was asked for"
        if info is not None and info.is_photo:
            return _obstacle_to_photos(settings)
        if not _is_allowed(settings, info):
            return f"{device.reason}; rmbg is for accelerators"
    from livebg.models import hub

    if hub.find_cached(settings.model) is not None or hub.can_reach_hub():
        return ""
    return f"{settings.model} is not cached and the hub does not answer"


def _obstacle_to_photos(settings: Settings) -> str:
    """The same for photos on a CPU, where rmbg takes a second or two and has by far the better edge."""
    from livebg.models import hub

    if hub.find_cached(settings.model) is None:
        return f"the weights of {settings.model} are not on this machine; livebg models fetch rmbg fetches them"
    log.info("photos take rmbg, with %s (%s)", *_weights_of(settings))
    return ""


def _is_allowed(settings: Settings, info: SourceInfo | None) -> bool:
    """Whether this processor's benchmark allows rmbg for this source, whose foreground are people."""
    if info is None or not info.is_live or settings.subject == "anything" or settings.latency != "lowest":
        return False
    from livebg.models import allowance

    kept = allowance.remembered()
    if kept is None or not kept.covers(settings.model, info):
        return False
    log.info("by its benchmark this processor runs rmbg live, with %s (%s)", *_weights_of(settings))
    return True


def _weights_of(settings: Settings) -> tuple[str, str]:
    """The repository and its licence."""
    from livebg.models import hub

    return settings.model, hub.repository(settings.model).licence


def finds_anything(settings: Settings) -> bool:
    """Whether open_engine would choose rmbg, whose foreground may be anything. Raises ModelError."""
    return _takes_rmbg(settings, _device(settings))


def _takes_rmbg(settings: Settings, device: Device) -> bool:
    if settings.engine != "auto":
        return settings.engine == "rmbg"
    return not _obstacle_to_rmbg(settings, device)


def show_people(frames: Iterable[Frame], settings: Settings) -> bool:
    """Whether the light engine sees somebody in one of these frames of one size. Raises ModelError."""
    from livebg.models.crop import is_somebody

    engine: MattingEngine | None = None
    try:
        for frame in frames:
            if engine is None:
                info = SourceInfo("pictures", frame.width, frame.height, 0.0, False)
                engine = _selfie(settings, info, "looks for people")
            engine.reset()
            if is_somebody(engine.matte(frame).values):
                return True
    finally:
        if engine is not None:
            engine.close()
    return False


def gpu_network(settings: Settings) -> tuple[nn.Module, float, Device] | None:
    """Where open_engine would choose rmbg on a GPU: what the GPU's processor needs; else None. Raises ModelError.

    That is the network (float32, on the CPU), the mean to subtract from its input, and the GPU.
    """
    device = _device(settings)
    if device.kind != "cuda" or not _takes_rmbg(settings, device):
        return None
    libraries.check()
    from livebg.models.rmbg.engine import open_network

    return *open_network(settings), device


def open_finder(settings: Settings, info: SourceInfo) -> MattingEngine | None:
    """What tells rmbg where people are; None where its foreground may be anything. Raises ModelError."""
    return None if settings.subject == "anything" else _selfie(settings, info, "finds the people")


def _rmbg(settings: Settings, device: Device, info: SourceInfo) -> MattingEngine:
    libraries.check()
    from livebg.models.guided.engine import GuidedEngine
    from livebg.models.rmbg.engine import open_rmbg

    log.info("preparing the rmbg engine")
    is_guided = settings.subject != "anything"
    # Live, its detail may come late, but the finder's matte of every frame may not: one core stays free for that.
    threads = max(1, cores() - 1) if is_guided and info.is_live and device.kind == "cpu" else None
    network = open_rmbg(settings, device, threads=threads)
    finder = open_finder(settings, info)
    engine = network if finder is None else GuidedEngine(finder, network)
    if device.kind == "cpu" and settings.pace != "every-frame":
        from livebg.core.threads import FAR_STEP, STEP, below

        only_adds = is_guided and settings.latency == "lowest"  # detail over the finder's mattes, as in cpu_build.py
        below(lambda: engine.warm_up(info.height, info.width), FAR_STEP if only_adds else STEP)
    else:
        engine.warm_up(info.height, info.width)
    return engine


def _selfie(settings: Settings, info: SourceInfo, reason: str) -> MattingEngine:
    from livebg.models.selfie.engine import SelfieEngine
    from livebg.models.selfie.model_file import model_file

    shape = settings.selfie_model
    if shape == "auto":
        shape = "landscape" if info.width > info.height else "square"
    return SelfieEngine(model_file(shape), shape, reason, model_file("square"), is_close=settings.closer_look)


@dataclass(frozen=True, slots=True)
class Engine:
    """One line of `livebg models`."""

    name: str
    weights: str
    licence: str
    megabytes: float
    cached: Path | None


def list_engines(model: str) -> list[Engine]:
    """Every engine, with its weights, their licence, size in MB and path in the cache (None: not on this machine).

    model: the rmbg engine's repository.
    """
    from livebg.models.selfie import model_file as selfie_model

    repo, cached = KNOWN.get(model, Repository(model)), None
    if "transformers" not in libraries.missing():
        from livebg.models import hub

        repo, cached = hub.repository(model), hub.find_cached(model)
    selfies = [
        Engine(f"selfie ({shape})", "livebg itself", selfie_model.LICENCE, 0.25, selfie_model.model_file(shape))
        for shape in selfie_model.FILES
    ]
    return [*selfies, Engine("rmbg", model, repo.licence, 176.0, cached)]


def quantise_model(settings: Settings, pictures: Sequence[Image]) -> list[str]:
    """Makes the rmbg engine's int8 form, fitted to these pictures. Raises ModelError.

    pictures: BGR uint8 (H, W, 3), two or more of one size. Returns lines that say what it made.
    """
    from livebg.models.rmbg.engine import quantise_rmbg

    return [f"rmbg: {quantise_rmbg(settings, pictures)}"]


def fetch_model(name: str, model: str) -> list[Path]:
    """Fetches an engine's weights, so that it runs offline later; returns their paths. Raises ModelError."""
    from livebg.models.selfie import model_file as selfie_model

    if name == "selfie":
        return [selfie_model.model_file(shape) for shape in selfie_model.FILES]
    if name == "rmbg":
        libraries.check()
        from livebg.models import checkpoint as weights

        return [weights.fetch(model)]
    near = did_you_mean(name, ("selfie", "rmbg"))
    raise ModelError(f"no engine is called {name!r}; there are selfie and rmbg{near}")
