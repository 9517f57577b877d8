"""Facts about a picture, as its own metadata tells them.

Three generations of metadata say the same things; where they differ, XMP wins over IPTC-IIM, and that over Exif (ours:
the younger one is what editors write today, and cameras fill Exif descriptions with their own name).

Source: IPTC Photo Metadata Standard 2023.2 (names, and their places in XMP and IIM); Exif 2.32.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from underdrawing.images import exif
from underdrawing.images.directories import Directory, DirectoryError, parse_directory
from underdrawing.images.iptc import iptc_texts
from underdrawing.images.picture import Metadata
from underdrawing.images.xmp import xmp_properties

__all__ = [
    "EXIF_TEXTS",
    "IIM_DATE",
    "IIM_TIME",
    "PLACES",
    "SEPARATOR",
    "TAKEN",
    "TAKEN_OFFSET",
    "XMP_DATES",
    "Place",
    "XmpForm",
    "facts_from_metadata",
    "truncated_facts",
]

SEPARATOR = "; "
MAX_FACT_CHARACTERS = 10_000
_DC, _PHOTOSHOP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/photoshop/1.0/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"


class XmpForm(StrEnum):
    """How XMP writes a property."""

    TEXT = "text"
    LANGUAGES = "Alt"
    ORDERED = "Seq"
    UNORDERED = "Bag"


@dataclass(frozen=True)
class Place:
    """Where metadata keeps a fact.

    Attributes:
        fact: Its IPTC name.
        namespace, name: The XMP property.
        form: How XMP writes it; a list holds several texts.
        dataset: The IIM dataset (2:xx); None where IIM has none.
        max_bytes: What IIM allows that dataset; a longer text is cut off there.
        told: Whether ``facts_from_metadata`` tells it without being asked for every fact.
    """

    fact: str
    namespace: str
    name: str
    form: XmpForm = XmpForm.TEXT
    dataset: int | None = None
    max_bytes: int = 0
    told: bool = False

    @property
    def key(self) -> str:
        """The property as ``xmp_properties`` calls it."""
        return f"{self.namespace} {self.name}"

    @property
    def is_list(self) -> bool:
        """Whether it holds several texts."""
        return self.form in (XmpForm.ORDERED, XmpForm.UNORDERED)


_ALT, _SEQ, _BAG = XmpForm.LANGUAGES, XmpForm.ORDERED, XmpForm.UNORDERED
PLACES: tuple[Place, ...] = (
    Place("title", _DC, "title", _ALT, 5, 64, told=True),
    Place("headline", _PHOTOSHOP, "Headline", XmpForm.TEXT, 105, 256, told=True),
    Place("description", _DC, "description", _ALT, 120, 2000, told=True),
    Place("creator", _DC, "creator", _SEQ, 80, 32, told=True),
    Place("credit", _PHOTOSHOP, "Credit", XmpForm.TEXT, 110, 32, told=True),
    Place("source", _PHOTOSHOP, "Source", XmpForm.TEXT, 115, 32, told=True),
    Place("copyrightNotice", _DC, "rights", _ALT, 116, 128, told=True),
    Place("city", _PHOTOSHOP, "City", XmpForm.TEXT, 90, 32, told=True),
    Place("provinceState", _PHOTOSHOP, "State", XmpForm.TEXT, 95, 32, told=True),
    Place("country", _PHOTOSHOP, "Country", XmpForm.TEXT, 101, 64, told=True),
    Place("keywords", _DC, "subject", _BAG, 25, 64, told=True),
    Place("digitalSourceType", _IPTC_EXTENSION, "DigitalSourceType", told=True),
    Place("sublocation", _IPTC_CORE, "Location", XmpForm.TEXT, 92, 32),
    Place("countryCode", _IPTC_CORE, "CountryCode", XmpForm.TEXT, 100, 3),
    Place("captionWriter", _PHOTOSHOP, "CaptionWriter", XmpForm.TEXT, 122, 32),
    Place("creatorJobTitle", _PHOTOSHOP, "AuthorsPosition", XmpForm.TEXT, 85, 32),
    Place("instructions", _PHOTOSHOP, "Instructions", XmpForm.TEXT, 40, 256),
    Place("jobId", _PHOTOSHOP, "TransmissionReference", XmpForm.TEXT, 103, 32),
    Place("usageTerms", _RIGHTS, "UsageTerms", _ALT),
    Place("webStatementOfRights", _RIGHTS, "WebStatement"),
    Place("altText", _IPTC_CORE, "AltTextAccessibility", _ALT),
    Place("extendedDescription", _IPTC_CORE, "ExtDescrAccessibility", _ALT),
    Place("event", _IPTC_EXTENSION, "Event", _ALT),
    Place("personInImage", _IPTC_EXTENSION, "PersonInImage", _BAG),
    Place("organisationInImage", _IPTC_EXTENSION, "OrganisationInImageName", _BAG),
)
"""The one table that reads facts out of metadata and writes them back; dates and positions are treated apart.

Source: IPTC Photo Metadata Standard 2023.2; lengths from IIM 4.2, chapter 6.
"""
XMP_DATES = (f"{_PHOTOSHOP} DateCreated", "http://ns.adobe.com/exif/1.0/ DateTimeOriginal")
IIM_DATE, IIM_TIME = 55, 60
_ISO_8601 = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
EXIF_TEXTS = {"description": 0x010E, "creator": 0x013B, "copyrightNotice": 0x8298}
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011
_PLACE_OF = {place.fact: place for place in PLACES}
_UTF_8_BYTES = 4


def facts_from_metadata(metadata: Metadata, *, position: bool = False, every: bool = False) -> dict[str, str]:
    """What the metadata of a picture says about it, by IPTC Photo Metadata names.

    ``title``, ``headline``, ``description``, ``creator``, ``credit``, ``source``, ``copyrightNotice``, ``city``,
    ``provinceState``, ``country``, ``keywords``, ``digitalSourceType``, ``dateCreated`` (ISO 8601, as precise as the
    source), and ``gpsLatitude``, ``gpsLongitude`` (decimal degrees, WGS 84, north and east positive). Several creators
    or keywords are joined by ``"; "``. Fields that are empty, damaged or longer than 10,000 characters are left out one
    by one; nothing in the metadata raises.

    Args:
        position: tell the GPS position too. Not by default: facts are published, and it may be somebody's home.
        every: tell all facts of ``PLACES``: who is shown, which event, the terms of use and the like.
    """
    places = [place for place in PLACES if place.told or every]
    facts: dict[str, str] = {}
    exif_facts = _from_exif(metadata.exif, position=position)
    for told in (exif_facts, _from_iptc(metadata.iptc, places), _from_xmp(metadata.xmp, places)):
        facts |= told
    order = [place.fact for place in places] + ["dateCreated", "gpsLatitude", "gpsLongitude"]
    return {name: facts[name] for name in order if name in facts}


def truncated_facts(metadata: Metadata) -> frozenset[str]:
    """Facts of ``facts_from_metadata`` that IIM alone tells, in texts as long as it allows: probably cut off there."""
    texts = iptc_texts(metadata.iptc) if metadata.iptc else {}
    elsewhere = _from_xmp(metadata.xmp, PLACES)
    return frozenset(
        place.fact
        for place in PLACES
        if place.fact not in elsewhere and any(_is_full(text, place) for text in texts.get(place.dataset or 0, []))
    )


def _is_full(text: str, place: Place) -> bool:
    """Whether another character of up to four bytes might not have fitted."""
    return place.max_bytes > _UTF_8_BYTES and len(text.encode()) > place.max_bytes - _UTF_8_BYTES


def _from_xmp(packet: bytes | None, places: Iterable[Place]) -> dict[str, str]:
    properties = xmp_properties(packet) if packet else {}
    facts = {place.fact: _clean(properties.get(place.key, []), place) for place in places}
    dates = (_date(text) for key in XMP_DATES for text in properties.get(key, []))
    return _present(facts | {"dateCreated": next(filter(None, dates), "")})


def _from_iptc(records: bytes | None, places: Iterable[Place]) -> dict[str, str]:
    texts = iptc_texts(records) if records else {}
    facts = {place.fact: _clean(texts.get(place.dataset, []), place) for place in places if place.dataset is not None}
    return _present(facts | {"dateCreated": _iptc_date(texts)})


def _iptc_date(texts: Mapping[int, list[str]]) -> str:
    """CCYYMMDD and HHMMSS±HHMM, zero where unknown, as ISO 8601."""
    clock = "".join(texts.get(IIM_TIME, [])[:1]).strip("\0 ")
    day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", "".join(texts.get(IIM_DATE, [])[:1]).strip("\0 "), re.ASCII)
    time = re.fullmatch(r"(\d\d)(\d\d)(\d\d)([+-]\d\d)(\d\d)", clock, re.ASCII)
    if not day:
        return ""
    known = "-".join(part for part in day.groups() if int(part))
    if time and len(known) == 10:
        known += "T{}:{}:{}{}:{}".format(*time.groups())
    return _date(known)


def _from_exif(block: bytes | None, *, position: bool) -> dict[str, str]:
    try:
        first = parse_directory(block) if block else None
    except DirectoryError:
        first = None
    if first is None:
        return {}
    facts = {name: _clean([_exif_text(first, tag)], _PLACE_OF[name]) for name, tag in EXIF_TEXTS.items()}
    photo, gps = first.child(exif.EXIF_POINTER), first.child(exif.GPS_POINTER)
    if photo:
        facts["dateCreated"] = _exif_date(photo)
    if gps and position:
        latitude, longitude = _degrees(gps, 1, "NS", 90), _degrees(gps, 3, "EW", 180)
        if latitude and longitude:
            facts |= {"gpsLatitude": latitude, "gpsLongitude": longitude}
    return _present(facts)


def _exif_text(directory: Directory, tag: int) -> str:
    """Text of a field: UTF-8 where it is valid, else Latin-1; the parts between zeros (photographer, editor) joined."""
    entry = directory.entries.get(tag)
    value = directory.value(tag) if entry and entry.size <= 4 * MAX_FACT_CHARACTERS else None
    if value is None or value.kind not in (2, 7, 129):
        return ""
    parts = [part.strip() for part in value.data.split(b"\0")]
    data = SEPARATOR.encode().join(part for part in parts if part)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _exif_date(photo: Directory) -> str:
    taken = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", _exif_text(photo, TAKEN), re.ASCII)
    offset = re.fullmatch(r"[+-]\d\d:\d\d", _exif_text(photo, TAKEN_OFFSET), re.ASCII)
    if not taken:
        return ""
    return _date("{}-{}-{}T{}".format(*taken.groups()) + (offset.group() if offset else ""))


def _degrees(gps: Directory, tag: int, signs: str, limit: int) -> str:
    """Decimal degrees of a position: reference in field ``tag``, degrees, minutes and seconds in the next one."""
    reference, value = _exif_text(gps, tag), gps.value(tag + 1)
    numbers = value.rationals(gps.order) if value and len(value.data) <= 24 else ()
    if len(numbers) != 3 or reference not in tuple(signs):
        return ""
    degrees = numbers[0] + numbers[1] / 60 + numbers[2] / 3600
    return f"{degrees * (1 if reference == signs[0] else -1):.6f}" if 0 <= degrees <= limit else ""


def _date(text: str) -> str:
    """The text if it is a date of the calendar in ISO 8601, else nothing."""
    text = text.strip()
    if not _ISO_8601.fullmatch(text) or not 1 <= int(text[5:7] or 1) <= 12 or not 1 <= int(text[8:10] or 1) <= 31:
        return ""
    return text if int(text[:4]) and int(text[11:13] or 0) < 24 and int(text[14:16] or 0) < 60 else ""


def _clean(texts: list[str], place: Place) -> str:
    """One line or several, without control characters; nothing if that leaves nothing, or too much."""
    kept = [_SPACES.sub(" ", _CONTROLS.sub(" ", text)).strip() for text in texts]
    kept = [text for text in kept if text][: None if place.is_list else 1]
    joined = SEPARATOR.join(kept)
    return joined if len(joined) <= MAX_FACT_CHARACTERS else ""


def _present(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in facts.items() if text}
