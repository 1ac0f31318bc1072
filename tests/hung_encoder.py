"""An encoder that never answers, in the place of a video file's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from livebg.media.video import writer
from livebg.media.video.encoder_thread import EncoderThread


@contextmanager
def hung_encoder(after_files: int = 0, patience_s: float = 0.3) -> Iterator[None]:
    """The first `after_files` video files opened within the context get their encoder, and its usual patience; the
    others' never answers, and patience_s is for those."""
    over, opened = threading.Event(), 0

    def hang(_frame: object) -> Iterator[Any]:
        over.wait()
        yield from ()

    def thread(encode: Any, usual_s: float) -> EncoderThread:
        nonlocal opened
        opened += 1
        return EncoderThread(hang, patience_s) if opened > after_files else EncoderThread(encode, usual_s)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "EncoderThread", thread)
        try:
            yield
        finally:
            over.set()  # so that the thread ends
