"""Question: what does a stream cost the live loop, and the machine, at 720p and 30 fps?

    python -m tests.bench.streaming [--seconds 10]

The composites are made once from the synthetic scene and written at their rate to an RTMP server on this machine
(FFmpeg's program, whose time is not counted). `write` is what the loop waits for. CPU time is that of this process with
its stream's thread, and that of the sender process, which encodes. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from stream_servers import FFmpegServer

from tests.bench.machine import percentiles, print_card
from tests.bench.sinks import composites

FPS = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    print_card()
    row = measure([opaque for opaque, _ in composites(60)], arguments.seconds)
    print(json.dumps(row))
    return 0


def measure(pictures: list[Any], seconds: float) -> dict[str, object]:
    from livebg.sinks.streaming.address import parse_address
    from livebg.sinks.streaming.sink import Streamer

    server = FFmpegServer("rtmp")
    with tempfile.TemporaryDirectory() as folder:
        server.start(Path(folder) / "a.mkv")
        sink = Streamer(parse_address(server.address), FPS)
        while not sink.sent:
            sink.write(pictures[0])
            time.sleep(1 / FPS)
        (sender,) = [each for each in psutil.Process().children() if "livebg.sinks.streaming.sender" in each.cmdline()]
        before, sent, writes_ms, begun_s = _cpu_s(sender), sink.sent, [], time.perf_counter()
        own_s = time.process_time()
        for number in range(round(seconds * FPS)):
            began_s = time.perf_counter()
            sink.write(pictures[number % len(pictures)])
            writes_ms.append(1000 * (time.perf_counter() - began_s))
            time.sleep(max(0.0, begun_s + (number + 1) / FPS - time.perf_counter()))
        own_s, sender_s = time.process_time() - own_s, _cpu_s(sender) - before
        memory = sender.memory_info().rss
        sent = sink.sent - sent
        sink.close()
        server.end()
        size = (Path(folder) / "a.mkv").stat().st_size
    return {
        "write_ms": percentiles(writes_ms),
        "sent": sent,
        "of": len(writes_ms),
        "own_cpu_ms_per_frame": round(1000 * own_s / sent, 2),
        "sender_cpu_ms_per_frame": round(1000 * sender_s / sent, 2),
        "mbit_per_s": round(size * 8 / seconds / 1e6, 2),
        "sender_mib": round(memory / 2**20),
    }


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    sys.exit(main())
