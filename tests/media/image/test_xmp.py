"""XMP is written anew from what is known, whatever else is in it."""

from __future__ import annotations

import base64

import photos
import pytest

from livebg.media.image.xmp import rewritten

HIDDEN = base64.b64encode(photos.file_of(photos.scene(24, 32), "JPEG")).decode()
NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" '
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/" '
    'xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" xmlns:own="urn:own" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/"'
)


def xmp(attributes: str = "", body: str = "", before: str = "") -> bytes:
    return (
        f'{before}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"<rdf:Description {NAMES} {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def test_words_dates_and_numbers_go_along_in_their_forms() -> None:
    lists = (
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Ich &amp; du</rdf:li><rdf:li xml:lang="fr">Nous</rdf:li>'
        "</rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>river</rdf:li><rdf:li>winter</rdf:li></rdf:Bag></dc:subject>"
    )
    told = rewritten(xmp('xmp:Rating="4" xmp:CreateDate="2026-11-28T16:00:00+01:00"', lists)).decode()
    assert (
        '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Ich &amp; du</rdf:li><rdf:li xml:lang="fr">Nous</rdf:li>'
        in told
    )
    assert "<dc:subject><rdf:Bag><rdf:li>river</rdf:li><rdf:li>winter</rdf:li></rdf:Bag>" in told
    assert "<xmp:Rating>4</xmp:Rating>" in told
    assert "2026-11-28T16:00:00+01:00" in told
    assert rewritten(told.encode()) == told.encode()


@pytest.mark.parametrize(
    "attributes",
    [
        f'GDepth:Mime="image/png" GDepth:Data="{HIDDEN}"',
        f'xmpGImg:image="{HIDDEN}"',
        f'own:preview="{HIDDEN}"',
        f'dc:title="{HIDDEN}"',
        f'dc:description="{HIDDEN[:600]}"',
        f'xmp:Rating="{HIDDEN[:40]}"',
        f'xmp:CreateDate="{HIDDEN[:40]}"',
        'xmpNote:HasExtendedXMP="0123456789ABCDEF0123456789ABCDEF"',
        'hdrgm:Version="1.0"',
        'GCamera:MicroVideo="1" GCamera:MicroVideoOffset="12345"',
    ],
)
def test_pictures_and_what_refers_to_what_is_gone_stay_behind(attributes: str) -> None:
    assert rewritten(xmp(attributes)) == b""
    told = rewritten(xmp(attributes + ' xmp:Label="red"')).decode()
    assert "<xmp:Label>red</xmp:Label>" in told
    assert "CreatorTool" not in told
    assert not any(
        each in told for each in ("GDepth", "GImg", "own:", "Extended", "hdrgm", "MicroVideo", HIDDEN[20:60])
    )


def test_pictures_deeper_in_stay_behind() -> None:
    body = (
        f"<xmp:Thumbnails><rdf:Alt><rdf:li><xmpGImg:image>{HIDDEN}</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails>"
        "<Container:Directory><rdf:Seq><rdf:li/></rdf:Seq></Container:Directory>"
    )
    assert rewritten(xmp(body=body)) == b""


def test_a_picture_in_keywords_stays_behind() -> None:
    pieces = "".join(f"<rdf:li>{HIDDEN[at : at + 40]}</rdf:li>" for at in range(0, 1200, 40))
    assert rewritten(xmp(body=f"<dc:subject><rdf:Bag>{pieces}</rdf:Bag></dc:subject>")) == b""


def test_a_picture_in_languages_stays_behind() -> None:
    code = HIDDEN.replace("+", "").replace("/", "")
    codes = [f"en-{code[at : at + 8]}-{code[at + 8 : at + 16]}" for at in range(0, 480, 16)]
    items = "".join(f'<rdf:li xml:lang="{each}">a</rdf:li>' for each in codes)
    assert rewritten(xmp(body=f"<dc:title><rdf:Alt>{items}</rdf:Alt></dc:title>")) == b""


def test_three_dates_are_no_reason_to_refuse_words() -> None:
    dates = " ".join(f'xmp:{each}="2026-11-28T16:00:00+01:00"' for each in ("CreateDate", "ModifyDate", "MetadataDate"))
    assert b"MetadataDate" in rewritten(xmp(f'{dates} xmp:Label="red"'))


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        xmp('xmp:Label="red"', before='<!DOCTYPE a [<!ENTITY b "c">]>'),
        xmp('xmp:Label="&b;"', before='<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/hostname">]>'),
        xmp('xmp:Label="red"')[:-20],
        b"<a>" * 100_000,
        b"\0\xff",
        b"",
        xmp('xmp:Label="red"') + b" " * 2_000_000,
    ],
)
def test_what_is_no_xmp_is_as_good_as_none(data: bytes) -> None:
    assert rewritten(data) == b""
