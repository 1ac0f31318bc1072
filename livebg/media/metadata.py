"""Which metadata an output may keep, and in which form: one list for EXIF, XMP, containers and tracks.

livebg drops everything that is not listed here, and values that are too long or have the wrong form: a small picture of
the whole scene, hidden in a text, would carry the room out. Numbers must be numbers and dates dates. It judges all
texts together, so that nobody can smuggle a picture in pieces, and limits their total length. Pure functions.
"""

from __future__ import annotations

import contextlib
import re
import struct
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

Form = Callable[[Any], Any]  # returns the value to keep; None: drop it

LONGEST_WORD = 60  # characters without a space; base64 has none
SUSPECT_FROM = 64  # characters; fewer are not enough to judge
MOST_CHANGES = 0.15  # between small letters, capitals and digits in neighbours: prose has 0.01, base64 0.44, hex 0.47
MOST_DIGITS = 0.4
SHORTEST_WORDS = 2.5  # mean length of words of letters and digits
FEWEST_VOWELS = 0.28  # among Latin letters: English has 0.38, letters by chance 0.23
MOST_SCRIPTS = 5
MOST_TOGETHER = 2000  # bytes of UTF-8, of all words of one list
LARGEST_NUMBER = 4_000_000
MOST_DIGITS_TOLD, LARGEST_PRODUCT = 5, 1 << 21  # of a fraction that stays exact: the product of its two numbers
MOST_SIGNS = 16  # symbols and separate marks: each could hide 8 bits or more
# How often two letters are the same (Friedman's index of coincidence): every language has frequent letters. The lowest
# values of program messages in 40 languages, in pieces of so many letters.
LEAST_SAME = 0.033  # other alphabets than a to z, or a to z with marks: random letters have 0.03 or less
LEAST_SAME_LATIN, LATIN_FROM = 0.0455, 128  # of a to z: English has 0.065, base32 0.031 to 0.043
LEAST_SAME_DENSE = ((64, 0.0025), (150, 0.005))  # hundreds of signs: random ones have 0.0003, 256 of them 0.004
# The exceptions of readers of damaged tags.
FAILURES = (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, ArithmeticError, struct.error)
RDF_ALT, RDF_BAG, RDF_SEQ, SIMPLE = "Alt", "Bag", "Seq", ""


def words(most_bytes: int) -> Form:
    """A form: text of at most this many bytes in UTF-8 that has no control characters and does not look encoded."""

    def form(value: Any) -> str | None:
        text = re.sub(r"\s+", " ", str(value).replace("\0", " ")).strip() if isinstance(value, str) else ""
        if not text or bytes_of(text) > most_bytes:
            return None
        is_plain = all(unicodedata.category(each)[0] != "C" and ord(each) < 0x20000 for each in text)
        return text if is_plain and not looks_encoded([text]) else None

    return form


def looks_encoded(texts: Iterable[str]) -> bool:
    """Whether these texts together are more likely encoded bytes (base64, hex, lists of numbers) than words."""
    text = " ".join(texts)
    if _looks_random(text) or re.search(f"[!-~]{{{LONGEST_WORD + 1},}}", text):
        return True
    plain = text.replace(" ", "")
    if len(plain) < SUSPECT_FROM:
        return False
    changes = len(re.findall(r"(?=[a-z][A-Z]|[a-zA-Z][0-9]|[0-9][a-zA-Z]|[!-/:-@\[-`{-~]{2})", text))
    latin = re.findall("[a-z]", text, re.IGNORECASE)
    vowels = sum(each in "aeiouyAEIOUY" for each in latin)
    tokens = re.findall("[a-zA-Z0-9]+", text)
    scripts = {unicodedata.name(each, "?").partition(" ")[0] for each in plain if each.isalpha()}
    return (
        changes > MOST_CHANGES * len(plain)
        or sum(each.isdigit() for each in plain) > MOST_DIGITS * len(plain)
        or (len(latin) >= SUSPECT_FROM and vowels < FEWEST_VOWELS * len(latin))
        or len(scripts) > MOST_SCRIPTS
        or SUSPECT_FROM < sum(map(len, tokens)) < SHORTEST_WORDS * len(tokens)
    )


def may_go_along(texts: Iterable[str]) -> bool:
    """Whether these are words, and no more than one picture or film may have."""
    every = list(texts)
    return sum(bytes_of(each) for each in every) <= MOST_TOGETHER and not looks_encoded(every)


def bytes_of(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _looks_random(text: str) -> bool:
    """Whether its letters are about equally frequent, or are signs of no language."""
    composed = unicodedata.normalize("NFC", text)
    signs = [each for each in composed if _is_sign(each)]
    if len(signs) > MOST_SIGNS:
        return True
    letters = [each for each in composed.casefold() if each.isalpha()]
    dense = [each for each in letters if "\u1200" <= each < "\u1e00" or each >= "\u2e80"]
    latin = [each for each in letters if each < "\u0370" or "\u1e00" <= each < "\u1f00"]
    others = [each for each in letters if "\u0370" <= each < "\u1200" or "\u1f00" <= each < "\u2e80"]
    plain = re.findall("[a-z]", unicodedata.normalize("NFD", text.casefold()))
    least = [(latin, SUSPECT_FROM, LEAST_SAME), (others, SUSPECT_FROM, LEAST_SAME)]
    least += [(plain, LATIN_FROM, LEAST_SAME_LATIN), *((dense, *each) for each in LEAST_SAME_DENSE)]
    return any(len(each) >= fewest and _share_of_same(each) < share for each, fewest, share in least)


def _is_sign(each: str) -> bool:
    is_mark = "\u0300" <= each <= "\u036f" or "\ufe00" <= each <= "\ufe0f"
    return is_mark or (unicodedata.category(each)[0] == "S" and not each.isascii())


def _share_of_same(letters: list[str]) -> float:
    """The share of equal letters among all pairs."""
    counts = Counter(letters).values()
    return sum(each * (each - 1) for each in counts) / (len(letters) * (len(letters) - 1))


def like(pattern: str) -> Form:
    """A form: text, or ASCII bytes, that matches this whole pattern."""
    known = re.compile(pattern)

    def form(value: Any) -> Any:
        text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
        return value if isinstance(text, str) and known.fullmatch(text.rstrip("\0 ")) else None

    return form


def numbers(most: int) -> Form:
    """A form: at most this many numbers, of TIFF's kinds, none with more digits than a camera writes."""

    def form(value: Any) -> Any:
        several = value if isinstance(value, tuple) else (value,)
        if not (0 < len(several) <= most):
            return None
        short = tuple(_short(each) for each in several)
        if None in short:
            return None
        return short if isinstance(value, tuple) else short[0]

    return form


def _short(value: Any) -> Any:
    """The number, rounded if it has so many digits that they could hide data; None if it is no number, or too large
    for a camera's."""
    if isinstance(value, float):
        return float(f"{value:.{MOST_DIGITS_TOLD}g}") if abs(value) <= LARGEST_NUMBER else None
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_NUMBER else None
    if not hasattr(value, "denominator"):
        return None
    if not value.denominator:  # unknown, or infinite
        return type(value)(min(max(value.numerator, -1), 1), 0)
    exact = Fraction(int(value.numerator), int(value.denominator))
    if abs(exact) > LARGEST_NUMBER:
        return None
    if abs(exact.numerator) * exact.denominator > LARGEST_PRODUCT:
        exact = Fraction(f"{float(exact):.{MOST_DIGITS_TOLD}g}").limit_denominator(10**6)
    return type(value)(exact.numerator, exact.denominator)


def octets(most: int) -> Form:
    """A form: at most this many bytes, for versions and kinds."""
    return lambda value: value if isinstance(value, bytes) and len(value) <= most else None


def wide_words(most_bytes: int) -> Form:
    """A form for Windows' EXIF tags: bytes of UTF-16."""
    plain = words(most_bytes)

    def form(value: Any) -> bytes | None:
        try:
            text = plain(bytes(value).decode("utf-16-le"))
        except (TypeError, ValueError):
            return None
        return None if text is None else f"{text}\0".encode("utf-16-le")

    return form


NAME, TITLE, PROSE = PLAIN_WORDS = words(120), words(300), words(1000)
WIDE_TITLE, WIDE_PROSE = WIDE_WORDS = wide_words(300), wide_words(1000)
DATE = like(r"\d{4}([-:]\d\d([-:]\d\d)?)?([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?( ?(Z|[+-]\d\d:?\d\d))?")
PLACE = like(r"[+-]\d{1,6}(\.\d{1,8})?[+-]\d{1,7}(\.\d{1,8})?([+-]\d{1,6}(\.\d{1,8})?)?/?")
NUMBER = like(r"[+-]?\d{1,12}([./]\d{1,9})?")
LANGUAGE = like(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
TIMECODE = like(r"\d\d:\d\d:\d\d[:;.]\d\d\d?")

EXIF_MAIN: Mapping[int, Form] = {
    **dict.fromkeys((0x010F, 0x0110, 0x0131), NAME),  # make, model, software
    **dict.fromkeys((0x013B, 0x8298), TITLE),  # artist, copyright
    0x010E: PROSE,  # description
    0x0132: DATE,
    **dict.fromkeys((0x4746, 0x4749), numbers(1)),  # rating
    **dict.fromkeys((0x9C9B, 0x9C9D, 0x9C9E, 0x9C9F), WIDE_TITLE),  # Windows' title, author, keywords, subject
    0x9C9C: WIDE_PROSE,  # Windows' comment
}
EXIF_PART: Mapping[int, Form] = {
    **dict.fromkeys((0x829A, 0x829D, 0x8822, *range(0x8830, 0x8836)), numbers(1)),  # exposure, sensitivity
    0x8827: numbers(3),  # ISO
    0x9000: octets(4),
    **dict.fromkeys((0x9003, 0x9004), DATE),
    **dict.fromkeys(range(0x9010, 0x9013), like(r"[+-]\d\d:\d\d")),
    **dict.fromkeys((*range(0x9201, 0x920B), *range(0x9400, 0x9406)), numbers(1)),  # aperture, light, flash, weather
    **dict.fromkeys(range(0x9290, 0x9293), like(r"\d{1,9}")),
    **dict.fromkeys((*range(0xA20B, 0xA211), 0xA215, 0xA217), numbers(1)),  # sensor
    **dict.fromkeys((0xA300, 0xA301), octets(1)),
    **dict.fromkeys((*range(0xA401, 0xA40B), 0xA40C), numbers(1)),  # how it was processed, zoom, scene
    **dict.fromkeys((0xA430, 0xA431, 0xA433, 0xA434, 0xA435), NAME),  # owner, lens
    0xA432: numbers(4),
}
EXIF_PLACE: Mapping[int, Form] = {
    0: octets(4),
    **dict.fromkeys((1, 3, 9, 10, 12, 14, 16, 19, 21, 23, 25), like("[A-Z0-9]")),
    **dict.fromkeys((2, 4, 7, 20, 22), numbers(3)),
    **dict.fromkeys((6, 11, 13, 15, 17, 24, 26, 30, 31), numbers(1)),
    5: lambda value: value if value in (0, 1, b"\0", b"\1") else None,
    18: NAME,
    29: DATE,
}

DC = "http://purl.org/dc/elements/1.1/"
XMP_BASIC = "http://ns.adobe.com/xap/1.0/"
RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
NAMESPACES = {"dc": DC, "xmp": XMP_BASIC, "xmpRights": RIGHTS, "photoshop": PHOTOSHOP, "Iptc4xmpCore": IPTC}
XMP: Mapping[tuple[str, str], tuple[str, Form]] = {
    (DC, "title"): (RDF_ALT, TITLE),
    (DC, "description"): (RDF_ALT, PROSE),
    (DC, "rights"): (RDF_ALT, TITLE),
    (DC, "creator"): (RDF_SEQ, NAME),
    (DC, "subject"): (RDF_BAG, NAME),
    **{(XMP_BASIC, name): (SIMPLE, DATE) for name in ("CreateDate", "ModifyDate", "MetadataDate")},
    **{(XMP_BASIC, name): (SIMPLE, NAME) for name in ("CreatorTool", "Label")},
    (XMP_BASIC, "Rating"): (SIMPLE, NUMBER),
    (RIGHTS, "UsageTerms"): (RDF_ALT, TITLE),
    (RIGHTS, "WebStatement"): (SIMPLE, TITLE),
    (RIGHTS, "Marked"): (SIMPLE, like("True|False")),
    (PHOTOSHOP, "DateCreated"): (SIMPLE, DATE),
    **{(PHOTOSHOP, name): (SIMPLE, TITLE) for name in ("Headline", "Credit", "Source", "Instructions")},
    **{(PHOTOSHOP, name): (SIMPLE, NAME) for name in ("City", "State", "Country", "AuthorsPosition")},
    (IPTC, "Location"): (SIMPLE, NAME),
    (IPTC, "CountryCode"): (SIMPLE, LANGUAGE),
}
MOST_ITEMS = 50  # of one XMP list

TAGS: Mapping[str, Form] = {  # of a film's container
    **dict.fromkeys(("title", "show", "album", "copyright", "publisher", "collection", "subtitle"), TITLE),
    **dict.fromkeys(("comment", "description", "synopsis", "summary", "keywords"), PROSE),
    **dict.fromkeys(("artist", "album_artist", "author", "composer", "performer", "director", "producer"), NAME),
    **dict.fromkeys(("genre", "network", "make", "model", "software", "episode_id", "rights"), NAME),
    **dict.fromkeys(("date", "creation_time", "year", "date_recorded", "date_released", "creation_date"), DATE),
    **dict.fromkeys(("track", "disc", "season_number", "episode_sort", "rating", "media_type", "hd_video"), NUMBER),
    **dict.fromkeys(("location",), PLACE),
    "language": LANGUAGE,
    "timecode": TIMECODE,
    **{
        f"com.apple.quicktime.{name}": NAME
        for name in ("make", "model", "software", "author", "artist", "album", "camera.identifier", "camera.lens_model")
    },
    **{f"com.apple.quicktime.{name}": TITLE for name in ("title", "displayname", "copyright", "publisher")},
    **{f"com.apple.quicktime.{name}": PROSE for name in ("description", "comment", "keywords")},
    "com.apple.quicktime.creationdate": DATE,
    "com.apple.quicktime.location.iso6709": PLACE,
    "com.apple.quicktime.location.accuracy.horizontal": NUMBER,
    **{f"com.android.{name}": NAME for name in ("version", "manufacturer", "model")},
    "com.android.capture.fps": NUMBER,
}
TRACK_TAGS: Mapping[str, Form] = {
    **dict.fromkeys(("title", "handler_name", "comment"), TITLE),
    "language": LANGUAGE,
    "timecode": TIMECODE,
    "creation_time": DATE,
}
CHAPTER_TAGS: Mapping[str, Form] = {"title": TITLE, "language": LANGUAGE}


def kept_tags(tags: Mapping[str, str], known: Mapping[str, Form]) -> dict[str, str]:
    """A film's tags to keep; keys in upper or lower case, text also by language ('title-eng')."""
    forms = dict[str, Form]()
    for key in {each.lower(): each for each in tags}.values():
        form = known.get(re.sub(r"-[a-z]{2,3}$", "", key.lower()))
        if form is not None and (key.lower() in known or (form in PLAIN_WORDS and len(forms) < MOST_ITEMS)):
            forms[key] = form
    return kept(tags, forms)


def kept(values: Mapping[Any, Any], known: Mapping[Any, Form]) -> dict[Any, Any]:
    """The listed values that have their form; no text at all if the texts together look encoded."""
    found = {}
    for key in sorted(set(known) & set(values)):
        with contextlib.suppress(*FAILURES):
            if (value := known[key](values[key])) is not None:
                found[key] = value
    texts = {key: value for key, value in found.items() if known[key] in PLAIN_WORDS}
    texts |= {key: value.decode("utf-16-le") for key, value in found.items() if known[key] in WIDE_WORDS}
    return {key: value for key, value in found.items() if may_go_along(texts.values()) or key not in texts}
