"""The `livebg` command, and python -m livebg."""

from __future__ import annotations

import os
import signal
import sys
import threading


def script() -> None:
    """Ends the process with main's exit code."""
    try:
        from livebg.cli import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # before its first lines or between its last ones
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is closed; another Ctrl-C would only spoil the exit code
    sys.stdout.flush()
    sys.stderr.flush()
    if any(each.name == "livebg-pictures" for each in threading.enumerate()):
        os._exit(code)  # an engine that hangs would hang the interpreter's end too, or crash in it
    sys.exit(code)


if __name__ == "__main__":
    script()
