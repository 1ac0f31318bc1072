"""`livebg image`: its options, and the request that they make. Loads nothing heavy until it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from livebg.cli.options import add_settings, add_skipping, check_skipping, in_groups, settings_from, settings_path
from livebg.cli.parser import Parser
from livebg.core.errors import SettingsError
from livebg.core.option import did_you_mean, option_number, option_path
from livebg.core.settings import OF_PICTURES
from livebg.core.standard_streams import data_out
from livebg.media.image.formats import FORMATS, FORMS
from livebg.pipeline.film.job_options import WHATS
from livebg.pipeline.photo.request import STREAM, Request

OF_TIME = {
    "stride",
    "latency",
    "max_cpu",
    "still_gate",
    "smoothing",
    "settle",
    "auto_frame",
    "auto_frame_zoom",
    "away_after",
}


def add_options(parser: Parser) -> None:
    parser.add_argument(
        "inputs", nargs="*", metavar="IN", help="pictures, folders or patterns such as '*.jpg'; - reads from stdin"
    )
    files = parser.add_argument_group("files")
    add = files.add_argument
    add("-o", "--output", metavar="OUT", default="", help="a file for one picture, a folder for several; - is stdout")
    add_skipping(files)
    add("--recursive", action="store_true", help="look into the folders' subfolders, too")
    add("--watch", metavar="FOLDER", help="every picture that comes into it, until Ctrl-C")
    add("--format", metavar="|".join(FORMATS), default="", help="else the output's ending says it, else the input's")
    add(
        "--what",
        metavar="|".join(WHATS),
        default="auto",
        help="auto: composite with --background or as JPEG, else alpha; pair: foreground and matte as two files",
    )
    add("--alpha", metavar="straight|premultiplied", default="straight", help="colours as they are, or times alpha")
    add("--quality", metavar="1..100", default="90", help="of JPEG, WebP and AVIF; default: %(default)s")
    parser.hide("--alpha")
    names = [each for each in in_groups(*OF_PICTURES) if each not in {*OF_TIME, "standby"}]
    add_settings(parser, [*names, "force"])


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Lines for the user. Raises LivebgError."""
    request = request_from(arguments)
    from livebg.core.opencv import load_opencv

    load_opencv()
    from livebg.pipeline.photo import job

    if STREAM in request.inputs:
        stdout = data_out() if request.output in ("", STREAM) else sys.stdout.buffer
        job.through(request, sys.stdin.buffer, stdout)
    elif request.watched:
        job.watch(request, request.watched)
    else:
        job.run(request)
    yield from ()


def request_from(arguments: argparse.Namespace) -> Request:
    """Raises SettingsError."""
    is_stream = STREAM in arguments.inputs
    if is_stream and (len(arguments.inputs) > 1 or arguments.watch):
        raise SettingsError("- reads one picture from stdin; give no other input")
    if is_stream and arguments.what == "pair" and arguments.output in ("", STREAM):
        raise SettingsError("--what pair is two files, and stdout is one; name the output by --output")
    if arguments.output == STREAM and not is_stream:
        raise SettingsError("--output - goes with the input -: livebg image - < FILE")
    if bool(arguments.inputs) == bool(arguments.watch):
        raise SettingsError("say which pictures: livebg image FILE or FOLDER, or --watch FOLDER")
    settings = settings_from(arguments)
    check_skipping(arguments.skip_existing, settings)
    if arguments.skip_existing and is_stream:
        raise SettingsError("--skip-existing goes with files, not with -; leave it out")
    watched = option_path("--watch", arguments.watch) if arguments.watch else None
    if watched and not watched.is_dir():
        raise SettingsError(f"--watch: {watched} is not a folder; name one that is there")
    what = _chosen("--what", arguments.what, WHATS)
    background = arguments.background
    if background not in (None, "none") and what not in ("auto", "composite"):
        raise SettingsError(f"--what {what} has no background; leave out --background")
    if background == "none" and what == "composite":
        raise SettingsError("--background none is no composite; take --what alpha")
    form = _chosen("--format", arguments.format, (*FORMATS, *(each[1:] for each in FORMS)))
    return Request(
        settings=settings,
        inputs=tuple(arguments.inputs),
        is_recursive=arguments.recursive,
        watched=watched,
        output=arguments.output,
        ending=f".{'jpg' if form == 'jpeg' else 'tif' if form == 'tiff' else form}" if form else "",
        what="alpha" if background == "none" and what == "auto" else what,
        has_background=background not in (None, "none"),
        quality=round(option_number("--quality", arguments.quality, 1, 100, "")),
        is_premultiplied=_chosen("--alpha", arguments.alpha, ("straight", "premultiplied")) == "premultiplied",
        skips_existing=arguments.skip_existing,
        kept=(("the settings file", settings_path(arguments)),),
    )


def _chosen(option: str, text: str, choices: tuple[str, ...]) -> str:
    if text and text.lower().removeprefix(".") not in choices:
        near = did_you_mean(text.lower(), choices)
        raise SettingsError(f"{option}: {text!r} is none of {', '.join(dict.fromkeys(choices))}{near}")
    return text.lower().removeprefix(".")
