"""Runs `livebg ARGUMENTS` for the panel, which it does not outlive: the live loop, or a file's work, which gives way.

The panel holds the other end of stdin: where that closes, livebg gets SIGTERM, and ends in order.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GIVES_WAY = "--gives-way"  # before livebg's own arguments: to a live call
NICE = 10
ENDS_S = 20.0  # for an end in order: a recording may have much to write


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == [GIVES_WAY]:
        _give_way()
        del arguments[0]
    threading.Thread(target=_end_with_panel, name="livebg-panel-is-there", daemon=True).start()
    sys.argv = ["livebg", *arguments]
    runpy.run_module("livebg", run_name="__main__", alter_sys=True)


def _give_way() -> None:
    if sys.platform == "win32":
        import psutil  # type: ignore[import-untyped]  # it has no types of its own

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(NICE)


def _end_with_panel() -> None:
    while os.read(0, 1):
        pass
    if sys.platform == "win32":  # there, os.kill() ends a process at once
        signal.raise_signal(signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDS_S)
    os._exit(130)


if __name__ == "__main__":
    main()
