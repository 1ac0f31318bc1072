"""The stand-in network alone in ONNX Runtime, as rembg opens it; runs in rembg's environment: FILE RUNS → JSON, ms."""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np
import onnxruntime
from stand_in_network import SIZE

if __name__ == "__main__":
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
    pixels, durations = np.random.default_rng(1).random((1, 3, SIZE, SIZE), np.float32), []
    for _ in range(int(sys.argv[2])):
        began_s = time.perf_counter()
        session.run(None, {"pixels": pixels})
        durations.append(1000 * (time.perf_counter() - began_s))
    print(json.dumps(durations))
