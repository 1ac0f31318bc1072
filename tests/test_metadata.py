"""What is words and what only looks so; every list's forms."""

from __future__ import annotations

import base64
import textwrap

import numpy as np
import pytest

from livebg.metadata import (
    CHAPTER_TAGS,
    DATE,
    NAMESPACES,
    PLACE,
    TAGS,
    XMP,
    kept_tags,
    looks_encoded,
    numbers,
    octets,
    words,
)

RAW = np.random.default_rng(3).bytes(600)
CODED = {
    "base64": base64.b64encode(RAW).decode(),
    "base64 in words": " ".join(textwrap.wrap(base64.b64encode(RAW).decode(), 9)),
    "url-safe": " ".join(textwrap.wrap(base64.urlsafe_b64encode(RAW).decode(), 50)),
    "base32": " ".join(textwrap.wrap(base64.b32encode(RAW).decode(), 40)),
    "base64 in letters": ".".join(base64.b64encode(RAW).decode()),
    "base85": " ".join(textwrap.wrap(base64.b85encode(RAW).decode(), 40)),
    "ascii85": " ".join(textwrap.wrap(base64.a85encode(RAW).decode(), 40)),
    "hex": " ".join(textwrap.wrap(RAW.hex(), 2)),
    "numbers": ", ".join(map(str, RAW)),
    "letters": " ".join(textwrap.wrap("".join(chr(97 + each % 26) for each in RAW), 7)),
    "many scripts": "".join(chr(0x400 + 150 * each) for each in RAW[:200]),
}
PROSE = [
    "A woman in a red coat walks her dog along the Spree in Berlin on a cold morning. Photo: J. Smith/AFP (2021)",
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 3413823, Size: 512x512, Model: v1-5-pruned, a cat by a lake",
    "Ein langer Satz mit Donaudampfschifffahrtsgesellschaftskapitänsmützen und anderen Wörtern, die niemand braucht.",
    "これは長い日本語の文章です。東京で撮影された写真で、背景には富士山が見えます。とても寒い朝でした。",
    "Москва, 12 апреля 2021 года, фотография сделана на телефон у реки, где было очень холодно и ветрено.",
    "Wszystkie prawa zastrzeżone. Szczebrzeszyn, chrząszcz brzmi w trzcinie, a zdjęcie wykonano w maju nad rzeką.",
    "SAMSUNG SM-G998B, EF24-70mm f/2.8L II USM",
    "",
]


@pytest.mark.parametrize("kind", CODED)
def test_bytes_in_disguise_are_seen(kind: str) -> None:
    assert looks_encoded([CODED[kind]])
    assert looks_encoded(textwrap.wrap(CODED[kind], 30)), "in pieces"
    assert words(100_000)(CODED[kind]) is None


@pytest.mark.parametrize("text", PROSE)
def test_words_are_words(text: str) -> None:
    assert not looks_encoded([text])
    assert words(1000)(text) == (text or None)


@pytest.mark.parametrize(
    "text", ["a\x01b", "a\u200bb", "\ue000", "a\U000e0101", "\ud800", "x" * 1001, "é" * 501, b"bytes", 3]
)
def test_what_is_no_plain_text(text: object) -> None:
    assert words(1000)(text) is None


def test_forms() -> None:
    assert words(100)(" a\n b\0") == "a b"
    assert all(DATE(each) for each in ("2026:11:28 16:00:00", "2026-11-28T16:00:00.123Z", "2026"))
    assert DATE("2026-11-28 and more") is None
    assert all(PLACE(each) for each in ("+52.5200+013.4050/", "+52.5200+013.4050+034.000/"))
    assert PLACE("somewhere") is None
    assert numbers(3)((1, 2, 3)) == (1, 2, 3)
    assert numbers(3)((1, 2, 3, 4)) is None
    assert numbers(1)("1") is None
    assert octets(4)(b"0232") == b"0232"
    assert octets(4)(b"02321") is None


def test_tags_of_films_by_name_whatever_case_and_language() -> None:
    told = {"TITLE": "A film", "title-eng": "A film", "own": "x", "METADATA_BLOCK_PICTURE": CODED["base64"]}
    assert kept_tags(told, TAGS) == {"TITLE": "A film", "title-eng": "A film"}
    assert kept_tags({"title": CODED["base64"][:200], "date": "2026"}, TAGS) == {"date": "2026"}
    pieces = dict(zip(("title", "artist", "album", "genre", "comment"), textwrap.wrap(RAW.hex(), 30), strict=False))
    assert kept_tags({**pieces, "date": "2026"}, TAGS) == {"date": "2026"}
    assert kept_tags({"title": "One", "own": "x"}, CHAPTER_TAGS) == {"title": "One"}


def test_every_xmp_property_has_a_prefix() -> None:
    assert {uri for uri, _ in XMP} <= set(NAMESPACES.values())
