"""The light engine finds people, keeps its soft confidences, and agrees with another runtime of the same model."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livebg.errors import ModelError
from livebg.matting.selfie import SelfieMatter
from livebg.stages import Frame


def _model(shared: Path, shape: str) -> Path:
    return shared / "models" / f"selfie_segmenter{'_landscape' if shape == 'landscape' else ''}.tflite"


@pytest.mark.needs_shared
@pytest.mark.parametrize(("shape", "size"), [("landscape", (144, 256)), ("square", (256, 256))])
def test_a_person_is_found_softly(shared: Path, shape: str, size: tuple[int, int]) -> None:
    picture = cv2.imread(str(shared / "cases" / "photos" / "dn_if016.jpg"))
    truth = cv2.imread(str(shared / "cases" / "photos" / "dn_if016_alpha.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert truth is not None
    alpha = SelfieMatter(_model(shared, shape), shape, "test").matte(Frame(np.asarray(picture, np.uint8), 3, 0.0, 0.0))
    assert alpha.sequence == 3
    assert alpha.values.shape == size
    wanted = cv2.resize(truth, size[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    assert np.abs(alpha.values - wanted).mean() < 0.05
    assert 0.005 < float(((alpha.values > 0.1) & (alpha.values < 0.9)).mean()) < 0.2


@pytest.mark.needs_shared
def test_blue_and_red_are_not_swapped(shared: Path) -> None:
    """Fed BGR as RGB the network still answers, only worse: the trap that nobody notices."""
    matter = SelfieMatter(_model(shared, "landscape"), "landscape", "test")
    error = {}
    for name in ("as it is", "swapped"):
        errors = []
        for photo in sorted((shared / "cases" / "photos").glob("dn_if0[0-3]*.jpg")):
            picture = np.asarray(cv2.imread(str(photo)), np.uint8)
            truth = cv2.imread(str(photo.with_name(photo.stem + "_alpha.png")), cv2.IMREAD_GRAYSCALE)
            assert truth is not None
            wanted = cv2.resize(truth, (256, 144), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
            image = picture if name == "as it is" else np.ascontiguousarray(picture[..., ::-1])
            errors.append(float(np.abs(matter.matte(Frame(image, 0, 0.0, 0.0)).values - wanted).mean()))
        error[name] = float(np.mean(errors))
    assert error["as it is"] < error["swapped"]


@pytest.mark.needs_shared
def test_an_empty_room_is_empty(shared: Path) -> None:
    matter = SelfieMatter(_model(shared, "landscape"), "landscape", "test")
    for room in ("office", "shelf", "window"):
        picture = np.asarray(cv2.imread(str(shared / "cases" / "rooms" / f"{room}.jpg")), np.uint8)
        assert float(matter.matte(Frame(picture, 0, 0.0, 0.0)).values.mean()) < 0.02


def test_a_file_that_is_no_model_is_said(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    for content in (b"", b"not a model", b"\x1c\x00\x00\x00TFL3" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"model\.tflite"):
            SelfieMatter(path, "landscape", "test")
