"""Reduces a copied sound or subtitle to the sound or subtitle itself: codec headers, packets and lines, nothing else.

A codec's header, a packet's side data and a subtitle's packet have room for a small picture of the room. Runs in the
thread that copies.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from av.packet import Packet as AnyPacket

from livebg.media.metadata import PROSE, SUSPECT_FROM, looks_encoded

if TYPE_CHECKING:
    from livebg.media.video.segment_reader import Packet

TEXTS = frozenset(("subrip", "text", "webvtt", "mov_text", "ass", "ssa"))  # subtitles in words; the others are pictures
MOST_HEADER_BYTES = 128  # no sound codec needs more, except Vorbis, whose header livebg writes anew
FLAC_BYTES, OPUS_BYTES = 34, 19
VORBIS_BYTES = 30  # of its first header
MOST_STEREO_BYTES, MOST_VORBIS_BYTES = 4100, 11_500  # of its last one, up to two channels and above: as encoders write
LINES_TOGETHER = 8
STYLES, MOST_MOV_TEXT_BYTES = re.compile(r"</?\w[^<>]*>|\{\\[^{}]*\}"), 2**16 - 1
TX3G = (  # 3GPP TS 26.245: white letters of 18 px, in the middle below
    bytes(4) + b"\x01\xff" + bytes(12) + struct.pack(">HHHBB4s", 0, 0, 1, 0, 18, b"\xff" * 4)
    + struct.pack(">I4sHHB5s", 18, b"ftab", 1, 1, 5, b"Serif")
)  # fmt: skip
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def plain_header(codec: str, data: bytes | None) -> bytes | None:
    """A codec's own header with nothing else in it; None if there is none: do not copy the track then."""
    header = bytes(data or b"")
    if codec in ("ass", "ssa"):
        return ASS_HEADER
    if codec in TEXTS:
        return TX3G if codec == "mov_text" else b""
    if codec == "flac":
        return header.removeprefix(b"fLaC\0\0\0\x22")[:FLAC_BYTES]
    if codec == "opus":
        mapping = 2 + header[9] if len(header) > OPUS_BYTES and header[18] else 0
        return header[: OPUS_BYTES + mapping]
    if codec == "vorbis":
        return _vorbis(header)
    return header if len(header) <= MOST_HEADER_BYTES else None


def plain_packet(packet: Packet) -> Packet:
    """The same samples at the same time; of the side data, only the number of samples to skip."""
    made = _at_its_time(packet, bytes(packet))
    if packet.has_sidedata("skip_samples"):
        made.set_sidedata(packet.get_sidedata("skip_samples"))
    return made


class Lines:
    """The words of one subtitle track. Pieces of a picture might each look like a word, so lines wait until there are
    enough of them to judge together, with those before."""

    def __init__(self, codec: str, becomes_mov_text: bool = False) -> None:
        self.refused = 0
        self._codec, self._becomes_mov_text = codec, becomes_mov_text
        self._before: list[str] = []
        self._waiting: list[tuple[str, Packet]] = []

    def judged(self, packet: Packet | None) -> list[Packet]:
        """Those that may go along by now, each reduced to its words, in order; packet None: there are no more."""
        if packet is not None:
            line, data = self._line(bytes(packet))
            self._waiting.append((line, _at_its_time(packet, data)))
        lines = [line for line, _ in self._waiting]
        if packet is not None and sum(len(each) for each in lines) <= 2 * SUSPECT_FROM:
            return []
        may = not looks_encoded([*self._before, *lines])
        kept = [made for line, made in self._waiting if may and (not line.strip() or PROSE(line) is not None)]
        self.refused += len(lines) - len(kept)
        self._before, self._waiting = lines[-LINES_TOGETHER:], []
        return kept

    def _line(self, data: bytes) -> tuple[str, bytes]:
        """The words, and a packet of them."""
        if self._codec != "mov_text":
            text = data.decode("utf-8", "replace").strip("\0")
            text = text.split(",", 8)[-1] if self._codec in ("ass", "ssa") else text
            return text, _mov_text(text) if self._becomes_mov_text else data
        data = data[: 2 + int.from_bytes(data[:2], "big")]  # a length, words, and boxes of their styles
        return data[2:].decode("utf-8", "replace"), data


def _mov_text(text: str) -> bytes:
    """The words of another kind of subtitle, without their styles."""
    words = STYLES.sub("", text).replace("\\N", "\n").replace("\r\n", "\n").encode()[:MOST_MOV_TEXT_BYTES]
    words = words.decode("utf-8", "ignore").encode()  # a letter that was cut
    return struct.pack(">H", len(words)) + words


def _at_its_time(packet: Packet, data: bytes) -> Packet:
    """Of no stream yet: the writer sets it."""
    made = AnyPacket(data)
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    made.time_base, made.is_keyframe = packet.time_base, packet.is_keyframe
    return made


def _vorbis(header: bytes) -> bytes | None:
    """Its three packets, in Xiph's lacing; the second has words and pictures, so livebg writes it anew."""
    if header[:1] != b"\2":
        return None
    at, sizes = 1, []
    for _ in range(2):
        size = 0
        while at < len(header):
            size, at = size + header[at], at + 1
            if header[at - 1] != 255:
                break
        sizes.append(size)
    first, last = header[at : at + sizes[0]], header[at + sum(sizes) :]
    if not (first.startswith(b"\1vorbis") and last.startswith(b"\5vorbis")):
        return None
    if len(first) != VORBIS_BYTES or len(last) > (MOST_STEREO_BYTES if first[11] <= 2 else MOST_VORBIS_BYTES):
        return None  # no decoder reads appended data
    comment = b"\3vorbis" + struct.pack("<II", 0, 0) + b"\1"
    return bytes((2, len(first), len(comment))) + first + comment + last
