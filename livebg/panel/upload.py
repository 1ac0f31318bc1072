"""A request's body on its way to the disk: backgrounds and the studio's files. The panel's event loop.

safety.py gives up a body that stands still or is too large.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request

from livebg.core.errors import reason_of
from livebg.panel.answer import Refused

CHUNK_BYTES = 2**20


async def to_disk(request: Request, path: Path, name: str, told: Callable[[int], None] = lambda _: None) -> None:
    """As it comes. name: for sentences. told: the count of each part before livebg writes it; may raise. Raises
    Refused."""
    held = bytearray()
    try:
        with path.open("wb") as file:
            async for piece in request.stream():  # the last one is empty
                held += piece
                if len(held) >= CHUNK_BYTES or not piece:
                    told(len(held))
                    await to_thread.run_sync(file.write, held)
                    held = bytearray()
    except ClientDisconnect as cause:
        raise Refused(400, f"the page closed before {name} was whole") from cause
    except OSError as cause:
        raise full(name, cause) from cause


def full(name: str, cause: Exception) -> Refused:
    """A file system's failure while a file comes in."""
    return Refused(507, f"{name} cannot be written: {reason_of(cause).lower()}; free space, then add it again")
