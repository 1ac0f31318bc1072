"""A model hub on 127.0.0.1 in the published layout, for tests of the real download code, and stand-in weights.

The weights follow the recipe of the test material (rmbg/README.md): deterministic, the published keys and shapes,
and nothing a person could be cut out with.
"""

from __future__ import annotations

import functools
import hashlib
import json
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from livebg.core.threads import Worker
from livebg.models.rmbg.network import RmbgNetwork

torch.set_num_threads(1)  # two spin for each other where the cores are busy: 20 s instead of 2 for the parity test

COMMIT = "2ceba5a5efaec153162aedea169f76caf9b46cf8"

CONFIG = {
    "_name_or_path": "briaai/RMBG-1.4",
    "architectures": ["BriaRMBG"],
    "auto_map": {
        "AutoConfig": "MyConfig.RMBGConfig",
        "AutoModelForImageSegmentation": "briarmbg.BriaRMBG",
    },
    "in_ch": 3,
    "model_type": "SegformerForSemanticSegmentation",
    "out_ch": 1,
    "torch_dtype": "float32",
    "transformers_version": "4.38.0.dev0",
}

PREPROCESSOR = {
    "do_normalize": True,
    "do_pad": False,
    "do_rescale": True,
    "do_resize": True,
    "feature_extractor_type": "ImageFeatureExtractor",
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [1, 1, 1],
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"width": 1024, "height": 1024},
}

REMOTE_CODE = b'raise RuntimeError("code from the hub was run")\n'


@functools.cache
def stand_in_weights(shared: Path) -> dict[str, torch.Tensor]:
    """The published keys and shapes with numbers that every machine makes alike (176 MB, made once: not to change)."""
    entries = json.loads((shared / "rmbg" / "state_dict.json").read_text())
    return {each["key"]: torch.from_numpy(_numbers(each["key"], tuple(each["shape"]))) for each in entries}


def checkpoint(shared: Path, factory: pytest.TempPathFactory) -> Path:
    """A model.safetensors with the stand-in weights, as large as the published one; written once in a test session."""
    file = factory.getbasetemp() / "rmbg-stand-in" / "model.safetensors"
    if not file.exists():
        file.parent.mkdir()
        save_file(stand_in_weights(shared), file, metadata={"format": "pt"})
    return file


def _numbers(key: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    draw = np.random.default_rng(zlib.crc32(key.encode())).standard_normal(shape).astype(np.float32)
    leaf = key.rsplit(".", 1)[1]
    if leaf == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    if leaf == "running_var":
        return np.exp(np.float32(0.2) * draw)
    if leaf == "weight" and len(shape) == 4:
        return draw * np.float32(np.sqrt(2 / np.prod(shape[1:])))
    if leaf == "weight":
        return 1 + np.float32(0.1) * draw
    return np.float32(0.1 if leaf == "running_mean" or ".bn" in key else 0.01) * draw


def network_with(tensors: dict[str, torch.Tensor]) -> RmbgNetwork:
    with torch.device("meta"):
        network = RmbgNetwork()
    network.load_state_dict(tensors, assign=True)
    return network.eval()


def flat_network(side1_bias: float) -> RmbgNetwork:
    """Every weight 0, so that the answer is the sigmoid of this bias, everywhere and for every picture.

    One network for all, as making it is what costs: only the last call's bias holds.
    """
    network = _zero_network()
    torch.nn.init.constant_(network.get_submodule("side1").bias, side1_bias)
    return network


@functools.cache
def _zero_network() -> RmbgNetwork:
    with torch.device("meta"):
        shapes = RmbgNetwork().state_dict()
    return network_with({key: torch.zeros(value.shape, dtype=value.dtype) for key, value in shapes.items()})


@dataclass
class StandInHub:
    """What the hub serves and what it was asked. `url` is the endpoint; any repository name is answered alike.

    files: name → content, bytes or a path. hang_up_after: a download's connection is cut once after so many bytes.
    """

    files: dict[str, bytes | Path]
    url: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, Range
    hang_up_after: int | None = None
    claimed_sha256: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)  # computed once, a file is large

    def content(self, name: str) -> bytes:
        stored = self.files[name]
        return stored if isinstance(stored, bytes) else stored.read_bytes()

    def etag(self, name: str) -> str:
        """As the real hub: SHA-256 for large (LFS) files, git's SHA-1 for small ones."""
        if name not in self.etags:
            body = self.content(name)
            is_large = name.endswith((".safetensors", ".pth", ".bin"))
            hashed = hashlib.sha256(body) if is_large else hashlib.sha1(b"blob %d\0" % len(body) + body)
            self.etags[name] = hashed.hexdigest()
        return self.claimed_sha256.get(name, self.etags[name])

    def downloads(self, name: str) -> list[str]:
        """The Range header of every download of this file, '' for the whole."""
        return [span for method, path, span in self.requests if method == "GET" and path.endswith(f"/{name}")]


@contextmanager
def serve(files: dict[str, bytes | Path]) -> Iterator[StandInHub]:
    """A hub that answers until the block ends."""
    hub = StandInHub(files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = False  # server_close() then waits for them
    hub.url = f"http://127.0.0.1:{server.server_port}"

    def body(_: threading.Event) -> None:
        server.serve_forever(poll_interval=0.05)

    worker = Worker("stand-in hub", body, unblock=server.shutdown)
    try:
        yield hub
    finally:
        worker.stop()
        server.server_close()


def _handler(hub: StandInHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(is_head=True)

        def do_GET(self) -> None:
            self._answer(is_head=False)

        def _answer(self, is_head: bool) -> None:
            hub.requests.append((self.command, self.path, self.headers.get("Range", "")))
            parts = self.path.split("?")[0].strip("/").split("/")
            if parts[:2] == ["api", "models"]:
                siblings = [{"rfilename": name} for name in hub.files]
                info = {"id": "/".join(parts[2:4]), "sha": COMMIT, "private": False, "siblings": siblings, "tags": []}
                self._send(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, is_head)
            elif len(parts) > 4 and parts[2] == "resolve":
                self._send_file("/".join(parts[4:]), is_head)
            else:
                self._send(200, b"a hub", {}, is_head)

        def _send_file(self, name: str, is_head: bool) -> None:
            if name not in hub.files:
                self._send(404, b"", {"X-Repo-Commit": COMMIT, "X-Error-Code": "EntryNotFound"}, is_head)
                return
            body, status = hub.content(name), 200
            etag = f'"{hub.etag(name)}"'
            about = {"X-Repo-Commit": COMMIT, "ETag": etag, "X-Linked-ETag": etag, "X-Linked-Size": str(len(body))}
            span = self.headers.get("Range", "")
            if span and not is_head:
                start, total = int(span.removeprefix("bytes=").split("-")[0]), len(body)
                body, status = body[start:], 206
                about["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
            self._send(status, body, about, is_head)

        def _send(self, status: int, body: bytes, headers: dict[str, str], is_head: bool) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if is_head:
                return
            if hub.hang_up_after is not None and len(body) > hub.hang_up_after:
                body, hub.hang_up_after = body[: hub.hang_up_after], None
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: hub.requests tells what was asked."""

    return Handler
