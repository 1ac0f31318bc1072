from __future__ import annotations

import pytest

from livebg.core.errors import SinkError
from livebg.media.video.encoders import Encoder, chosen, crf, hardware, is_working, software

CODECS = ("h264", "h265", "vp9", "av1")


@pytest.mark.slow
@pytest.mark.parametrize("codec", CODECS)
def test_software_encoders_work_here(codec: str) -> None:
    assert is_working(software(codec, 75))


@pytest.mark.parametrize("codec", CODECS)
def test_quality_runs_from_coarse_to_fine(codec: str) -> None:
    numbers = [crf(codec, quality) for quality in range(1, 101)]
    assert numbers == sorted(numbers, reverse=True)
    largest = 51 if codec.startswith("h26") else 63
    assert 0 < numbers[-1] < numbers[74] < numbers[0] <= largest
    assert software(codec, 75).options["crf"] == str(numbers[74])


def test_h264_at_75_is_crf_20() -> None:
    assert crf("h264", 75) == 20
    assert software("h265", 75).tag == "hvc1"


def test_hardware_is_taken_only_where_it_works() -> None:
    asked = []

    def works(encoder: Encoder) -> bool:
        asked.append(encoder.name)
        return encoder.name == "h264_qsv"

    taken = chosen("h264", 75, "auto", where="a.mp4", works=works)
    assert taken.name == "h264_qsv"
    assert taken.is_hardware
    assert asked == ["h264_nvenc", "h264_qsv"]
    assert chosen("h264", 75, "auto", where="a.mp4", works=lambda _: False) == software("h264", 75)


def test_software_never_asks_the_hardware() -> None:
    def works(_: Encoder) -> bool:
        raise AssertionError

    assert chosen("av1", 60, "software", where="a.mp4", works=works).name == "libsvtav1"


def test_hardware_alone_or_an_error_that_names_what_was_tried() -> None:
    with pytest.raises(SinkError, match=r"a\.mp4: no hardware encoder for h265 works here \(tried: hevc_nvenc, .*qsv"):
        chosen("h265", 75, "hardware", where="a.mp4", works=lambda _: False)
    with pytest.raises(SinkError, match="encoder 'gpu' is unknown; use auto, software or hardware"):
        chosen("h265", 75, "gpu", where="a.mp4", works=lambda _: False)


@pytest.mark.parametrize("codec", CODECS)
def test_hardware_quality_is_mapped(codec: str) -> None:
    better, worse = hardware(codec, 90), hardware(codec, 40)
    assert better
    for fine, coarse in zip(better, worse, strict=True):
        assert (fine.options, fine.bits_per_pixel) != (coarse.options, coarse.bits_per_pixel)


def test_a_device_that_is_not_there_does_not_work() -> None:
    assert not is_working(Encoder("h264_nvenc", is_hardware=True))
    assert not is_working(Encoder("libx264", {"preset": "nonsense"}))


def test_a_large_picture_is_not_looked_far_ahead_of() -> None:
    h264, h265 = software("h264", 75), software("h265", 75)
    assert h264.for_size(1920, 1080) is h264
    assert h264.for_size(3840, 2160).options == h264.options | {"x264-params": "rc-lookahead=6"}
    assert h265.for_size(3840, 2160) is h265


def test_h265_refuses_what_its_encoder_would_die_of() -> None:
    assert software("h265", 75).for_size(50, 16).name == "libx265"
    with pytest.raises(ValueError, match="no picture narrower than 50 px"):
        software("h265", 75).for_size(48, 640)
