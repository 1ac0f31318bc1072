"""What does the panel cost the live loop: its page open against closed, and 20 pages at once?

python -m tests.bench.panel --turns 4 --seconds 8 [--upload]: `livebg run` in this process, with an output that notes
each frame; the panel and the pages (WebSockets that acknowledge each picture at once, as a browser does after drawing)
in processes of their own. None, one and 20 pages in turn, after a warm-up; with --upload, 20 MB a second go to the
studio beside the 20 pages. fps and the age at the output, p50 and p95; the CPU of the live loop's process and of the
panel's, in % of a core. Not covered: a browser's own decoding and drawing, which take processor time beside livebg on a
small machine; a camera. Last line: JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil

from tests.bench.machine import print_card

CASES = (0, 1, 20)
WARM_S = 8.0
UPLOAD_MB, PACE_MB_S = 3000, 20
AGE = struct.Struct(">8xf")


class Noted:
    """A live FrameSink: when each frame of the camera came, and how old it was."""

    name, is_live, is_watched, reads = "noted", True, True, "image"

    def __init__(self) -> None:
        self.came_s, self.ages_ms = list[float](), list[float]()

    def write(self, composite: Any) -> None:
        if composite.frame is not None:
            now_s = time.monotonic()
            self.came_s.append(now_s)
            self.ages_ms.append(1000 * (now_s - composite.frame.captured_at_s))

    def close(self) -> None:
        """Nothing is kept open."""


def watch(address: str, pages: int) -> None:
    """So many pages, until somebody ends this process; then one line: the ages of the pictures that came, in ms."""
    ages_ms = list[float]()

    async def page(headers: dict[str, str]) -> None:
        from websockets.asyncio.client import connect

        async with connect(address, additional_headers=headers, compression=None, max_size=None) as socket:
            await socket.send(json.dumps({"see": ["composite", "matte"]}))
            async for message in socket:
                if isinstance(message, bytes):
                    kind = ["composite", "matte"][message[0]]
                    if kind == "composite":
                        ages_ms.append(AGE.unpack(message[:12])[0])
                    await socket.send(json.dumps({"ack": kind}))

    async def all_pages() -> None:
        headers = json.loads(os.environ["BENCH_HEADERS"])
        tasks = [asyncio.create_task(page(headers)) for _ in range(pages)]
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: [each.cancel() for each in tasks])
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(all_pages())
    print(json.dumps(ages_ms))


def upload(address: str) -> None:
    """A film of UPLOAD_MB to the studio, at PACE_MB_S, until somebody ends this process."""
    headers = json.loads(os.environ["BENCH_HEADERS"])

    def chunks() -> Iterator[bytes]:
        chunk = bytes(2**20)
        for _ in range(UPLOAD_MB):
            yield chunk
            time.sleep(1 / PACE_MB_S)

    connection = http.client.HTTPConnection(address)
    announced = json.dumps({"name": "film.mp4", "bytes": UPLOAD_MB << 20})
    connection.request("POST", "/studio/uploads", announced, headers | {"Content-Type": "application/json"})
    number = json.loads(connection.getresponse().read())["id"]
    size = {"Content-Length": str(UPLOAD_MB << 20)}
    connection.request("PUT", f"/studio/uploads/{number}", chunks(), headers | size)


class Panel:
    """`livebg panel` beside this process, and the pages before it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "livebg", "panel", f"--pid={os.getpid()}", "--no-browser"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        found = re.search(r"(http://(\S+))/\?token", self._process.stdout.readline())
        assert found
        self._origin, self._host = found[1], found[2]
        self.about = psutil.Process(self._process.pid)

    def open_pages(self, count: int) -> subprocess.Popen[str] | None:
        if not count:
            return None
        command = [sys.executable, "-m", "tests.bench.panel", "--watch", f"ws://{self._host}/ws", "--pages", str(count)]
        environment = os.environ | {"BENCH_HEADERS": self._headers()}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    def upload(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.bench.panel", "--to", self._host]
        return subprocess.Popen(command, env=os.environ | {"BENCH_HEADERS": self._headers()})

    def _headers(self) -> str:
        from livebg.panel.door import known_panel

        cookie = f"livebg-{self._host.rpartition(':')[2]}={known_panel()['session']}"
        return json.dumps({"Cookie": cookie, "Origin": self._origin})

    def end(self) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def direct(noted: Noted, turns: int, seconds: float, has_upload: bool, rows: dict[int, list[dict[str, float]]]) -> None:
    """Each case in turn; then the live loop is asked to end."""
    panel = None
    try:
        while len(noted.came_s) < 30:
            time.sleep(0.1)
        time.sleep(WARM_S)
        panel = Panel()
        for turn in range(turns):
            for pages in CASES if turn % 2 == 0 else CASES[::-1]:
                rows[pages].append(_measure(noted, panel, pages, seconds, has_upload))
                print(turn, pages, {key: round(value, 1) for key, value in rows[pages][-1].items()}, flush=True)
    finally:
        if panel is not None:
            panel.end()
        os.kill(os.getpid(), signal.SIGINT)


def _measure(noted: Noted, panel: Panel, pages: int, seconds: float, has_upload: bool) -> dict[str, float]:
    watching = panel.open_pages(pages)
    uploading = panel.upload() if has_upload and pages == CASES[-1] else None
    time.sleep(2.0)
    here, first = psutil.Process(), len(noted.came_s)
    before, began_s = (sum(here.cpu_times()[:2]), sum(panel.about.cpu_times()[:2])), time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - began_s
    after, ages_ms = (sum(here.cpu_times()[:2]), sum(panel.about.cpu_times()[:2])), noted.ages_ms[first:]
    row = {
        "fps": len(ages_ms) / took_s,
        "p50_ms": float(np.percentile(ages_ms, 50)),
        "p95_ms": float(np.percentile(ages_ms, 95)),
        "live_cpu": 100 * (after[0] - before[0]) / took_s,
        "panel_cpu": 100 * (after[1] - before[1]) / took_s,
    }
    if uploading is not None:
        assert uploading.poll() is None, "the upload ended before the measuring did"
        uploading.kill()
        uploading.wait()
        row["panel_mb"] = panel.about.memory_info().rss / 1e6
    if watching is not None:
        watching.terminate()
        assert watching.stdout is not None
        ages = json.loads(watching.stdout.readline())
        watching.wait()
        watching.stdout.close()
        row |= {"pages_fps": len(ages) / (took_s + 2) / pages, "pages_p95_ms": float(np.percentile(ages, 95))}
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--upload", action="store_true", help="beside the 20 pages")
    parser.add_argument("--to", default="", help=argparse.SUPPRESS)
    parser.add_argument("--watch", default="", help=argparse.SUPPRESS)
    parser.add_argument("--pages", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.watch:
        watch(arguments.watch, arguments.pages)
        return 0
    if arguments.to:
        upload(arguments.to)
        return 0
    print_card()
    from livebg.core.settings import Settings
    from livebg.pipeline.live.run import run

    rows: dict[int, list[dict[str, float]]] = defaultdict(list)
    noted = Noted()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {f"XDG_{each}": folder for each in ("RUNTIME_DIR", "STATE_HOME", "DATA_HOME", "CONFIG_HOME")}
        director = threading.Thread(
            target=direct, args=(noted, arguments.turns, arguments.seconds, arguments.upload, rows)
        )
        director.start()
        run(Settings(source="synthetic", engine="selfie", size=arguments.size), [noted], is_steered=True)
        director.join()
    print("\n| pages | fps | age p50 / p95, ms | live CPU % | panel CPU % | a page's fps | its age p95, ms |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    medians = {pages: {key: round(float(np.median([row[key] for row in found])), 1) for key in found[0]}
               for pages, found in rows.items()}  # fmt: skip
    for pages, row in medians.items():
        ages = f"{row['p50_ms']} / {row['p95_ms']}"
        more = f"{row.get('pages_fps', '–')} | {row.get('pages_p95_ms', '–')}"
        print(f"| {pages} | {row['fps']} | {ages} | {row['live_cpu']} | {row['panel_cpu']} | {more} |")
    print(json.dumps(medians))
    return 0


if __name__ == "__main__":
    sys.exit(main())
