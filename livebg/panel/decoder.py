"""The process that opens the user's files: what hangs, crashes or swallows memory there does not end the panel.

One request a line on stdin, one answer on stdout: a line of JSON, and the bytes that it announces. It ends with stdin.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

NICE = 5
FEW_PX = 2048
PICTURES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "GIF": ".gif",
}  # Pillow's name: the ending
VIDEOS = {
    "mov,mp4,m4a,3gp,3g2,mj2": (".mp4", "video/mp4"),
    "matroska,webm": (".mkv", "video/webm"),
    "avi": (".avi", ""),
}  # FFmpeg's name: the ending, and the type for browsers that play it


def main() -> None:
    from livebg.core.opencv import load_opencv

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    if hasattr(os, "nice"):
        os.nice(NICE)
    load_opencv()
    with contextlib.suppress(ImportError):
        importlib.import_module("pillow_heif").register_heif_opener()
    for line in sys.stdin:
        serve(json.loads(line), answers)


def serve(request: dict[str, Any], answers: BinaryIO) -> None:
    """Answers one request: {'do': 'look' or 'picture', …}."""
    from livebg.core.errors import LivebgError

    content = b""
    try:
        if request["do"] == "look":
            answer = look(Path(request["path"]), request["name"])
        else:
            answer, content = picture(
                Path(request["path"]), request["is_video"], request["at_s"], request["width"], request["with_alpha"]
            )
    except LivebgError as failure:
        answer = {"error": str(failure)}
    except OSError as failure:  # removed meanwhile
        answer = {"error": f"the file cannot be read: {failure.strerror}; add it again"}
    except MemoryError:
        answer = {"error": "the file needs more memory than there is; give a smaller one"}
    answers.write(json.dumps(answer | {"bytes": len(content)}).encode() + b"\n" + content)
    answers.flush()


def look(path: Path, name: str) -> dict[str, Any]:
    """What the file's content is: the values of decoding.Look. name: for sentences. Raises SourceError."""
    from livebg.core.errors import SourceError
    from livebg.media.image.read import ANIMATED, PictureFile, is_raw, reason_against

    with path.open("rb") as stream:
        head = stream.read(512)
    if is_raw(Path(name)):
        raise SourceError(f"{name} {reason_against(Path(name), head)}")
    file = PictureFile(path, "picture", SourceError)
    ending = ""
    try:
        kind = file.identify(ANIMATED - {"WEBP"})  # FFmpeg shows no animated WebP: it counts as its first picture
        if kind:
            with file.reading(), file.opened() as picture:
                ending = PICTURES.get(picture.format or "", "")
        if kind == "still":
            width, height = file.size()
            return {"kind": "photo", "width": width, "height": height, "ending": ending}
    except SourceError as failure:
        raise SourceError(str(failure).replace(f"picture {path}", name)) from failure
    if not kind and b"\0" not in head:  # no video is text, though FFmpeg would play some texts as films of letters
        raise SourceError(f"{name} {reason_against(Path(name), head)}")
    about = _look_at_video(path, name)
    return about | {"ending": ending or about["ending"]}


def _look_at_video(path: Path, name: str) -> dict[str, Any]:
    from livebg.core.errors import SourceError
    from livebg.media.video.clip import VideoClip
    from livebg.media.video.open import open_media

    try:
        with open_media(str(path), name, is_stream=False) as container:
            ending, media_type = VIDEOS.get(container.format.name, ("", ""))
        clip = VideoClip(str(path), name, is_exact=True)
    except SourceError as failure:
        raise SourceError(str(failure).replace(str(path), name)) from failure
    try:
        about = {"width": clip.width, "height": clip.height, "seconds": clip.length_s or 0.0, "fps": clip.fps}
    finally:
        clip.close()
    return {"kind": "video", "media_type": media_type, "ending": ending} | about


def picture(path: Path, is_video: bool, at_s: float, width: int, with_alpha: bool) -> tuple[dict[str, Any], bytes]:
    """A photo, or a video's picture at this time, no wider and higher than `width`: a JPEG, or a WebP with alpha.

    Raises SourceError."""
    from PIL import Image as Pillow

    if is_video:
        shown, profile = (_moment_with_alpha if with_alpha else _moment)(path, at_s), b""
    else:
        shown, profile = _photo(path, width, with_alpha)
    shown.thumbnail((width, width), Pillow.Resampling.BILINEAR if max(shown.size) < FEW_PX else Pillow.Resampling.BOX)
    made = io.BytesIO()
    if shown.mode == "RGBA":
        shown.save(made, "WEBP", quality=82, method=1, icc_profile=profile)
        return {"type": "image/webp"}, made.getvalue()
    shown.save(made, "JPEG", quality=86)
    return {"type": "image/jpeg"}, made.getvalue()


def _photo(path: Path, width: int, with_alpha: bool) -> tuple[Any, bytes]:
    """RGB in sRGB; or, of a result of livebg's with alpha, RGBA in the colours of the profile beside it."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    from livebg.core.errors import SourceError
    from livebg.media.image.read import PictureFile
    from livebg.media.image.read import with_alpha as as_rgba

    file = PictureFile(path, "picture", SourceError)
    if with_alpha:
        with file.reading(), file.opened() as opened:
            opened.load()
            upright = ImageOps.exif_transpose(as_rgba(opened))
            return upright.convert("RGBA"), opened.info.get("icc_profile") or b""
    return Pillow.fromarray(file.load(width)[..., ::-1]), b""


def _moment(path: Path, at_s: float) -> Any:
    """RGB: what a player shows at this time."""
    from PIL import Image as Pillow

    from livebg.core.errors import SourceError
    from livebg.media.video.clip import VideoClip

    clip = VideoClip(str(path), "the video", is_exact=True)
    try:
        if at_s > 0:
            clip.seek(at_s)
        last = None
        for each in clip.pictures():
            if last is not None and each.media_time_s > at_s + _NEARLY_S:
                break
            last = each
        if last is None:
            raise SourceError("the video shows no picture at that time; move to an earlier one")
        return Pillow.fromarray(last.render()[..., ::-1])
    finally:
        clip.close()


_NEARLY_S = 0.001  # Matroska's and WebM's times are rounded to it


def _moment_with_alpha(path: Path, at_s: float) -> Any:
    """RGBA: what a player shows of livebg's own result at this time."""
    from PIL import Image as Pillow

    from livebg.core.errors import SourceError
    from livebg.media.video.convert import rgba_of
    from livebg.media.video.decode import Decoder

    with Decoder(str(path), "the video", with_alpha=True) as decoder:
        last, begin_s = None, float((decoder.stream.start_time or 0) * (decoder.stream.time_base or 0))
        if at_s > 0:
            decoder.seek(begin_s + at_s)
        for each in decoder.frames():
            if last is not None and (each.time or 0.0) - begin_s > at_s + _NEARLY_S:
                break
            last = each
        if last is None:
            raise SourceError("the video shows no picture at that time; move to an earlier one")
        return Pillow.fromarray(rgba_of(last))


if __name__ == "__main__":
    main()
