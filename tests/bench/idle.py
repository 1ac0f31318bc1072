"""What does livebg cost while nobody watches, and how soon is there a picture once somebody does?

    python -m tests.bench.idle --seconds 20
    LIVEBG_SHARED/pipewire/pw-lab -- python -m tests.bench.idle --whole --seconds 60

The first: `livebg run` in this process, with its own camera code over a played device of
1280x720 at 30 fps, the selfie engine, and one output that knows whether it is watched and converts each picture as the
virtual camera does. Warm-up: the first picture and five seconds more. Then so many seconds with nobody there, three
times, and after each the time from the watcher's coming to the first picture of a frame of the camera. The cost is that
of the whole process (user and system). Exit 1 above 2 % of a core or 1 s.

--whole: a livebg of its own in a PipeWire session, from a PipeWire camera to the virtual camera (both, where there is a
v4l2loopback), which nobody reads; CPU time of livebg and of the process that holds the camera. Exit 1 above 1 % of a
core together.

Not covered: how long a real camera takes to start, and to notice the watcher
(tests/end_to_end/test_virtual_machine_watching.py); a GPU.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench.machine import print_card

SIZE = (1280, 720)
MOST_CPU_PERCENT, MOST_WHOLE_PERCENT, MOST_S = 2.0, 1.0, 1.0
TURNS, WARM_S, SETTLE_S = 3, 5.0, 2.0
START_S = 180.0  # a first start compiles livebg's loops


class Watcher:
    """A live FrameSink with somebody before it or not."""

    name, is_live, reads = "played virtual camera", True, "i420"

    def __init__(self) -> None:
        self.is_watched = True
        self.cards = self.pictures = 0
        self.captured_s = 0.0
        self.has_come = threading.Event()

    def write(self, composite: Any) -> None:
        import cv2

        if composite.image.ndim == 3:
            cv2.cvtColor(composite.image, cv2.COLOR_BGR2YUV_I420)
        if composite.frame is None:
            self.cards += 1
            return
        self.pictures += 1
        self.captured_s = composite.frame.captured_at_s
        self.has_come.set()

    def close(self) -> None:
        """Nothing is kept open."""


def direct(watcher: Watcher, idle_s: float, rows: list[dict[str, float]]) -> None:
    """Somebody watches, goes, and comes back, in turn; then the process is asked to end."""
    try:
        if not watcher.has_come.wait(START_S):
            return
        time.sleep(WARM_S)
        for _ in range(TURNS):
            rows.append(turn(watcher, idle_s))
            time.sleep(WARM_S)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def turn(watcher: Watcher, idle_s: float) -> dict[str, float]:
    watcher.is_watched = False
    time.sleep(SETTLE_S)
    cards, pictures, began_s, spent_s = watcher.cards, watcher.pictures, time.monotonic(), time.process_time()
    time.sleep(idle_s)
    took_s, spent_s = time.monotonic() - began_s, time.process_time() - spent_s
    row = {
        "idle_s": round(took_s, 2),
        "cpu_percent": round(100 * spent_s / took_s, 2),
        "cards_per_s": round((watcher.cards - cards) / took_s, 2),
        "pictures_while_idle": watcher.pictures - pictures,
    }
    watcher.has_come.clear()
    came_s, watcher.is_watched = time.monotonic(), True
    has_come = watcher.has_come.wait(30.0)
    row["to_picture_s"] = round(time.monotonic() - came_s, 3) if has_come else float("inf")
    row["is_of_now"] = float(watcher.captured_s > came_s)
    return row


def whole(idle_s: float, to: str, tools: Path) -> int:
    """In a PipeWire session. tools: the test material's folder, with a camera in it."""
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}  # the tool is the system Python's
    camera = [str(tools / "publish_ctypes.py"), "--name", "Front camera", "--node", "front", "--size", "640x360"]
    command = [sys.executable, "-m", "livebg", "run", "--camera", "pipewire:front", "--to", to]
    command += ["--engine", "selfie"]
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(camera, env=plain, **quiet) as webcam:  # type: ignore[call-overload]
        time.sleep(2.0)
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as livebg:
            assert livebg.stderr is not None
            for line in livebg.stderr:
                print(line, end="", file=sys.stderr)
                if "the camera is off" in line:
                    break
            time.sleep(WARM_S)
            processes = {"livebg": livebg.pid, **holder_of(livebg.pid)}
            before = {name: cpu_s(pid) for name, pid in processes.items()}
            began_s = time.monotonic()
            time.sleep(idle_s)
            took_s = time.monotonic() - began_s
            share = {name: round(100 * (cpu_s(pid) - before[name]) / took_s, 2) for name, pid in processes.items()}
            livebg.send_signal(signal.SIGINT)
        webcam.kill()
    print(json.dumps({"idle_s": round(took_s, 1), "percent_of_a_core": share}))
    return int(sum(share.values()) > MOST_WHOLE_PERCENT)


def holder_of(livebg: int) -> dict[str, int]:
    """The process that holds the PipeWire camera of this session, if there is one."""
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_holder = each.pid != livebg and "livebg.media.pipewire.holder" in each.cmdline()
            if is_holder and each.environ().get("XDG_RUNTIME_DIR") == os.environ["XDG_RUNTIME_DIR"]:
                return {"holder": int(each.pid)}
    return {}


def cpu_s(pid: int) -> float:
    """User and system time."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def measure(idle_s: float) -> dict[str, Any]:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from livebg.core.opencv import load_opencv

    load_opencv()
    import cv2
    from faults.world import Camera

    from livebg import cli, sinks
    from livebg.capture.camera import devices

    watcher, rows = Watcher(), list[dict[str, float]]()
    Camera.size = SIZE
    cv2.VideoCapture = Camera  # type: ignore[misc,assignment]
    devices.list_cameras = lambda: [devices.Camera(0, "Marked room")]
    sinks.open_sinks = lambda *_, **__: [watcher]
    director = threading.Thread(target=direct, args=(watcher, idle_s, rows))
    director.start()
    size = f"{SIZE[0]}x{SIZE[1]}"
    code = cli.main(["run", "--camera", "Marked", "--size", size, "--engine", "selfie", "--background", "studio-warm"])
    director.join()
    return {"code": code, "turns": rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="with nobody there, each time")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--to", default="virtual-camera", help="with --whole")
    arguments = parser.parse_args()
    idle_s = arguments.seconds
    print_card()
    if arguments.whole:
        shared = os.environ.get("LIVEBG_SHARED", Path(__file__).resolve().parents[3] / "shared")
        return whole(idle_s, arguments.to, Path(shared, "pipewire"))
    result = measure(idle_s)
    rows = result["turns"]
    result["faults"] = [
        *(["it did not run"] if result["code"] or len(rows) < TURNS else []),
        *(
            ["too much is done while nobody watches"]
            if any(row["cpu_percent"] > MOST_CPU_PERCENT for row in rows)
            else []
        ),
        *(["the camera was on while nobody watched"] if any(row["pictures_while_idle"] for row in rows) else []),
        *(
            ["a picture came too late"]
            if any(row["to_picture_s"] > MOST_S or not row["is_of_now"] for row in rows)
            else []
        ),
    ]
    for row in rows:
        print(f"{row['cpu_percent']:.2f} % of a core over {row['idle_s']:.0f} s, then {row['to_picture_s']:.3f} s")
    print(json.dumps(result))
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
