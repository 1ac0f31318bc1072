"""The light engine's two networks, which come with livebg.

MediaPipe selfie segmentation, about 250 kB each, Apache-2.0 (mediapipe/LICENSE); unchanged out of the official wheel
mediapipe 0.10.21, where they lie in mediapipe/modules/selfie_segmentation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from livebg.core.errors import ModelError

LICENCE = "Apache-2.0"
FOLDER = Path(__file__).parent / "mediapipe"
FILES: Mapping[str, tuple[str, str]] = {  # shape → file, SHA-256
    "landscape": (
        "selfie_segmentation_landscape.tflite",
        "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
    ),
    "square": (
        "selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
}


def model_file(shape: str, folder: Path = FOLDER) -> Path:
    """The file of the network "landscape" or "square", compared with its checksum. Raises ModelError."""
    name, sha256 = FILES[shape]
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise ModelError(f"{path} cannot be read: {cause.strerror}; install livebg again") from cause
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ModelError(f"{path} is damaged: its SHA-256 is not {sha256}; install livebg again")
    return path
