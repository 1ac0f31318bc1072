"""What do previews cost the live loop: while nobody asks, and while somebody looks 15 times a second? And how long is
the longest gap at an output while another one is switched on and off?

Run: python -m tests.bench.preview [--seconds 10]

First the feed alone: `give`, over and over, without and with an asker. Then a whole livebg with a recording, in this
process' child: another recording begins and ends, over and over, while this process looks and reads the status twice a
second; the recording's time stamps tell the gaps. Alternating halves: nobody looks, somebody looks. Last line: JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from livebg.core.live_settings import LiveSettings
from livebg.core.settings import Settings
from livebg.core.types import Composite, Frame
from livebg.pipeline.live.client import Client
from livebg.pipeline.live.feed import Feed
from livebg.pipeline.live.previews import Previews
from tests.bench.machine import percentiles, print_card

FPS, LOOKS_A_SECOND = 30, 15


def of_the_feed(seconds: float) -> dict[str, float]:
    """µs of give(): nobody asks; one asker gets 720p at 640 wide 15 times a second."""
    controls = LiveSettings(Settings())
    feed = Feed(controls)
    previews, image = Previews(feed, controls), np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    composite = Composite(image, Frame(image, 0, time.monotonic(), 0.0), np.zeros((720, 1280), np.float32))
    began_s, count = time.perf_counter(), 100_000
    for _ in range(count):
        feed.give(composite, "live", True)
    nobody_us = 1e6 * (time.perf_counter() - began_s) / count
    stopping, looks = threading.Event(), [0]

    def ask() -> None:
        last = None
        while not stopping.wait(1 / LOOKS_A_SECOND):
            picture = previews.picture("composite", 640, last)
            if picture is not None:
                last, looks[0] = picture.sequence, looks[0] + 1

    asker = threading.Thread(target=ask)
    asker.start()
    times_us, ends_s = list[float](), time.monotonic() + seconds
    while time.monotonic() < ends_s:
        began_s = time.perf_counter()
        feed.give(composite, "live", True)
        times_us.append(1e6 * (time.perf_counter() - began_s))
        time.sleep(1 / FPS)
    stopping.set()
    asker.join()
    return {"nobody": round(nobody_us, 3), **percentiles(times_us), "looks": looks[0]}


def of_a_run(seconds: float, folder: Path) -> dict[str, Any]:
    """The recording's gaps, and the loop's own figures, for each half."""
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    film = folder / "a.mkv"
    arguments = ["run", "--source", "synthetic", "--engine", "selfie", "--background", "#204060", "--to", str(film)]
    child = subprocess.Popen([sys.executable, "-m", "livebg", *arguments], stderr=subprocess.DEVNULL)
    try:
        return {"halves": _halves(seconds, folder), "gaps_ms": _gaps(film, child)}
    finally:
        child.kill()
        child.wait()


def _halves(seconds: float, folder: Path) -> list[dict[str, float]]:
    while True:
        try:
            with Client() as livebg:
                if livebg.status()["state"] == "live":
                    break
        except Exception:  # noqa: BLE001 - it is starting
            time.sleep(0.2)
    found = []
    with Client() as livebg:
        for number in range(4):
            looks, last, ends_s = 0, None, time.monotonic() + seconds
            livebg.do("output-on", str(folder / f"b{number}.mp4"))
            status = livebg.status()
            while time.monotonic() < ends_s:
                if number % 2:
                    picture = livebg.preview("composite", 640, last)
                    last, looks = (last, looks) if picture is None else (picture.sequence, looks + 1)
                    time.sleep(max(0.0, 1 / LOOKS_A_SECOND - 0.01))
                else:
                    time.sleep(0.1)
                status = livebg.status() if looks % 8 == 0 else status
            livebg.do("output-off", str(folder / f"b{number}.mp4"))
            found.append({"looks": looks, **{each: status[each] for each in ("fps", "latency_ms", "age_p95_ms")}})
        livebg.do("quit")
    return found


def _gaps(film: Path, child: subprocess.Popen[bytes]) -> dict[str, float]:
    import av

    child.wait(60)
    with av.open(str(film)) as container:
        times_s = sorted(float(each.pts * each.time_base) for each in container.demux(video=0) if each.pts is not None)
    gaps = 1000 * np.diff(times_s)
    return {"p50": float(np.median(gaps)), "p99": float(np.percentile(gaps, 99)), "longest": float(gaps.max())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds = parser.parse_args().seconds
    print_card()
    feed = of_the_feed(seconds)
    print(f"give(): {feed['nobody']} µs while nobody asks; p50 {feed['p50']} µs while somebody does")
    with tempfile.TemporaryDirectory() as folder:
        run = of_a_run(seconds, Path(folder))
    for each in run["halves"]:
        print(each)
    print(run["gaps_ms"])
    print(json.dumps({"feed": feed, **run}))


if __name__ == "__main__":
    main()
