"""Who gets in: hosts, tokens, and the file by which a second `livebg panel` finds the first. Decides; sends nothing.

The token stands in the address that livebg prints. The address that it opens holds a ticket, which opens once: other
users of this computer see what the browser is started with. The browser keeps another secret, the session, in a cookie.
OBS has no cookies of the browser's, so the source page has a key of its own, which opens nothing else.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from livebg.core.private_files import is_own, make_runtime_folder, new_file
from livebg.core.user_folders import runtime_folder, state_folder

SOURCE_PATHS = frozenset({"/source", "/ws/source", "/static/source.js", "/static/source.css", "/static/preview.js"})
SAFE_METHODS = frozenset({"GET", "HEAD"})
FILE, SOURCE_FILE = "panel.json", "source-key"
TICKET_S = 60.0  # a browser that starts takes seconds


@dataclass(frozen=True, slots=True)
class Door:
    """hosts: exact values of the header Host. token, session, source: secrets of address, cookie, and OBS's page."""

    port: int
    hosts: frozenset[str]
    token: str
    session: str
    source: str
    _tickets: dict[str, float] = field(default_factory=dict, init=False, compare=False)

    @property
    def cookie(self) -> str:
        """Browsers give a cookie to every port of a host, so that its name has the port."""
        return f"livebg-{self.port}"

    def ticket(self) -> str:
        """A new one, for TICKET_S."""
        now_s, made = time.monotonic(), secrets.token_urlsafe(32)
        for each in [each for each, until_s in self._tickets.items() if until_s < now_s]:
            del self._tickets[each]
        self._tickets[made] = now_s + TICKET_S
        return made

    def opens(self, query: bytes) -> bool | None:
        """Whether the token or ticket of this address is right; None where it has none. A ticket is used up then."""
        given = parse_qs(query.decode("latin-1"))
        if "ticket" in given:
            return time.monotonic() < self._tickets.pop(given["ticket"][0], 0.0)
        return _same(given["token"][0], self.token) if "token" in given else None

    def refusal(self, kind: str, method: str, path: str, query: bytes, headers: Mapping[str, str]) -> str:
        """Why a request is refused, in a sentence; '' where it may come in. kind: 'http' or 'websocket'."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self.hosts:
            return "livebg does not know this host name; open the address that it printed"
        must_tell = kind == "websocket" or method not in SAFE_METHODS
        if (must_tell or origin is not None) and origin != f"http://{host}":
            return "another page asked for this; livebg answers its own pages alone"
        cookies = _cookies(headers.get("cookie", ""))
        if _same(cookies.get(self.cookie, ""), self.session):
            return ""
        key = parse_qs(query.decode("latin-1")).get("key", [""])[0] or cookies.get(f"{self.cookie}-source", "")
        if path in SOURCE_PATHS and must_tell <= (kind == "websocket") and _same(key, self.source):
            return ""
        return "livebg does not know you here; open the address with the token that it printed"


def _same(given: str, right: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), right.encode())


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: each.value for name, each in SimpleCookie(header).items()}
    except CookieError:
        return {}


def open_door(port: int, hosts: frozenset[str]) -> Door:
    """With this user's secrets: a panel that starts again lets open pages in again. Raises OSError."""
    known = known_panel()
    token, session = (str(known.get(each) or secrets.token_urlsafe(32)) for each in ("token", "session"))
    return Door(port, hosts, token, session, _source_key())


def known_panel() -> dict[str, object]:
    """What the last panel left: its process, port and secrets; empty where there was none, or it is not this user's."""
    if not is_own(runtime_folder()):
        return {}
    with suppress(OSError, ValueError):
        found = json.loads((runtime_folder() / FILE).read_text())
        return found if isinstance(found, dict) else {}
    return {}


def remember(door: Door, process: int) -> None:
    """Raises OSError."""
    folder = make_runtime_folder()
    about = {"pid": process, "port": door.port, "token": door.token, "session": door.session}
    new_file(folder / FILE).write_text(json.dumps(about))


def _source_key() -> str:
    """Kept over restarts and logins: OBS keeps the address in its scenes. Raises OSError."""
    file: Path = state_folder() / SOURCE_FILE
    with suppress(OSError):
        if len(key := file.read_text().strip()) >= 32:
            return key
    key = secrets.token_urlsafe(32)
    file.parent.mkdir(parents=True, exist_ok=True)
    new_file(file).write_text(key)
    return key
