"""XMP packets: the few properties we look for, read by a parser that knows no entities and gives up early.

Source: XMP Specification part 1 (ISO 16684-1), clause 7 (the RDF serialisation).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

__all__ = ["xmp_properties"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
_MAX_BYTES, _MAX_DEPTH, _MAX_ELEMENTS = 2**21, 32, 20_000


class _HostileError(Exception):
    """The packet is more than a packet needs to be."""


@dataclass
class _Element:
    name: str
    attributes: dict[str, str]
    text: list[str] = field(default_factory=list)
    children: list[_Element] = field(default_factory=list)


class _Reader:
    """Builds a small tree, and stops at a document type, at depth, and at size."""

    def __init__(self) -> None:
        self.root = _Element("", {})
        self._open = [self.root]
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise _HostileError
        element = _Element(name, attributes)
        self._open[-1].children.append(element)
        self._open.append(element)

    def end(self, name: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].text.append(data)

    def refuse(self, *declaration: object) -> None:
        raise _HostileError


def _parse(packet: bytes) -> _Element | None:
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.buffer_text = True
    try:
        parser.Parse(packet.strip(b"\0 \r\n\t"), True)
    except (expat.ExpatError, _HostileError, ValueError):
        return None
    return reader.root


def xmp_properties(packet: bytes) -> dict[str, list[str]]:
    """Values of the top-level properties by ``namespace name`` (a space between); of the languages of a text, the
    default one first.

    Empty for a packet that is too large, not well-formed, or that declares a document type or entities. Structures
    are left out.
    """
    root = _parse(packet) if len(packet) <= _MAX_BYTES else None
    found: dict[str, list[str]] = {}
    for description in _descriptions(root) if root else ():
        for name, value in description.attributes.items():
            found.setdefault(name, [value])
        for element in description.children:
            values = _values(element)
            if values:
                found.setdefault(element.name, values)
    return found


def _descriptions(root: _Element) -> list[_Element]:
    pending, found = list(root.children), []
    while pending:
        element = pending.pop(0)
        if element.name == f"{RDF} RDF":
            found += [child for child in element.children if child.name == f"{RDF} Description"]
        else:
            pending += element.children
    return found


def _values(element: _Element) -> list[str]:
    containers = [child for child in element.children if child.name in (f"{RDF} Alt", f"{RDF} Seq", f"{RDF} Bag")]
    if not containers:
        resource = element.attributes.get(f"{RDF} resource")
        text = "".join(element.text) if not element.children else ""
        return [value for value in (resource, text) if value and value.strip()][:1]
    items = [item for item in containers[0].children if item.name == f"{RDF} li" and not item.children]
    items.sort(key=lambda item: item.attributes.get(_LANGUAGE) != "x-default" and containers[0].name == f"{RDF} Alt")
    return ["".join(item.text) for item in items]
