"""The options of `livebg image`, and wrong ones. The work: test_job.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from livebg.cli import build_parser, main
from livebg.cli.image import request_from
from livebg.core.errors import SettingsError
from livebg.pipeline.photo.request import Request, contents_of


def _request(*words: str) -> Request:
    return request_from(build_parser().parse_args(["image", *words]))


def test_what_is_written_where_nobody_says() -> None:
    assert contents_of(_request("a.jpg"), "") == ("alpha",)
    assert contents_of(_request("a.jpg"), ".png") == ("alpha",)
    assert contents_of(_request("a.jpg"), ".jpg") == ("composite",)
    assert contents_of(_request("a.jpg", "--background", "blur"), ".png") == ("composite",)
    assert contents_of(_request("a.jpg", "--background", "none"), ".jpg") == ("alpha",)
    assert contents_of(_request("a.jpg", "--what", "matte"), ".jpg") == ("matte",)
    assert contents_of(_request("a.jpg", "--what", "pair"), ".jpg") == ("foreground", "matte")


def test_formats_and_numbers() -> None:
    request = _request("a.jpg", "--format", "TIFF", "--quality", "80", "--alpha", "premultiplied", "--recursive")
    assert (request.ending, request.quality, request.is_premultiplied, request.is_recursive) == (".tif", 80, True, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say which pictures"),
        (["a.jpg", "--watch", "."], "say which pictures"),
        (["-", "a.jpg"], "no other input"),
        (["a.jpg", "-o", "-"], "goes with the input -"),
        (["--watch", "nowhere"], "not a folder"),
        (["a.jpg", "--what", "all"], "none of auto, composite, alpha"),
        (["-", "--what", "pair"], "stdout is one"),
        (["a.jpg", "--format", "gif"], "none of png"),
        (["a.jpg", "--quality", "0"], "--quality"),
        (["a.jpg", "--alpha", "some"], "none of straight"),
        (["a.jpg", "--what", "matte", "--background", "blur"], "leave out --background"),
        (["a.jpg", "--what", "composite", "--background", "none"], "take --what alpha"),
    ],
)
def test_wrong_options_are_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=message):
        _request(*words)
    assert main(["image", *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1
