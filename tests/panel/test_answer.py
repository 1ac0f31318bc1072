"""JSON for the page, whatever a file is called."""

from __future__ import annotations

from livebg.panel.answer import Json


def test_what_is_no_text_comes_to_the_page_and_back() -> None:
    answer = Json({"what": "caf\udce9 ñ"})
    assert answer.body == b'{"what":"caf\\udce9 \\u00f1"}'
    assert answer.media_type == "application/json"
