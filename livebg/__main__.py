"""The `livebg` command, and python -m livebg."""

from __future__ import annotations

import os
import sys
import threading

from livebg.cli import main


def script() -> None:
    """Ends the process with main's exit code."""
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if any(each.name == "livebg-pictures" for each in threading.enumerate()):
        os._exit(code)  # an engine that hangs would hang the interpreter's end too, or crash in it
    sys.exit(code)


if __name__ == "__main__":
    script()
