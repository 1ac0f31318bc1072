"""Reads XMP with a real parser and rewrites it from only those properties that media/metadata.py lists.

The input is untrusted: it refuses document types and entities, and treats invalid XMP as none.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape

from livebg.media.metadata import LANGUAGE, MOST_ITEMS, NAMESPACES, PLAIN_WORDS, RDF_ALT, SIMPLE, XMP, may_go_along

MOST_BYTES = 2_000_000
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANG = "http://www.w3.org/XML/1998/namespace lang"
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
_TAIL = '</x:xmpmeta><?xpacket end="r"?>'

Items = list[tuple[str, str]]  # (language or "", text)


def rewritten(data: bytes) -> bytes:
    """The XMP to keep; b"" for none. Without an orientation, because the picture is upright."""
    if not data or len(data) > MOST_BYTES:
        return b""
    try:
        root = _tree(data.rstrip(b"\0"))
    except (expat.ExpatError, ValueError, LookupError, AssertionError):
        return b""
    found: dict[tuple[str, str], Items] = {}
    for key, items in _properties(root):
        found.setdefault(key, items)
    texts = [text for key, items in found.items() if XMP[key][1] in PLAIN_WORDS for item in items for text in item]
    if not found or not may_go_along(texts):
        return b""
    return _written(found).encode()


def _tree(data: bytes) -> Element:
    """Raises ExpatError, ValueError."""
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise ValueError("XMP has no document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)
    return builder.close()


def _properties(root: Element) -> Iterator[tuple[tuple[str, str], Items]]:
    """The listed properties, with those of their items that have the required form."""
    described = [each for rdf in root.iter(f"{RDF} RDF") for each in rdf if each.tag == f"{RDF} Description"]
    for each in described:
        listed = [(name, [("", value)]) for name, value in each.attrib.items()]
        listed += [(child.tag, _items(child)) for child in each]
        for name, items in listed:
            namespace, _, local = name.rpartition(" ")
            _, form = XMP.get((namespace, local), (SIMPLE, None))
            if form is None:
                continue
            kept = [(lang, text) for lang, raw in items[:MOST_ITEMS] if (text := form(raw)) is not None]
            if kept:
                yield (namespace, local), kept


def _items(prop: Element) -> Items:
    items = [item for kind in prop for item in kind if item.tag == f"{RDF} li"]
    if not items:
        return [("", (prop.text or "").strip())]
    return [(LANGUAGE(item.get(LANG)) or "", (item.text or "").strip()) for item in items]


def _written(found: dict[tuple[str, str], Items]) -> str:
    prefixes = {uri: prefix for prefix, uri in NAMESPACES.items()}
    names = "".join(f' xmlns:{prefixes[uri]}="{uri}"' for uri in sorted({uri for uri, _ in found}))
    body = "".join(_property(f"{prefixes[uri]}:{local}", XMP[uri, local][0], items)
                   for (uri, local), items in found.items())  # fmt: skip
    described = f'<rdf:Description rdf:about=""{names}>{body}</rdf:Description>'
    return f'{_HEAD}<rdf:RDF xmlns:rdf="{RDF}">{described}</rdf:RDF>{_TAIL}'


def _property(name: str, kind: str, items: Items) -> str:
    if kind == SIMPLE:
        return f"<{name}>{escape(items[0][1])}</{name}>"
    marks = [f' xml:lang="{lang or "x-default"}"' if kind == RDF_ALT else "" for lang, _ in items]
    lines = "".join(f"<rdf:li{mark}>{escape(text)}</rdf:li>" for mark, (_, text) in zip(marks, items, strict=True))
    return f"<{name}><rdf:{kind}>{lines}</rdf:{kind}></{name}>"
