"""What the user chooses: rmbg's weights, the camera, the background, with a look at it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from livebg.core.errors import LivebgError, SourceError
from livebg.core.libraries import NEEDED
from livebg.core.settings import Settings, change
from livebg.core.user_folders import state_folder
from livebg.pipeline.doctor.findings_cameras import cameras
from livebg.pipeline.doctor.findings_gpu import accelerates
from livebg.pipeline.doctor.findings_software import rmbgs_left_out
from livebg.pipeline.doctor.state import Camera, SystemState
from livebg.pipeline.setup.progress import Progress
from livebg.pipeline.setup.virtual_camera import has_pipewire

LOOK_S, SHEET_S = 8.0, 3.0


def choose_engine(progress: Progress, state: SystemState) -> Iterator[str]:
    """`auto` takes the best engine that is here. rmbg's weights come only after a question that shows their licence."""
    seen, settings = state.engines, progress.settings
    if settings.engine != "auto":
        yield f"engine: {settings.engine}, as the settings file says"
        return
    if seen.cached:
        yield f"engine: auto; rmbg's weights are here ({seen.weights}, {seen.licence})"
        return
    if absent := [each for each in rmbgs_left_out(state) if each.name in NEEDED]:
        yield f"engine: selfie; {', '.join(each.name for each in absent)} not installed, which rmbg needs"
        return
    yield "engine: auto takes selfie, which comes with livebg and runs on any processor"
    yield f"rmbg has finer hair, and is for photos and GPUs. Weights: {seen.weights}, 176 MB; licence: {seen.licence}"
    is_reachable = not (seen.is_hub_off or seen.does_hub_answer is False)
    if is_reachable and progress.dialogue.is_asking and progress.dialogue.agrees("accept this licence and fetch them"):
        yield from _fetch(progress)
        return
    yield f"{'not fetched' if is_reachable else 'the hub does not answer'}; later: livebg models fetch rmbg"
    if accelerates(state):  # there `auto` would fetch them by itself
        progress.values["engine"] = "selfie"
        yield "engine: selfie, since auto would fetch them for this GPU"


def _fetch(progress: Progress) -> Iterator[str]:
    """Raises ModelError."""
    from livebg.models import fetch_model

    files = [str(each) for each in fetch_model("rmbg", progress.settings.model)]
    progress.record.weights += [each for each in files if each not in progress.record.weights]
    progress.keep()
    yield f"fetched: {', '.join(files)}"


def choose_camera(progress: Progress, state: SystemState) -> Iterator[str]:
    """The only one, or the one that the user chooses. Raises SourceError where there is none."""
    real = _of_pipewire(state) or [each for each in state.cameras or () if not each.is_virtual]
    if not real:
        told = [f"{each.found}; {each.mend.advice}" for each in cameras(state) if each.state != "ok"]
        raise SourceError(f"no camera: {'; '.join(told)}")
    names = [camera_name(each, real) for each in real]
    at = 0
    if len(real) > 1:
        now = progress.settings.camera
        default = names.index(now) if now in names else 0
        at = progress.dialogue.chooses("which camera", [f"{each.name} {each.path}".strip() for each in real], default)
        progress.values["camera"] = names[at]
    elif progress.settings.camera not in ("auto", names[0], real[0].path):
        yield f"the settings file says camera = {progress.settings.camera!r}, which stays"
        return
    yield f"camera: {real[at].name}"
    if real[at].problem:
        yield f"  {real[at].problem}"


def _of_pipewire(state: SystemState) -> list[Camera]:
    """PipeWire's cameras, where V4L2 has none that gives pictures, as `--camera auto` chooses."""
    if state.linux is None or not has_pipewire(state.linux):
        return []
    from livebg.capture.camera.devices import has_real_camera
    from livebg.capture.camera.pipewire import PREFIX, list_pipewire_cameras

    found = [] if has_real_camera() else list_pipewire_cameras()
    return [Camera(f"{PREFIX}:{each.description}") for each in found]


def camera_name(camera: Camera, among: list[Camera]) -> str:
    """How `--camera` names it: by its name, which stays when it gets another number; else by its path."""
    is_alone = sum(camera.name.lower() in each.name.lower() for each in among) == 1
    return camera.name if is_alone or not camera.path else camera.path


def choose_background(progress: Progress) -> Iterator[str]:
    """One of the named ones, after a look at it if the user likes. Nothing changes where nobody answers."""
    from livebg.scene.backgrounds.catalog import list_backgrounds

    now = progress.settings.background
    names = [each.name for each in list_backgrounds(progress.settings.background_folder)] + ["blur"]
    if not progress.dialogue.is_asking:
        yield f"background: {now}; livebg backgrounds lists others"
        return
    if now not in names:
        names.append(now)  # the user's own: an empty answer keeps it
    while True:
        at = progress.dialogue.chooses("which background", names, names.index(now))
        now = names[at]
        wanted = change(progress.wanted, {"background": now})
        is_shown = yield from _look_at(progress, wanted)
        if not is_shown or progress.dialogue.chooses(f"take {now}", ["yes", "no, another one"], 0) == 0:
            break
    if now != progress.settings.background:
        progress.values["background"] = now
    yield f"background: {now}"


def _look_at(progress: Progress, wanted: Settings) -> Generator[str, None, bool]:
    """Shows it in a window, with the camera, or on the drawn scene in a picture; True if it did."""
    from livebg.pipeline.live import run
    from livebg.pipeline.setup.read_back import alone
    from livebg.sinks.contact_sheet import ContactSheetSink
    from livebg.sinks.preview.display import has_screen

    if has_screen():
        question = f"look at it in a window for {LOOK_S:g} s (this takes your camera)"
        settings, sinks = change(alone(wanted), {"to": ("window",), "seconds": LOOK_S}), []
    else:
        sheet = (progress.records or state_folder()) / "setup.png"
        question = f"write a picture of it, of a drawn person: {sheet}"
        settings = change(alone(wanted), {"source": "synthetic", "to": (), "seconds": SHEET_S})
        sinks = [ContactSheetSink(sheet, SHEET_S, force=True)]
    if not progress.dialogue.agrees(question):
        return False
    if sinks:
        Path(sheet).parent.mkdir(parents=True, exist_ok=True)
    try:
        run.run(settings, sinks)
    except LivebgError as failure:
        yield f"not shown: {failure}"
        return False
    yield f"written: {sheet}" if sinks else "shown"
    return True
