from __future__ import annotations

import pytest

from livebg.core.errors import SinkError
from livebg.sinks.streaming.address import Address, is_stream, parse_address, shown


@pytest.mark.parametrize(
    ("where", "scheme", "host", "port"),
    [
        ("rtmp://live.example/app/key", "rtmp", "live.example", 1935),
        ("rtmps://live.example/app/key?backup=1", "rtmp", "live.example", 443),
        ("RTMP://live.example:1936/app/key", "rtmp", "live.example", 1936),
        ("rtsp://me:word@cam.example/x", "rtsp", "cam.example", 554),
        ("rtsp://[::1]:8554/x", "rtsp", "::1", 8554),
        ("whip:https://live.example/whip/room", "whip", "live.example", 443),
        ("whip:http://127.0.0.1:8889/room/whip", "whip", "127.0.0.1", 8889),
    ],
)
def test_addresses_that_can_be_sent_to(where: str, scheme: str, host: str, port: int) -> None:
    assert is_stream(where)
    address = parse_address(where)
    assert (address.scheme, address.host, address.port) == (scheme, host, port)
    assert address.url == where.removeprefix("whip:")
    assert str(address) == f"{scheme}://{host}"


def test_a_whip_token_leaves_the_address() -> None:
    address = parse_address("whip:https://to%2Fken@live.example:444/room")
    assert (address.url, address.token) == ("https://live.example:444/room", "to/ken")


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("srt://live.example:9000?streamid=secret", "livebg cannot send SRT: the FFmpeg in PyAV has none"),
        ("http://live.example/secret", "is no address that livebg can stream to"),
        ("udp://secret@live.example:1/", "is no address that livebg can stream to"),
        ("rtmp://live.example", "is no address that livebg can stream to"),
        ("rtmp:///secret", "is no address that livebg can stream to"),
        ("rtmp://live.example/app/secret live=1", "is no address that livebg can stream to"),
        ("rtmp://live.example:99999/secret", "is no address that livebg can stream to"),
        ("rtmp://[::1/secret", "is no address that livebg can stream to"),
        ("whip:live.example/secret", "is no address that livebg can stream to"),
        ("whip:rtmp://live.example/secret", "is no address that livebg can stream to"),
    ],
)
def test_others_are_one_clear_line_without_their_secret(where: str, why: str) -> None:
    assert is_stream(where)
    with pytest.raises(SinkError) as raised:
        parse_address(where)
    assert why in str(raised.value)
    assert "--to virtual-camera" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("where", ["window", "virtual-camera:/dev/video9", "a.mp4", "C:\\a.mp4", "./x://a.mp4", "whip"])
def test_files_and_devices_are_no_addresses(where: str) -> None:
    assert not is_stream(where)
    assert shown(where) == where


def test_only_scheme_and_host_are_shown() -> None:
    assert shown("rtmp://me:word@live.example:1936/app/secret?key=secret") == "rtmp://live.example"
    assert shown("whip:https://secret@live.example/room") == "whip://live.example"
    assert shown("rtmp://[::1/secret") == "rtmp://..."
    address = Address("rtmp", "rtmp://h/app/secret", "h", 1935, "secret")
    assert "secret" not in f"{address} {address!r}"
