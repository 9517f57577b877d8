"""XMP packets with other facts in them: what is replaced is cut out, what is new is put in, no other byte changes.

Source: XMP Specification part 1 (ISO 16684-1), clause 7; IPTC Photo Metadata Standard 2023.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from underdrawing.images.facts import PLACES, SEPARATOR, XMP_DATES, Place, XmpForm
from underdrawing.images.xmp import RDF, xmp_properties

__all__ = ["amend_xmp"]

_EXIF = "http://ns.adobe.com/exif/1.0/"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    _EXIF: "exif",
}
_POSITIONS = {"gpsLatitude": ("GPSLatitude", "NS"), "gpsLongitude": ("GPSLongitude", "EW")}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BEGIN = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
)
_END = b'</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")


def amend_xmp(packet: bytes | None, facts: Mapping[str, str]) -> bytes:
    """A packet that says these facts.

    Args:
        packet: What there is; None, or one that cannot be read, makes a new one.
        facts: By IPTC name; those without a place in XMP are passed over.

    Returns:
        The packet, UTF-8. Properties of facts that are not given stay as they were, byte by byte.
    """
    wanted = dict(_properties(facts))
    if packet is not None and xmp_properties(packet):
        amended = _spliced(packet.strip(b"\0 \r\n\t"), wanted)
        if amended is not None and xmp_properties(amended):
            return amended
    return _BEGIN + _description(wanted, about="") + _END


def _properties(facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The XML of each property by ``namespace name``; an empty one says that the property goes."""
    for place in PLACES:
        if place.fact in facts:
            yield place.key, _element(place, facts[place.fact])
    if "dateCreated" in facts:
        created, taken = XMP_DATES
        yield created, _simple(created, facts["dateCreated"])
        yield taken, ""
    for name, (tag, signs) in _POSITIONS.items():
        if name in facts and (position := _position(facts[name], signs)):
            yield f"{_EXIF} {tag}", _simple(f"{_EXIF} {tag}", position)


def _element(place: Place, value: str) -> str:
    if place.form is XmpForm.TEXT:
        return _simple(place.key, value)
    items = value.split(SEPARATOR) if place.is_list else [value]
    language = ' xml:lang="x-default"' if place.form is XmpForm.LANGUAGES else ""
    rows = "".join(f"<rdf:li{language}>{_text(item)}</rdf:li>" for item in items)
    return _tagged(place.key, f"<rdf:{place.form}>{rows}</rdf:{place.form}>")


def _simple(key: str, value: str) -> str:
    return _tagged(key, _text(value))


def _tagged(key: str, inside: str) -> str:
    namespace, _, name = key.partition(" ")
    tag = f"{_PREFIXES[namespace]}:{name}"
    return f"<{tag}>{inside}</{tag}>\n"


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("", value))


def _position(value: str, signs: str) -> str:
    """Degrees and decimal minutes as XMP writes them: ``55,56.538000N``; nothing for what is no number."""
    try:
        degrees = float(value)
    except ValueError:
        return ""
    if not abs(degrees) <= 180:
        return ""
    whole, part = divmod(abs(degrees), 1)
    return f"{int(whole)},{60 * part:.6f}{signs[degrees < 0]}"


def _description(wanted: Mapping[str, str], *, about: str) -> bytes:
    spaces = "".join(f'\n xmlns:{prefix}="{namespace}"' for namespace, prefix in _PREFIXES.items())
    rdf = f'xmlns:rdf="{RDF}" rdf:about={quoteattr(about)}'
    return f"\n<rdf:Description {rdf}{spaces}>\n{''.join(wanted.values())}</rdf:Description>\n".encode()


@dataclass
class _Scan:
    """Finds, in one pass, the bytes to cut out and the place to put new ones in."""

    data: bytes
    keys: frozenset[str]
    parser: expat.XMLParserType
    cuts: list[tuple[int, int]] = field(default_factory=list)
    insert_at: int | None = None
    about: str = ""
    _open: list[str] = field(default_factory=list)
    _cut_from: int | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name, _ = _split(name)
        if len(self._open) >= 2 and self._open[-2:] == [f"{RDF} RDF", f"{RDF} Description"]:
            if name in self.keys and self._cut_from is None:
                self._cut_from = self.parser.CurrentByteIndex
        elif self._open[-1:] == [f"{RDF} RDF"] and name == f"{RDF} Description":
            self._take_attributes(attributes)
        self._open.append(name)

    def end(self, name: str) -> None:
        at = self.parser.CurrentByteIndex
        self._open.pop()
        if _split(name)[0] == f"{RDF} RDF" and self.data[at : at + 2] == b"</":
            self.insert_at = at
        is_property = self._open[-2:] == [f"{RDF} RDF", f"{RDF} Description"]
        if self._cut_from is not None and is_property:
            self.cuts.append((self._cut_from, self._end_of(self._cut_from, at)))
            self._cut_from = None

    def _end_of(self, begin: int, at: int) -> int:
        """Where an element ends whose end is reported at ``at``: before its end tag, or behind a tag that is both."""
        tag = _TAG.match(self.data, begin)
        if tag is not None and tag.end() == at and tag.group().endswith(b"/>"):
            return at
        return self.data.index(b">", at) + 1

    def _take_attributes(self, attributes: dict[str, str]) -> None:
        """Cut the properties that are written as attributes."""
        begin = self.parser.CurrentByteIndex
        tag = _TAG.match(self.data, begin)
        for name, value in attributes.items():
            key, prefix = _split(name)
            if key == f"{RDF} about":
                self.about = value
            if key not in self.keys or tag is None:
                continue
            qualified = re.escape(f"{prefix}:{key.partition(' ')[2]}".encode())
            found = re.search(rb"""\s+%s\s*=\s*("[^"]*"|'[^']*')""" % qualified, tag.group())
            if found:
                self.cuts.append((begin + found.start(), begin + found.end()))


def _split(name: str) -> tuple[str, str]:
    """``namespace local prefix`` as ``namespace local`` and the prefix."""
    parts = name.split(" ")
    return " ".join(parts[:2]), parts[2] if len(parts) == 3 else ""


def _spliced(packet: bytes, wanted: Mapping[str, str]) -> bytes | None:
    """The packet with the old properties cut out and the new ones put in; None where there is no place for them."""
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.namespace_prefixes = True
    scan = _Scan(packet, frozenset(wanted), parser)
    parser.StartElementHandler, parser.EndElementHandler = scan.start, scan.end
    try:
        parser.Parse(packet, True)
    except (expat.ExpatError, ValueError):
        return None
    if scan.insert_at is None:
        return None
    new = _description(wanted, about=scan.about)
    edits = sorted([*((begin, end, b"") for begin, end in scan.cuts), (scan.insert_at, scan.insert_at, new)])
    parts, at = [], 0
    for begin, end, bytes_there in edits:
        parts += [packet[at:begin], bytes_there]
        at = max(at, end)
    return b"".join([*parts, packet[at:]])
