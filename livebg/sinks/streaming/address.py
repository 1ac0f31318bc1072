"""The addresses that livebg can stream to, and what of them may be shown: the host alone.

Stream keys stand in the path, passwords before the host; neither may reach a log, a window or an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from livebg.core.errors import SinkError

SCHEMES = {"rtmp": 1935, "rtmps": 443, "rtsp": 554}  # and their ports
_FORMS = "rtmp://HOST/APP/KEY, rtmps://..., rtsp://HOST/PATH or whip:https://HOST/PATH"
_NO_SRT = "livebg cannot send SRT: the FFmpeg in PyAV has none"
_INSTEAD = "or let OBS send livebg's virtual camera (--to virtual-camera)"


@dataclass(frozen=True, slots=True)
class Address:
    """scheme: rtmp, rtsp or whip, the kind of stream (formats.py). url: for FFmpeg. token: of a WHIP server, '' for
    none. Only str() of it may be shown."""

    scheme: str
    url: str = field(repr=False)
    host: str
    port: int
    token: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


def is_stream(where: str) -> bool:
    """Whether an output is an address, not a file or a device."""
    return re.match(r"\s*(whip:|[a-z][a-z0-9+.-]+://)", where.lower()) is not None


def shown(where: str) -> str:
    """An output as it may be shown: of an address the scheme and host only."""
    if not is_stream(where):
        return where
    try:
        host = urlsplit(_without_whip(where)).hostname
    except ValueError:  # half an IPv6 address
        host = None
    return f"{where.strip().partition(':')[0].lower()}://{host or '...'}"


def _without_whip(where: str) -> str:
    return re.sub(r"^whip:", "", where.strip(), flags=re.IGNORECASE)


def parse_address(where: str) -> Address:
    """Raises SinkError for one that livebg cannot stream to."""
    scheme = where.strip().partition(":")[0].lower()
    url = _without_whip(where)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if scheme == "srt":
        raise SinkError(f"output {shown(where)}: {_NO_SRT}; use {_FORMS}, {_INSTEAD}")
    if scheme == "whip" and host and parts.scheme in ("http", "https"):
        return _whip(url, host, port or (443 if parts.scheme == "https" else 80))
    if scheme not in SCHEMES or not host or not parts.path.strip("/") or not url.isprintable() or " " in url:
        raise SinkError(f"output {shown(where)}: is no address that livebg can stream to; use {_FORMS}, {_INSTEAD}")
    return Address("rtsp" if scheme == "rtsp" else "rtmp", url, host, port or SCHEMES[scheme])


def _whip(url: str, host: str, port: int) -> Address:
    """whip:https://TOKEN@host/path: the token goes into a header of its own."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return Address("whip", parts._replace(netloc=place).geturl(), host, port, unquote(user))
