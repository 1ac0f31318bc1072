"""What other packages add to livebg, by entry points: sinks, backgrounds and engines, each under a name. Any thread.

An entry point's object makes the thing: `make(rest, settings)` for a sink or a background, rest being what the user
wrote after NAME and a colon; `make(settings, info)` for an engine. What it makes keeps a protocol of core/types.py.
Nothing of a plug-in is trusted to work: whatever it raises becomes one sentence, which names it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from livebg.core.errors import LivebgError, one_line

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

log = logging.getLogger(__name__)

Kind = Literal["sink", "background", "engine"]
KINDS: tuple[Kind, ...] = ("sink", "background", "engine")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]+")  # two letters or more: C:\a.mp4 is a file
OURS = ("virtual-camera", "window", "none", "blur", "auto", "rmbg", "selfie", "rtmp", "rtmps", "rtsp", "whip")


@dataclass(frozen=True, slots=True)
class Plugin:
    """package: name and version of the distribution that brings it."""

    kind: Kind
    name: str
    package: str
    entry: EntryPoint

    def __str__(self) -> str:
        return f"{self.kind} {self.name} (plug-in of {self.package})"

    def make(self, failure: type[LivebgError], *arguments: Any) -> Any:
        """What its entry point makes of these. Raises the failure."""
        make = self.load(failure)
        with self.guarded(failure, "cannot be opened"):
            return make(*arguments)

    def load(self, failure: type[LivebgError]) -> Callable[..., Any]:
        """Its entry point's object, which makes the thing. Raises the failure."""
        with self.guarded(failure, "cannot be loaded"):
            make: Callable[..., Any] = self.entry.load()
        return make

    @contextmanager
    def guarded(self, failure: type[LivebgError], what: str) -> Iterator[None]:
        """Whatever the plug-in raises within the context becomes the failure; its traceback shows with --verbose."""
        try:
            yield
        except Exception as cause:
            log.debug("%s %s", self, what, exc_info=cause)
            reason = str(cause) if isinstance(cause, LivebgError) else one_line(f"{type(cause).__name__}: {cause}")
            advice = "is its installation whole?" if what == "cannot be loaded" else "ask those who made it"
            raise failure(f"{self} {what}: {reason}; {advice}") from cause
        except SystemExit as cause:  # a plug-in must not end livebg
            raise failure(f"{self} {what}: it wants to end the program") from cause


@cache
def plugins(kind: Kind) -> tuple[Plugin, ...]:
    """Those installed, by name; of two with one name, the first. No plug-in can take a name of livebg's own."""
    import importlib.metadata  # slow to load, and most programs need it never

    found: dict[str, Plugin] = {}
    try:
        entries = importlib.metadata.entry_points(group=f"livebg.{kind}s")
    except Exception as cause:  # noqa: BLE001 - one damaged file of some package, and Python lists none
        log.warning("plug-ins cannot be listed: %s: %s; 'pip check' may say why", type(cause).__name__, cause)
        return ()
    for each in entries:
        package = f"{each.dist.name} {each.dist.version}" if each.dist is not None else "an unknown package"
        if not NAME.fullmatch(each.name) or each.name in OURS:
            log.warning("%s %r of %s is left out: livebg takes that name otherwise", kind, each.name, package)
        elif each.name not in found:
            found[each.name] = Plugin(kind, each.name, package, each)
    return tuple(found[name] for name in sorted(found))


def find_plugin(kind: Kind, text: str) -> tuple[Plugin, str] | None:
    """The plug-in that NAME or NAME:REST means, and REST; None if there is none."""
    name, _, rest = text.partition(":")
    if not NAME.fullmatch(name) or name in OURS:
        return None
    return next(((each, rest) for each in plugins(kind) if each.name == name), None)
