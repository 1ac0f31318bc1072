"""What the tray's icon knows and does: asks the running livebg once a second, and passes on what was chosen."""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Sequence

from livebg.core.errors import BackgroundError, LivebgError, reason_of
from livebg.core.own_module import own_environment, own_module
from livebg.panel.tray.look import CLOSE, PANEL, Look, look_of, look_without
from livebg.pipeline import presets
from livebg.pipeline.live.client import Client

log = logging.getLogger(__name__)

FOLDER_S = 10.0  # from one look at the folders of backgrounds to the next


class Steering:
    """pid: the livebg to steer, where several run; None: the only one. panel: the command that opens it. One thread."""

    def __init__(self, pid: int | None = None, panel: Sequence[str] = ()) -> None:
        self._pid, self._panel = pid, panel or own_module("livebg", "panel")
        self._started = list[subprocess.Popen[bytes]]()
        self._client: Client | None = None
        self._backgrounds: tuple[float, list[str]] = (float("-inf"), [])

    def look(self) -> Look:
        """What the icon shows now; never raises LivebgError."""
        self._started = [each for each in self._started if each.poll() is None]
        try:
            client = self._connected()
            return look_of(client.status(), self._names_of_backgrounds(client), presets.names())
        except LivebgError as failure:
            self.close()
            return look_without(str(failure).partition(";")[0])

    def act(self, action: tuple[str, ...]) -> bool:
        """Does what was chosen, and says on stderr why not; False where that was to close the icon."""
        try:
            if action == (PANEL,):
                self._open()
            elif action and action != (CLOSE,):
                self._connected().do(*action)
        except LivebgError as failure:
            log.warning("%s", failure)
        return action != (CLOSE,)

    def _open(self) -> None:
        """The panel outlives the icon. Raises LivebgError."""
        try:
            self._started.append(
                subprocess.Popen(self._panel, env=own_environment(), stdin=subprocess.DEVNULL, start_new_session=True)
            )
        except OSError as cause:
            raise LivebgError(f"the panel cannot be started: {reason_of(cause)}") from cause

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Client:
        self._client = self._client or Client(self._pid)
        return self._client

    def _names_of_backgrounds(self, client: Client) -> list[str]:
        """Read seldom: folders change seldom."""
        from livebg.scene.backgrounds.catalog import list_backgrounds

        read_at_s, names = self._backgrounds
        if time.monotonic() - read_at_s >= FOLDER_S:
            folder = str(client.settings()["background_folder"]["value"])
            try:
                names = [each.name for each in list_backgrounds(folder)]
            except BackgroundError:  # the user's folder is gone
                names = [each.name for each in list_backgrounds("")]
            self._backgrounds = time.monotonic(), names
        return names
