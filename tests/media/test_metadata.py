"""What is words and what only looks so; every list's forms."""

from __future__ import annotations

import base64
import textwrap
from fractions import Fraction

import numpy as np
import pytest
from PIL.TiffImagePlugin import IFDRational

from livebg.media.metadata import (
    CHAPTER_TAGS,
    DATE,
    EXIF_MAIN,
    LARGEST_NUMBER,
    MOST_TOGETHER,
    NAMESPACES,
    PLACE,
    TAGS,
    XMP,
    bytes_of,
    kept,
    kept_tags,
    looks_encoded,
    may_go_along,
    numbers,
    octets,
    words,
)

RAW = np.random.default_rng(3).bytes(600)
PAIRS = list(zip(RAW[:300], RAW[300:], strict=True))
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
    "base32 with vowels": " ".join(
        textwrap.wrap(base64.b32encode(RAW).decode().lower().translate(str.maketrans("234567", "aeiouy")), 7)
    ),
    "ideographs": "".join(chr(0x4E00 + 78 * each) for each in RAW[:300]),
    "frequent ideographs": "".join(bytes((176 + a % 39, 161 + b % 94)).decode("gb2312") for a, b in PAIRS),
    "syllables": "".join(chr(0xAC00 + 32 * a + b % 32) for a, b in PAIRS),
    "pictographs": "".join(chr(0x1F300 + each) for each in RAW[:200]),
    "braille": "".join(chr(0x2800 + each) for each in RAW[:300]),
    "hieroglyphs": "".join(chr(0x13000 + 4 * a + b % 4) for a, b in PAIRS),
    "marks": "a" + "".join(chr(0x300 + each % 112) for each in RAW[:300]),
    "variations": "a" + "".join(chr(0xFE00 + each % 16) for each in RAW[:300]),
    "letters with marks": "".join(chr(0x100 + each) for each in RAW[:300]),
    "Cyrillic": "".join(chr(0x410 + each % 64) for each in RAW[:300]),
    "Arabic": "".join(chr(0x627 + each % 36) for each in RAW[:300]),
    "many scripts": "".join(chr(0x400 + 150 * each) for each in RAW[:200]),
}
PROSE = [
    "A woman in a red coat walks her dog along the Spree in Berlin on a cold morning. Photo: J. Smith/AFP (2021)",
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 3413823, Size: 512x512, Model: v1-5-pruned, a cat by a lake",
    "Ein langer Satz mit Donaudampfschifffahrtsgesellschaftskapitänsmützen und anderen Wörtern, die niemand braucht.",
    "これは長い日本語の文章です。東京で撮影された写真で、背景には富士山が見えます。とても寒い朝でした。",
    "Москва, 12 апреля 2021 года, фотография сделана на телефон у реки, где было очень холодно и ветрено.",
    "Wszystkie prawa zastrzeżone. Szczebrzeszyn, chrząszcz brzmi w trzcinie, a zdjęcie wykonano w maju nad rzeką.",
    "今天天气很好，我们一家人去了北京的颐和园，看到了很多很漂亮的花。孩子们在湖边玩得很开心，我们在湖边拍了这张照片，"
    "后来又去了一家小饭馆吃了晚饭，大家都说这是今年最开心的一天，明年我们还要再来这里看花，还要去看长城。",
    "오늘은 날씨가 아주 좋아서 우리 가족은 한강 공원에 갔습니다. 아이들은 강가에서 놀았고 우리는 사진을 많이 찍었습니다"
    ". 저녁에는 작은 식당에서 밥을 먹었습니다. 내년에도 다시 오고 싶습니다.",
    "Η φωτογραφία αυτή τραβήχτηκε στην Αθήνα ένα κρύο πρωινό του Ιανουαρίου, κοντά στην Ακρόπολη, με παλιά μηχανή.",
    "التقطت هذه الصورة في مدينة القاهرة بالقرب من نهر النيل في صباح يوم بارد من أيام الشتاء مع العائلة والأصدقاء",
    "यह तस्वीर दिल्ली में एक ठंडी सुबह ली गई थी और इसमें पूरा परिवार यमुना नदी के किनारे दिखाई दे रहा है जहाँ बहुत भीड़ थी",
    "ภาพนี้ถ่ายที่กรุงเทพมหานครในเช้าวันหนึ่งที่อากาศหนาวมาก มีคนจำนวนมากเดินอยู่ริมแม่น้ำเจ้าพระยาและมีเรือหลายลำ",
    "Bức ảnh này được chụp ở Hà Nội vào một buổi sáng lạnh giá, gần hồ Hoàn Kiếm, khi cả gia đình tôi đi dạo quanh hồ.",
    "Kuva on otettu Helsingissä kylmänä aamuna, kun koko perhe käveli rannalla ja katseli jäätynyttä merta yhdessä.",
    "Party 🎉🎂 with Anna 😀 and Ben 😀 at the lake ☀️, the best day of the whole summer, thank you all for coming ❤️",
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
    assert numbers(1)(IFDRational(1, 8000)) == Fraction(1, 8000)
    assert numbers(1)(IFDRational(10, 600)) == Fraction(1, 60)
    assert numbers(3)((IFDRational(52), IFDRational(31), IFDRational(294567, 10000)))[2] == Fraction("29.457")
    assert numbers(1)(1 << 30) is None
    assert numbers(1)(float("nan")) is None
    assert octets(4)(b"0232") == b"0232"
    assert octets(4)(b"02321") is None


def test_words_are_bounded_all_together() -> None:
    """Windows' too, and those of other tags' languages."""
    words_of = dict.fromkeys(("title-eng", "comment", "description", "synopsis"), "a few words of this and that " * 20)
    assert set(kept_tags({**words_of, "date": "2026"}, TAGS)) == {*words_of, "date"} - {"title-eng"}
    languages = {f"comment-{each}": words_of["comment"] for each in ("eng", "deu", "fra", "ita")}
    assert set(kept_tags({**languages, "date": "2026"}, TAGS)) == {"date"}
    wide = f"{words_of['comment']}\0".encode("utf-16-le")[-500:]
    assert set(kept({0x9C9C: wide, 0x9C9B: wide[-200:], 0x010E: "a caption"}, EXIF_MAIN)) == {0x9C9C, 0x9C9B, 0x010E}
    pieces = [f"{each}\0".encode("utf-16-le") for each in textwrap.wrap(RAW.hex(), 30)]
    assert kept(dict(zip((0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E), pieces, strict=False)), EXIF_MAIN) == {}


def test_keys_in_many_languages_are_no_way_round() -> None:
    codes = [f"{chr(97 + a)}{chr(97 + b)}{chr(97 + c)}" for a in range(5) for b in range(20) for c in range(20)]
    assert kept_tags({f"date-{each}": "2026-11-28" for each in codes}, TAGS) == {}
    assert len(kept_tags({f"title-{each}": "a" for each in codes}, TAGS)) <= 50
    assert kept_tags({"DATE": "2026", "date": "2025", "Date": "2024"}, TAGS) == {"Date": "2024"}


def test_no_bytes_of_a_picture_are_in_the_numbers() -> None:
    """Of 64 bits 40 or more are lost: what comes out is one of few numbers."""
    pairs = np.frombuffer(RAW[:592], ">u4").reshape(-1, 2).tolist()
    kept = [numbers(1)(IFDRational(*each)) for each in pairs]
    assert all(each is None or abs(each.numerator) <= LARGEST_NUMBER for each in kept)
    for each, (above, below) in zip(kept, pairs, strict=True):
        assert each is None or each == pytest.approx(above / below, rel=1e-4, abs=1e-6)
        assert each is None or (each.numerator, each.denominator) != (above, below)


def test_tags_of_films_by_name_whatever_case_and_language() -> None:
    told = {"TITLE": "A film", "title-eng": "A film", "own": "x", "METADATA_BLOCK_PICTURE": CODED["base64"]}
    assert kept_tags(told, TAGS) == {"TITLE": "A film", "title-eng": "A film"}
    assert kept_tags({"title": CODED["base64"][:200], "date": "2026"}, TAGS) == {"date": "2026"}
    pieces = dict(zip(("title", "artist", "album", "genre", "comment"), textwrap.wrap(RAW.hex(), 30), strict=False))
    assert kept_tags({**pieces, "date": "2026"}, TAGS) == {"date": "2026"}
    assert kept_tags({"title": "One", "own": "x"}, CHAPTER_TAGS) == {"title": "One"}


def test_every_xmp_property_has_a_prefix() -> None:
    assert {uri for uri, _ in XMP} <= set(NAMESPACES.values())


def test_texts_go_along_while_they_are_words_and_few() -> None:
    assert may_go_along(PROSE[:2])
    assert not may_go_along([*PROSE[:2], CODED["base64"]])
    assert bytes_of("é🙂\ud800") == 2 + 4 + 1
    many = PROSE * (1 + MOST_TOGETHER // sum(map(bytes_of, PROSE)))
    assert not may_go_along(many)
