"""`livebg video`: its options, and the film jobs that they make. Loads nothing heavy until it runs."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from livebg.cli.options import add_settings, add_skipping, check_skipping, in_groups, settings_from, settings_path
from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError, SinkError, SomeFailedError
from livebg.core.option import option_number, option_path
from livebg.core.settings import OF_PICTURES
from livebg.pipeline.film.job_options import WHATS, JobOptions

if TYPE_CHECKING:
    import threading

    from livebg.pipeline.film.spec import FilmJob
    from livebg.pipeline.progress import Event, Skipped

ENDINGS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".wmv", ".flv",
           ".3gp", ".ogv", ".mxf", ".vob", ".gif")  # fmt: skip  # what is a video in a folder; a file may have any
CODECS = ("auto", "h264", "h265", "vp9", "av1", "prores", "ffv1", "png", "webp", "gif")
MOST_JOBS, LONGEST_S = 64, 1e6


def add_options(parser: Parser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="IN", help="video files, folders or patterns such as '*.mp4'")
    files = parser.add_argument_group("files")
    files.add_argument(
        "-o", "--output", metavar="OUT", default="",
        help="a file (.mp4 .mkv .mov .webm .gif .webp, NAME_%%06d.png), for several inputs a folder; "
        "default: beside the input as NAME-livebg",
    )  # fmt: skip
    files.add_argument("--format", metavar="ENDING", default="", help="mp4, mov, webm ... where --output names no file")
    files.add_argument(
        "--what", choices=WHATS, default="auto",
        help="composite; alpha: colour with transparency; foreground: the person's colours over black; matte: gray; "
        "pair: foreground and matte as two files; auto: alpha where no background is named and the file can hold it",
    )  # fmt: skip
    files.add_argument("--codec", choices=CODECS, default="auto", help="default: by the file's ending")
    files.add_argument("--quality", metavar="1..100", default="75", help="default: %(default)s")
    files.add_argument(
        "--encoder", choices=("auto", "software", "hardware"), default="auto",
        help="auto: the graphics chip's encoder where there is one that works",
    )  # fmt: skip
    files.add_argument(
        "--alpha", choices=("straight", "premultiplied"), default="straight", help="default: %(default)s"
    )
    files.add_argument("--start", metavar="TIME", default="0", help="from here on: seconds or H:MM:SS")
    files.add_argument("--end", metavar="TIME", default="", help="up to here")
    files.add_argument("--preview", metavar="N", default="", help="only the first N frames, from --start on")
    files.add_argument("--recursive", action="store_true", help="folders within folders too")
    work = parser.add_argument_group("work")
    add_skipping(work)
    work.add_argument("--resume", action="store_true", help="go on where an earlier run was cut off")
    work.add_argument("--jobs", metavar="N", default="1", help="so many films at a time; default: %(default)s")
    work.add_argument(
        "--ray", nargs="?", const="auto", default="", metavar="ADDRESS",
        help="on a Ray cluster: the one that this machine belongs to, or the one at this address (pip install "
        "'livebg[ray]')",
    )  # fmt: skip
    work.add_argument("--live", action="store_true", help="as the live loop would do it, without looking ahead")
    work.add_argument(
        "--progress", choices=("auto", "bar", "lines", "json", "none"), default="auto",
        help="auto: a bar on a terminal, else a line every 10 s",
    )  # fmt: skip
    parser.hide("--encoder", "--alpha", "--preview", "--ray", "--live", "--progress")
    add_settings(parser, [*in_groups(*OF_PICTURES), "force"])


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for the user. Raises LivebgError; KeyboardInterrupt after an interruption, once finished work is safe."""
    from livebg.pipeline.progress import Failed, reporter_for
    from livebg.pipeline.signals import Signals

    film_jobs = film_jobs_from(arguments)
    check_skipping(arguments.skip_existing, film_jobs[0].settings)
    _check_background(film_jobs[0], is_opened_next=len(film_jobs) == 1 and not arguments.ray)
    jobs = int(option_number("--jobs", arguments.jobs, 1, MOST_JOBS, "films"))
    signals, reporter, failures = Signals(reloads=False), reporter_for(arguments.progress), list[Failed]()
    with signals.heard():
        try:
            left = film_jobs
            if arguments.skip_existing:
                left, skipped = _left(film_jobs)
                for each in skipped:
                    yield from reporter.report(each)
            for event in _events(left, jobs, arguments.ray, signals.stopping) if left else ():
                if isinstance(event, Failed):
                    failures.append(event)
                    if len(film_jobs) == 1 and arguments.progress != "json":
                        break
                yield from reporter.report(event)
        finally:
            reporter.close()
    if signals.stopping.is_set():
        raise KeyboardInterrupt
    if failures and len(film_jobs) == 1:
        raise failures[0].failure
    if failures:
        messages = "; ".join(str(each.failure) for each in failures)
        rest = "the others are done" if len(failures) < len(film_jobs) else "none is done"
        raise SomeFailedError(f"{len(failures)} of {len(film_jobs)} films failed: {messages}; {rest}")


def _left(film_jobs: list[FilmJob]) -> tuple[list[FilmJob], list[Skipped]]:
    """The jobs whose outputs are not all there and whole, and the events for the others."""
    from livebg.pipeline.existing_outputs import are_done, fault_of_film
    from livebg.pipeline.progress import Skipped

    left: list[FilmJob] = []
    skipped: list[Skipped] = []
    for job in film_jobs:
        try:
            outputs = tuple(each.target for each in job.outputs())
        except SinkError:  # its job reports this later
            outputs = ()
        if outputs and are_done(outputs, fault_of_film):
            skipped.append(Skipped(job.source.name, outputs))
        else:
            left.append(job)
    return left, skipped


def _events(film_jobs: list[FilmJob], jobs: int, ray: str, stopping: threading.Event) -> Iterator[Event]:
    from livebg.pipeline.film import parallel

    if ray:
        from livebg.pipeline.film.ray import cluster

        with cluster(ray) as make:
            yield from parallel.one_after_another(film_jobs, stopping, make)
    elif jobs > 1 and len(film_jobs) > 1:
        yield from parallel.side_by_side(film_jobs, jobs, stopping)
    else:
        yield from parallel.one_after_another(film_jobs, stopping)


def _check_background(job: FilmJob, is_opened_next: bool) -> None:
    """Checks first what would fail every film. is_opened_next: the only film opens it here, and shows what is damaged.

    Raises BackgroundError, SinkError.
    """
    from livebg.core.opencv import load_opencv

    settings = job.settings_for(job.outputs())
    if settings.background != "none":
        load_opencv()
        from livebg.scene.backgrounds import find_background, open_background

        if is_opened_next:
            find_background(settings)
        else:
            open_background(settings).close()


def film_jobs_from(arguments: argparse.Namespace) -> list[FilmJob]:
    """One for each film found. Raises SettingsError, SourceError, SinkError."""
    from livebg.core.settings import Settings
    from livebg.media.video.formats import HOLDS
    from livebg.pipeline.film.spec import FilmJob
    from livebg.pipeline.input_files import find
    from livebg.pipeline.output_files import check_plan, folder_of, where

    settings, job_options = settings_from(arguments), _job_options(arguments)
    has_background = arguments.background is not None or settings.background != Settings().background
    inputs = find(arguments.inputs, ENDINGS, arguments.recursive)
    is_many = len(inputs) > 1 or inputs[0].path != Path(arguments.inputs[0]).expanduser()
    output = arguments.output
    folder = folder_of(output, HOLDS["composite"], is_many) if output else None
    if output and folder is None:
        plan = [(inputs[0], option_path("--output", output))]
    else:
        mark = f"-{job_options.what}" if job_options.what in ("foreground", "matte") else ""
        plan = [(each, where(each, folder, _ending(arguments, job_options), mark)) for each in inputs]
    film_jobs = [FilmJob(each.path, target, settings, job_options, has_background) for each, target in plan]
    made = [(each, output.target) for (each, _), job in zip(plan, film_jobs, strict=True) for output in job.outputs()]
    check_plan(made, settings, [("the settings file", settings_path(arguments))])
    return film_jobs


def _ending(arguments: argparse.Namespace, job_options: JobOptions) -> str:
    """The ending of an unnamed output: it can hold the requested content, and plays in most places."""
    if arguments.format:
        return "." + str(arguments.format).removeprefix(".").lower()
    by_codec = {"vp9": ".webm", "av1": ".mp4", "prores": ".mov", "ffv1": ".mkv", "png": ".png", "webp": ".webp",
                "gif": ".gif"}  # fmt: skip
    if job_options.codec in by_codec:
        return by_codec[job_options.codec]
    if job_options.what == "alpha" or (job_options.what == "auto" and arguments.background == "none"):
        return ".mov"
    return ".mp4"


def _job_options(arguments: argparse.Namespace) -> JobOptions:
    start_s = _time_s("--start", arguments.start)
    end_s = _time_s("--end", arguments.end) if arguments.end else math.inf
    if end_s <= start_s:
        raise SettingsError(f"--end {arguments.end} is not after --start {arguments.start}; give a later one")
    is_alike = arguments.ray and arguments.encoder == "auto"  # parts of different encoders do not join
    return JobOptions(
        what=arguments.what,
        codec=arguments.codec,
        encoder="software" if is_alike else arguments.encoder,
        alpha=arguments.alpha,
        quality=int(option_number("--quality", arguments.quality, 1, 100, "")),
        start_s=start_s,
        end_s=end_s,
        frames=int(option_number("--preview", arguments.preview, 1, 1e9, "frames")) if arguments.preview else 0,
        is_live=arguments.live,
        resumes=arguments.resume,
    )


def _time_s(option: str, text: str) -> float:
    """'90', '1:30', '0:01:30.5'."""
    found = re.fullmatch(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?)", text.strip(), re.ASCII)
    if not found:
        raise SettingsError(f"{option}: {text!r} is no time; give seconds, M:SS or H:MM:SS")
    hours, minutes, seconds = (float(each or 0) for each in found.groups())
    if not 0 <= 3600 * hours + 60 * minutes + seconds <= LONGEST_S:
        raise SettingsError(f"{option}: {text!r} is outside 0..{LONGEST_S:g} s")
    return 3600 * hours + 60 * minutes + seconds
