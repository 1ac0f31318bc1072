"""The `livebg` command, and python -m livebg."""

from __future__ import annotations

import os
import signal
import sys
import threading


def script() -> None:
    """Ends the process with main's exit code."""
    is_short = False
    try:
        from livebg.core.one_heap import use_one_heap
        from livebg.core.standard_streams import prepare
        from livebg.pipeline.signals import interrupt_by_all

        use_one_heap()
        prepare()
        interrupt_by_all()
        from livebg.cli import main

        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # before its first lines or between its last ones
        code = 130
    except Exception as failure:
        from livebg.core.shortage import MESSAGE, is_of_memory

        if not is_of_memory(failure):
            raise
        print(f"livebg: {MESSAGE}", file=sys.stderr)
        code, is_short = 1, True
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):  # all is closed; another Ctrl-C would only spoil the exit code
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    sys.stdout.flush()
    sys.stderr.flush()
    if is_short or any(each.daemon for each in threading.enumerate()):
        os._exit(code)  # a thread still in native code would crash in the interpreter's end, a lack of memory hang it
    sys.exit(code)


if __name__ == "__main__":
    script()
