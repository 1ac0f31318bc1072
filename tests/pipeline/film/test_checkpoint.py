"""A run that is cut off leaves what is finished; another takes it up only where it was asked for and is the same."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from livebg.core.errors import SinkError
from livebg.core.settings import Settings
from livebg.pipeline.film.checkpoint import WorkFolder, folder_of
from livebg.pipeline.film.job_options import JobOptions
from livebg.pipeline.film.spec import FilmJob

TICKS = np.array([0, 512, 1024], np.int64)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.mp4"
    path.write_bytes(b"film")
    return path


def _order(
    source: Path, target: str = "out.mkv", blur: str = "blur", force: bool = False, **job_options: object
) -> FilmJob:
    settings = Settings(background=blur, force=force)
    return FilmJob(source, source.parent / target, settings, JobOptions(**{"what": "pair", **job_options}), True)  # type: ignore[arg-type]


def _folder(job: FilmJob) -> WorkFolder:
    return WorkFolder(job, 2, job.outputs())


def _begun(job: FilmJob) -> WorkFolder:
    folder = _folder(job)
    for path in folder.parts(0):
        path.write_bytes(b"pictures")
    folder.finish(0, TICKS)
    return folder


def test_a_finished_segment_keeps_its_ticks(source: Path) -> None:
    folder = _begun(_order(source))
    finished = folder.finished(0)
    assert finished is not None
    assert finished.tolist() == TICKS.tolist()
    assert folder.finished(1) is None
    folder.tidy()
    assert folder.path.exists()
    folder.remove()
    assert not folder.path.exists()


def test_a_part_without_its_ticks_or_its_pictures_is_not_finished(source: Path) -> None:
    folder = _begun(_order(source))
    (folder.path / "00000.npy").write_bytes(b"cut off")
    assert folder.finished(0) is None
    folder = _begun(_order(source, "other.mkv"))
    folder.parts(0)[1].unlink()
    assert folder.finished(0) is None


def test_nothing_stays_of_a_run_that_finished_nothing(source: Path) -> None:
    folder = _folder(_order(source))
    folder.parts(0)[0].write_bytes(b"half")
    folder.tidy()
    assert not folder.path.exists()


def test_an_earlier_run_is_told_and_not_lost(source: Path) -> None:
    _begun(_order(source))
    with pytest.raises(SinkError, match=r"cut off, with 1 of 2 segments done; go on with --resume, or .* --force"):
        _folder(_order(source))
    assert _folder(_order(source, resumes=True)).finished(0) is not None


def test_force_begins_anew(source: Path) -> None:
    _begun(_order(source))
    assert _folder(_order(source, force=True)).finished(0) is None


@pytest.mark.parametrize("change", ["background", "quality", "source", "damaged"])
def test_parts_of_another_order_are_not_taken(source: Path, change: str) -> None:
    folder = _begun(_order(source))
    job_options: dict[str, object] = {"quality": 50} if change == "quality" else {}
    if change == "source":
        source.write_bytes(b"another film")
    if change == "damaged":
        (folder.path / "job.json").write_text("{")
    blur = "none" if change == "background" else "blur"
    with pytest.raises(SinkError, match="other options, another livebg or another source"):
        _folder(_order(source, blur=blur, resumes=True, **job_options))
    assert folder.finished(0) is not None
    anew = _folder(_order(source, blur=blur, resumes=True, force=True, **job_options))
    assert anew.finished(0) is None


def test_a_folder_that_cannot_be_made(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SinkError, match="cannot be written"):
        _folder(_order(source, "file/out.mkv"))


def test_a_failure_names_the_users_file(source: Path) -> None:
    folder = _folder(_order(source))
    with pytest.raises(SinkError, match=rf"^output {re.escape(str(source.parent))}/out-foreground\.mkv: cannot be"):
        folder.finish(0, TICKS)  # its parts are gone
    assert folder.finished(0) is None


def test_it_is_hidden_beside_the_output() -> None:
    assert folder_of(Path("/a/b.mp4")) == Path("/a/.b.mp4.livebg")
