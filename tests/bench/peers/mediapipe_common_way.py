"""The common way to a virtual background (Linux-Fake-Background-Webcam), re-made from its description.

mediapipe's own selfie segmentation of the full frame, whose mask it enlarges bilinearly itself; 7x7 Gaussian,
threshold 0.75, dilate 5, box blur 10, exponential average 0.5, cv2.blendLinear with a picture. Runs in an environment
of its own (mediapipe_environment.py), where livebg is not installed; started by tests/bench/common_way.py.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np


class CommonWay:
    """selection: mediapipe's model_selection, 1 the landscape network, 0 the square one."""

    def __init__(self, selection: int, background: np.ndarray) -> None:
        import mediapipe

        self._network = mediapipe.solutions.selfie_segmentation.SelfieSegmentation(model_selection=selection)
        self._background = background
        self._kernel = np.ones((5, 5), np.uint8)
        self._average: np.ndarray | None = None

    def composite(self, frame: np.ndarray) -> np.ndarray:
        """BGR uint8 (H, W, 3) of the same."""
        mask = self._network.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).segmentation_mask
        if mask.shape != frame.shape[:2]:
            mask = cv2.resize(mask, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        mask = cv2.GaussianBlur(mask, (7, 7), 0)
        mask = cv2.threshold(mask, 0.75, 1.0, cv2.THRESH_BINARY)[1]
        mask = cv2.blur(cv2.dilate(mask, self._kernel), (10, 10))
        self._average = mask if self._average is None else 0.5 * mask + 0.5 * self._average
        return cv2.blendLinear(frame, self._background, self._average, 1 - self._average)


def main() -> int:
    parser = argparse.ArgumentParser()
    for name, kind in (("way", str), ("selection", int), ("clip", str), ("background", str), ("seconds", float)):
        parser.add_argument(name, type=kind)
    parser.add_argument("warm_frames", type=int)
    parser.add_argument("preloaded", type=int)
    parser.add_argument("began_at_s", type=float)
    given = parser.parse_args()
    way = CommonWay(given.selection, cv2.imread(given.background))
    clip = cv2.VideoCapture(given.clip)
    if given.way == "start":
        print(json.dumps(start(way, clip, given.seconds, given.began_at_s)))
        return 0
    frames = [clip.read()[1] for _ in range(given.preloaded)]
    frames += frames[-2:0:-1]
    period_s = 1 / 30 if given.way == "paced" else 0.0
    for number in range(given.warm_frames):
        way.composite(frames[number % len(frames)])
    durations_ms, cpu_s, began_s = [], time.process_time(), time.perf_counter()
    while (now_s := time.perf_counter()) - began_s < given.seconds:
        wait_s = began_s + len(durations_ms) * period_s - now_s
        if wait_s > 0:
            time.sleep(wait_s)
        started_s = time.perf_counter()
        way.composite(frames[len(durations_ms) % len(frames)])
        durations_ms.append(1000 * (time.perf_counter() - started_s))
    cpu_s = time.process_time() - cpu_s
    p50, p95, p99 = (round(float(np.percentile(durations_ms, each)), 2) for each in (50, 95, 99))
    cpu_ms = round(1000 * cpu_s / len(durations_ms), 2)
    print(json.dumps({"p50": p50, "p95": p95, "p99": p99, "cpu_ms": cpu_ms, "frames": len(durations_ms)}))
    return 0


def start(way: CommonWay, clip: cv2.VideoCapture, seconds: float, began_at_s: float) -> dict[str, float]:
    """From the process's start to the first composite, then on at 30 fps, for the memory."""
    first_at_s = first_cpu_s = 0.0
    while not first_at_s or time.time() - first_at_s < seconds:
        is_there, frame = clip.read()
        if not is_there:
            clip.set(cv2.CAP_PROP_POS_FRAMES, 0)
            continue
        way.composite(frame)
        first_at_s, first_cpu_s = first_at_s or time.time(), first_cpu_s or time.process_time()
        time.sleep(1 / 60)
    start_s, start_cpu_s = round(first_at_s - began_at_s, 2), round(first_cpu_s, 2)
    return {"start_s": start_s, "start_cpu_s": start_cpu_s, "memory_mb": peak_mb()}


def peak_mb() -> float:
    """The process's highest resident memory; 0 where the system does not keep it (only Linux does, of its own)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((round(int(each.split()[1]) / 1024) for each in lines if each.startswith("VmHWM")), 0)


if __name__ == "__main__":
    sys.exit(main())
