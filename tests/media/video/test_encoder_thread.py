from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hung_encoder import hung_encoder
from written_films import about, moving, part, person

from livebg.core.errors import SinkError
from livebg.media.video.encoder_thread import EncoderThread, NoAnswer
from livebg.media.video.formats import form_for


class _Answers:
    """What comes second by second: a packet, the end of the packets (None), or nothing (-1)."""

    def __init__(self, *each_second: Any) -> None:
        self._each_second = list(each_second)

    def get(self, _timeout_s: float) -> tuple[Any] | None:
        given = self._each_second.pop(0)
        return None if given == -1 else (given,)

    def close(self, _failure: object = None) -> None:
        pass


def _thread(*each_second: Any) -> EncoderThread:
    thread = EncoderThread(lambda _: (), patience_s=120.0)
    thread._packets = _Answers(*each_second)  # type: ignore[assignment]
    return thread


def test_packets_come_in_order_and_then_those_of_the_next_frame() -> None:
    thread = EncoderThread(lambda frame: iter([frame, "a", "b"]))  # type: ignore[arg-type, list-item]
    assert thread.encode(1) == [1, "a", "b"]  # type: ignore[arg-type, comparison-overlap]
    assert thread.encode(2) == [2, "a", "b"]  # type: ignore[arg-type, comparison-overlap]
    thread.close()
    thread.close()


def test_a_failure_comes_to_the_caller() -> None:
    def fail(_frame: object) -> Iterator[Any]:
        raise ValueError("no such format")
        yield

    thread = EncoderThread(fail)
    with pytest.raises(ValueError, match="no such format"):
        thread.encode(None)
    thread.close()


def test_who_answers_slowly_is_waited_for_and_who_does_not_answer_is_given_up() -> None:
    slow = _thread(*[-1] * 119, "a", *[-1] * 119, "b", *[-1] * 119, None)
    assert slow.encode(None) == ["a", "b"]  # type: ignore[comparison-overlap]
    silent = _thread("a", *[-1] * 120)
    with pytest.raises(NoAnswer, match="no answer for 120 s"):
        silent.encode(None)
    slow.close()
    silent.close()


def test_a_part_of_an_encoder_that_never_answers_is_one_clear_line_and_gone(tmp_path: Path) -> None:
    form = form_for(Path("a.mkv"), "composite", encoder="software")
    one_line = r"^output [^\n]*a\.part: libx264 gave no answer for 0\.3 s; go on with --resume$"
    with hung_encoder(), pytest.raises(SinkError, match=one_line):
        part(tmp_path / "a.part", form, about(), [person(each) for each in moving(2)])
    assert not list(tmp_path.iterdir())


def test_while_the_caller_waits_it_can_be_interrupted(tmp_path: Path) -> None:
    form = form_for(Path("a.mkv"), "composite", encoder="software")
    # A shell that runs pytest in its background has it ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    interrupt.start()
    try:
        with hung_encoder(patience_s=60.0), pytest.raises(KeyboardInterrupt):
            part(tmp_path / "a.part", form, about(), [person(each) for each in moving(2)])
        interrupt.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not list(tmp_path.iterdir())
