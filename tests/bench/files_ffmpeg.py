"""The part of tests.bench.files that sets `livebg video` beside ffmpeg's own transcoding; see there."""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path
from typing import Any

from livebg.media.video.formats import form_for
from tests.bench.commands import Cost, run
from tests.bench.film_facts import CLIP, facts, film

FPS = 30
KINDS = {  # the clip, ffmpeg's filter, its share of --seconds
    "720p": (CLIP, "", 1.0),
    "720p, two people": (CLIP.with_name("d05_two_people.mp4"), "", 0.5),
    "1080p": (CLIP, "scale=1920:1080", 0.3),
    "4K": (CLIP, "scale=3840:2160", 0.15),
}


def against_ffmpeg(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Each with the selfie engine and a picture behind, in turns with ffmpeg with the same encoder and settings."""
    ours, theirs = folder / "ours.mp4", folder / "theirs.mp4"
    form = form_for(ours, "composite", encoder="software")
    found: dict[str, Any] = {}
    print("\n| film | s | livebg, CPU s | ffmpeg's | times | wall times | MB | ffmpeg's |\n|---|" + "---:|" * 7)
    for name, (source, scale, share) in KINDS.items():
        clip = film(
            folder / "clip.mp4", *([scale] if scale else ()), seconds=max(1.0, share * arguments.seconds), source=source
        )
        about = facts(clip)
        width, height = (int(each) for each in scale.removeprefix("scale=").split(":")) if scale else (1280, 720)
        encoder = form.encoder.for_size(width, height)
        options = [word for key, value in encoder.options.items() for word in (f"-{key}", value)]
        wanted = ["-c:v", encoder.name, *options, "-threads", str(form.profile.threads), "-g", str(5 * FPS)]
        ways = {
            "livebg": ["livebg", "video", str(clip), "--engine", "selfie", "--background", "bookshelf", "--encoder",
                       "software", "--force", "-o", str(ours)],
            "ffmpeg": ["ffmpeg", "-v", "error", "-y", "-i", str(clip), *wanted, "-c:a", "copy", str(theirs)],
        }  # fmt: skip
        spent: dict[str, list[Cost]] = {each: [] for each in ways}
        for _ in range(arguments.rounds):
            for each, command in ways.items():
                spent[each].append(run(command))
        assert facts(ours).frames == facts(theirs).frames == about.frames
        row = {
            each: {key: statistics.median(getattr(one, key) for one in costs) for key in ("wall_s", "cpu_s", "peak_mb")}
            for each, costs in spent.items()
        }
        found[name] = row | {"frames": about.frames}
        us, them = row["livebg"], row["ffmpeg"]
        cells = [f"{about.frames / FPS:.0f}", f"{us['cpu_s']:.1f}", f"{them['cpu_s']:.1f}"]
        cells += [f"{us[key] / them[key]:.2f}" for key in ("cpu_s", "wall_s")]
        cells += [f"{each['peak_mb']:.0f}" for each in (us, them)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return found
