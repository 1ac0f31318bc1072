"""A running livebg as another program sees it: `livebg ctl`, the panel. Blocking; one thread at a time for each Client.

It loads nothing heavy. server.py answers; docs/control.md describes the requests.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from livebg.core.errors import LivebgError, SettingsError
from livebg.core.private_files import is_own
from livebg.core.user_folders import runtime_folder

PREFIX, SUFFIX = "run-", ".json"
WAIT_S = 15.0

Kind = Literal["composite", "matte", "camera", "person"]


class Gone(Exception):
    """Nobody answers any more at a process' address."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture of the live loop. content: a JPEG file; of a person a WebP file with alpha.

    sequence: for `after` of the next question. age_ms: since the camera captured it, when livebg sent it; 0 for a
    standby image. state: as in the status.
    """

    content: bytes
    sequence: int
    age_ms: float
    state: str


def running() -> dict[int, Path]:
    """{process: the file with its port and token}; a process that was killed may be among them."""
    found: dict[int, Path] = {}
    if not is_own(runtime_folder()):  # whoever owns it could answer in livebg's place
        return found
    with contextlib.suppress(OSError):
        for each in sorted(runtime_folder().glob(f"{PREFIX}*{SUFFIX}")):
            number = each.name[len(PREFIX) : -len(SUFFIX)]
            if number.isdecimal():
                found[int(number)] = each
    return found


class Client:
    """Speaks to one running livebg over one connection, which it opens anew where it broke.

    pid: which process; None: the only one that runs here. Raises LivebgError where there is none, or more than one.
    """

    def __init__(self, pid: int | None = None) -> None:
        runs = {number: file for number, file in running().items() if pid in (None, number)}
        links = {number: _Link(file) for number, file in runs.items()}
        if len(links) > 1:  # one that was killed leaves its file
            links = {number: link for number, link in links.items() if link.is_answering()}
        if len(links) > 1:
            for each in links.values():
                each.close()
            which = " or ".join(f"--pid {number}" for number in links)
            raise LivebgError(f"livebg runs {len(links)} times here; say which: {which}")
        if not links:
            raise _nobody(pid)
        ((self.pid, self._link),) = links.items()
        self._asked_pid = pid

    def status(self) -> dict[str, Any]:
        """As docs/control.md says. Raises LivebgError where nobody answers."""
        return self._json("GET", "/status")

    def settings(self) -> dict[str, dict[str, Any]]:
        """{name: its value and declaration}. Raises as status()."""
        return self._json("GET", "/settings")

    def do(self, action: str, *values: str) -> dict[str, Any]:
        """The status after this action. Raises SettingsError for what livebg refuses, else as status()."""
        return self._json("POST", f"/{action}", list(values))

    def preview(self, of: Kind = "composite", width: int = 640, after: int | None = None) -> Picture | None:
        """The next picture other than number `after`, at most `width` px wide; None if none came within a second.

        person: a WebP file with alpha, the others JPEG. camera: the room. Raises as status().
        """
        query = {"width": width} | ({} if of == "person" else {"of": of}) | ({} if after is None else {"after": after})
        code, headers, body = self._ask("GET", f"/{'person' if of == 'person' else 'preview'}?{urlencode(query)}")
        if code == http.client.NO_CONTENT:
            return None
        if code != http.client.OK:
            raise _refusal(code, body)
        return Picture(body, int(headers["X-Sequence"]), float(headers["X-Age-Ms"]), str(headers["X-State"]))

    def close(self) -> None:
        """Ends the connection; the next question opens it again."""
        self._link.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _json(self, method: str, path: str, body: list[str] | None = None) -> dict[str, Any]:
        code, _, answer = self._ask(method, path, body)
        if code != http.client.OK:
            raise _refusal(code, answer)
        return dict(json.loads(answer))

    def _ask(self, method: str, path: str, body: list[str] | None = None) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            return self._link.ask(method, path, body)
        except Gone:
            raise _nobody(self._asked_pid) from None


class _Link:
    """One keep-alive connection to the livebg whose address a file holds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: http.client.HTTPConnection | None = None
        self._token = ""

    def is_answering(self) -> bool:
        try:
            self.ask("GET", "/status")
        except Gone:
            return False
        return True

    def ask(self, method: str, path: str, body: list[str] | None = None) -> tuple[int, http.client.HTTPMessage, bytes]:
        """HTTP status, headers and content. Raises Gone, and LivebgError where livebg does not answer."""
        is_new = self._connection is None
        try:
            try:
                return self._asked(method, path, body)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                if is_new:
                    raise
                return self._asked(method, path, body)  # livebg has closed a connection that was idle
        except ConnectionRefusedError:
            self._file.unlink(missing_ok=True)
            raise Gone from None
        except FileNotFoundError:
            raise Gone from None
        except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as cause:
            raise LivebgError(f"livebg does not answer: {cause}; is it stopped? End it and start it again") from cause

    def _asked(self, method: str, path: str, body: list[str] | None) -> tuple[int, http.client.HTTPMessage, bytes]:
        if self._connection is None:
            where = json.loads(self._file.read_text())
            self._token = str(where["token"])
            self._connection = http.client.HTTPConnection("127.0.0.1", int(where["port"]), timeout=WAIT_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = self._connection.getresponse()
            return response.status, response.msg, response.read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _nobody(pid: int | None) -> LivebgError:
    return LivebgError(f"no livebg runs here{f' as process {pid}' if pid else ''}; start one: livebg run")


def _refusal(code: int, body: bytes) -> LivebgError:
    try:
        said = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        said = f"livebg answers {code}"
    return (SettingsError if code == http.client.BAD_REQUEST else LivebgError)(said)
