"""Runs `livebg ARGUMENTS` for the studio: it gives way to a live call, and does not outlive the panel.

The panel holds the other end of stdin: where that closes, livebg gets SIGTERM, and ends in order.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

import psutil  # type: ignore[import-untyped]  # it has no types of its own

NICE = 10
ENDS_S = 10.0  # for an end in order


def main() -> None:
    _give_way()
    threading.Thread(target=_end_with_panel, name="livebg-panel-is-there", daemon=True).start()
    sys.argv = ["livebg", *sys.argv[1:]]
    runpy.run_module("livebg", run_name="__main__", alter_sys=True)


def _give_way() -> None:
    psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else NICE)


def _end_with_panel() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDS_S)
    os._exit(130)


if __name__ == "__main__":
    main()
