"""`livebg demo`: runs the live loop on a scene without a camera; writes a video, a contact sheet and a report."""

from __future__ import annotations

from pathlib import Path

from livebg.core.opencv import load_opencv
from livebg.core.same_file import check_inputs_kept
from livebg.core.settings import Settings, change
from livebg.pipeline.live import run as app

VIDEO, SHEET = Path("livebg-demo.mp4"), Path("livebg-demo.png")
SECONDS = 10.0
OR_ELSE = "run the demo in another folder"


def run(settings: Settings, clip: str) -> list[str]:
    """Runs for SECONDS (or settings.seconds); writes VIDEO and SHEET into the current folder.

    clip: path of a video, or '' for the synthetic scene. Returns the report's lines. Raises LivebgError, also
    if one of the two files exists and settings.force is off.
    """
    load_opencv()
    from livebg.media.files import checked_path
    from livebg.sinks.contact_sheet import ContactSheetSink
    from livebg.sinks.preview.display import has_screen

    seconds = settings.seconds or SECONDS
    to = (str(VIDEO), *(("window",) if has_screen() else ()))
    settings = change(settings, {"source": clip or "synthetic", "to": to, "seconds": seconds})
    check_inputs_kept([SHEET], settings)
    for each in (VIDEO, SHEET):
        checked_path(str(each), settings.force, OR_ELSE)
    sheet = ContactSheetSink(SHEET, seconds, settings.force)
    report = app.run(settings, [sheet])
    source, snapshot = report.source, report.snapshot
    preview = "open while it ran" if "window" in to else "not opened: there is no screen"
    return [
        f"source      {source.name}, {source.width}x{source.height}, {source.fps:.4g} fps",
        f"engine      {report.engine}",
        f"background  {settings.background}",
        f"preview     {preview}",
        f"result      {snapshot.line()}",
        *(f"stage       {stage:<10} {timing.line()}" for stage, timing in snapshot.stages.items()),
        f"written     {f'{VIDEO}, {SHEET} (camera | matte | composite)' if snapshot.frames else 'nothing'}",
    ]
