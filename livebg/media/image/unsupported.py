"""Why a file is no picture that livebg reads, by its first bytes or its name, and what to do. Decodes nothing."""

from __future__ import annotations

from pathlib import Path

RAW = frozenset((".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"))
HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypheim", b"ftypheis")


def is_raw(path: Path) -> bool:
    """A camera's raw file: Pillow would show the small picture that lies in it."""
    return path.suffix.lower() in RAW


def reason_against(path: Path, head: bytes) -> str:
    """The rest of a sentence that begins with the file; head: its first bytes, 512 are enough."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if is_raw(path):
        return "is a camera's raw file; develop it first, to TIFF or JPEG"
    if head[4:12] in HEIC:
        return "is HEIC, which needs one more library: pip install pillow-heif; or convert it to JPEG"
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in head.lower()):
        return "is SVG, a drawing without pixels; export it as PNG first"
    if head.startswith(b"%PDF"):
        return "is a PDF; export its page as PNG first"
    if head[4:8] == b"ftyp" or head.startswith((b"\x1aE\xdf\xa3", b"RIFF")):
        return "is no picture but may be a video; try: livebg video"
    if head and all(each >= 32 or each in b"\t\r\n\f" for each in head):
        return "is no picture but text; give a JPEG, PNG, WebP, TIFF or AVIF file"
    return "is no picture that livebg knows; give a JPEG, PNG, WebP, TIFF or AVIF file"
