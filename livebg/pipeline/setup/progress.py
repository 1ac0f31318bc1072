"""What the steps of setup share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livebg.core.settings import Settings, change
from livebg.pipeline.doctor.finding import Mend
from livebg.pipeline.doctor.mending import run_mend
from livebg.pipeline.doctor.state import SystemState, User
from livebg.pipeline.setup.dialogue import Dialogue
from livebg.pipeline.setup.record import Record


@dataclass(slots=True)
class Progress:
    """look: the system now. may_be_root: whether root's commands may run. path, settings: the user's settings file and
    what it says. values: settings that were chosen.

    run: as mending.run_mend(); records: where the record lies, None for the user's state folder.
    """

    dialogue: Dialogue
    look: Callable[[], SystemState]
    may_be_root: bool
    path: Path
    settings: Settings
    record: Record
    values: dict[str, Any] = field(default_factory=dict)
    run: Callable[[Mend, User], str] = run_mend
    records: Path | None = None

    @property
    def wanted(self) -> Settings:
        """The settings with what was chosen."""
        return change(self.settings, self.values)

    def keep(self) -> None:
        """Writes the record. Raises LivebgError."""
        self.record.save(self.records)
