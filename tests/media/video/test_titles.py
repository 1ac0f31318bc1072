from __future__ import annotations

from fractions import Fraction

import pytest

from livebg.media.video.titles import chapters_within, is_of_a_camera, titles, track_titles

MS = Fraction(1, 1000)


def test_what_a_muxer_writes_about_its_file_is_left_out() -> None:
    kept = {
        "title": "Hello",
        "creation_time": "2020",
        "location": "+1+2/",
        "language": "deu",
        "timecode": "01:00:00:00",
    }
    own = {"major_brand": "isom", "ENCODER": "Lavf", "rotate": "90", "BPS-eng": "1", "DURATION": "2", "ALPHA_MODE": "1"}
    assert titles(kept | own, "matroska") == kept


@pytest.mark.parametrize(("code", "written"), [("deu", "ger"), ("fre", "fra"), ("fra", "fra"), ("eng", "eng")])
def test_quicktime_has_codes_of_its_own(code: str, written: str) -> None:
    assert titles({"language": code}, "mov") == {"language": written}
    assert titles({"language": code}, "mp4") == {"language": code}


def test_a_tracks_title_is_shown_as_its_handlers_name_in_mp4() -> None:
    assert track_titles({"title": "Director"}, "mp4")["handler_name"] == "Director"
    assert "handler_name" not in track_titles({"title": "Director"}, "matroska")


def test_keys_of_cameras_are_known() -> None:
    assert is_of_a_camera({"com.apple.quicktime.make": "A"})
    assert not is_of_a_camera({"title": "A"})


def test_chapters_are_cut_to_the_span() -> None:
    chapters = [
        {"id": index, "start": start, "end": start + 1000, "time_base": MS, "metadata": {"title": str(index)}}
        for index, start in enumerate((0, 1000, 2000, 3000))
    ]
    kept = chapters_within(chapters, Fraction(3, 2), Fraction(3, 2), Fraction(5, 2))
    assert [(each["id"], each["start"], each["end"]) for each in kept] == [(1, 0, 500), (2, 500, 1000)]
    assert len(chapters_within(chapters, Fraction(0), None, None)) == 4


def test_titles_of_chapters_are_bounded_all_together() -> None:
    chapters = [
        {"id": at, "start": at, "end": at + 1, "time_base": Fraction(1), "metadata": {"title": "About a part of it"}}
        for at in range(500)
    ]
    kept = [each["metadata"]["title"] for each in chapters_within(chapters, Fraction(0), None, None)]  # type: ignore[arg-type]
    assert kept[0] == "About a part of it"
    assert kept[-1] == "500"
    assert sum(len(each) for each in kept if each.startswith("About")) <= 2000
