"""The panel's answers: JSON, and refusals. A file's name on a disk may hold what is no text; it must not keep the rest
from the page."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse

from livebg.core.errors import LivebgError


class Json(JSONResponse):
    """In ASCII: bytes of a name that are no UTF-8 stay what Python reads them as, and come back from the page so."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


class Refused(LivebgError):
    """A request that the panel does not do; status: HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
