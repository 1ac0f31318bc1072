"""Finds, fetches and verifies the light engine's model files.

The two networks (MediaPipe selfie segmentation, Apache-2.0, about 250 kB each) come out of the official mediapipe
wheel, which pip takes from the package index that this machine uses; mediapipe itself is never installed. Wheel and
models are pinned by SHA-256. It is the same wheel on every machine: only data is taken from it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from livebg.core.errors import ModelError
from livebg.core.package_index import ask_pip
from livebg.core.user_folders import cache_folder

log = logging.getLogger(__name__)

LICENCE = "Apache-2.0"
PACKAGE = "mediapipe==0.10.21"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_TAGS = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_28_x86_64")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One network: its place in the wheel, and its SHA-256."""

    member: str
    sha256: str

    @property
    def path(self) -> Path:
        return cache_folder() / "models" / Path(self.member).name


FILES = {
    "landscape": ModelFile(
        "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite",
        "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
    ),
    "square": ModelFile(
        "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
}


def find_cached(shape: str) -> Path | None:
    """The verified model file, "landscape" or "square"; None if it is missing or has another content."""
    file = FILES[shape]
    try:
        content = file.path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() == file.sha256:
        return file.path
    log.warning("%s is damaged and will be fetched again", file.path)
    return None


def fetch(shape: str) -> Path:
    """The model file, from the cache or else out of the package. Raises ModelError."""
    cached = find_cached(shape)
    if cached is not None:
        return cached
    log.warning("fetching the selfie engine's model (%s, from %s, 36 MB, once)", LICENCE, PACKAGE)
    with tempfile.TemporaryDirectory(prefix="livebg-") as folder:
        wheel = _download_wheel(Path(folder))
        for each in FILES.values():
            _extract(wheel, each)
    return FILES[shape].path


def _download_wheel(folder: Path) -> Path:
    """The pinned wheel, by pip, with pip's progress on stderr; pip checks the hash."""
    pin = folder / "pin.txt"
    pin.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
    where = [f"--requirement={pin}", f"--dest={folder}"]
    problem = ask_pip("download", *WHEEL_TAGS, "--require-hashes", *where)
    wheels = list(folder.glob("*.whl"))
    if problem or len(wheels) != 1:
        raise ModelError(
            f"the selfie engine's model cannot be fetched: pip could not get {PACKAGE} ({problem or 'no wheel'}); "
            "check the network and pip's package index, then run 'livebg models fetch selfie' once while online"
        )
    return wheels[0]


def _extract(wheel: Path, file: ModelFile) -> None:
    """Put one model into the cache, complete or not at all."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(file.member)
    except (OSError, KeyError, zipfile.BadZipFile) as cause:
        raise ModelError(f"{wheel.name} does not hold {file.member}: {cause}") from cause
    seen = hashlib.sha256(content).hexdigest()
    if seen != file.sha256:
        raise ModelError(f"{file.member} in {wheel.name} has SHA-256 {seen}, expected {file.sha256}; not used")
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.path.parent, delete=False) as part:
            part.write(content)
        os.replace(part.name, file.path)
    except OSError as cause:
        raise ModelError(
            f"{file.path} cannot be written: {cause.strerror}; set XDG_CACHE_HOME to a writable folder"
        ) from cause
