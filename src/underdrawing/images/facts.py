"""Facts about a picture, as its own metadata tells them.

Three generations of metadata say the same things; where they differ, XMP wins over IPTC-IIM, and that over Exif (ours:
the younger one is what editors write today, and cameras fill Exif descriptions with their own name).

Source: IPTC Photo Metadata Standard 2023.2 (names, and their places in XMP and IIM); Exif 2.32.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from underdrawing.images import exif
from underdrawing.images.directories import Directory, DirectoryError, parse_directory
from underdrawing.images.iptc import iptc_texts
from underdrawing.images.picture import Metadata
from underdrawing.images.xmp import xmp_properties

__all__ = ["facts_from_metadata"]

SEPARATOR = "; "
MAX_FACT_CHARACTERS = 10_000
_DC, _PHOTOSHOP = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/photoshop/1.0/"
_IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
# Name of the fact, its XMP property, its IIM dataset (2:xx); dates are read apart.
_TEXTS: tuple[tuple[str, str, int | None], ...] = (
    ("title", f"{_DC} title", 5),
    ("headline", f"{_PHOTOSHOP} Headline", 105),
    ("description", f"{_DC} description", 120),
    ("creator", f"{_DC} creator", 80),
    ("credit", f"{_PHOTOSHOP} Credit", 110),
    ("source", f"{_PHOTOSHOP} Source", 115),
    ("copyrightNotice", f"{_DC} rights", 116),
    ("city", f"{_PHOTOSHOP} City", 90),
    ("provinceState", f"{_PHOTOSHOP} State", 95),
    ("country", f"{_PHOTOSHOP} Country", 101),
    ("keywords", f"{_DC} subject", 25),
    ("digitalSourceType", f"{_IPTC_EXTENSION} DigitalSourceType", None),
)
_LISTS = frozenset(["creator", "keywords"])
_XMP_DATES = (f"{_PHOTOSHOP} DateCreated", "http://ns.adobe.com/exif/1.0/ DateTimeOriginal")
_IIM_DATE, _IIM_TIME = 55, 60
_ISO_8601 = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile(r"[^\S\n]+")
_EXIF_TEXTS = (("description", 0x010E), ("creator", 0x013B), ("copyrightNotice", 0x8298))
_TAKEN, _TAKEN_OFFSET = 0x9003, 0x9011


def facts_from_metadata(metadata: Metadata, *, position: bool = False) -> dict[str, str]:
    """What the metadata of a picture says about it, by IPTC Photo Metadata names.

    ``title``, ``headline``, ``description``, ``creator``, ``credit``, ``source``, ``copyrightNotice``, ``city``,
    ``provinceState``, ``country``, ``keywords``, ``digitalSourceType``, ``dateCreated`` (ISO 8601, as precise as the
    source), and ``gpsLatitude``, ``gpsLongitude`` (decimal degrees, WGS 84, north and east positive). Several creators
    or keywords are joined by ``"; "``. Fields that are empty, damaged or longer than 10,000 characters are left out one
    by one; nothing in the metadata raises.

    Args:
        position: tell the GPS position too. Not by default: facts are published, and it may be somebody's home.
    """
    facts: dict[str, str] = {}
    for told in (_from_exif(metadata.exif, position=position), _from_iptc(metadata.iptc), _from_xmp(metadata.xmp)):
        facts |= told
    order = [name for name, _, _ in _TEXTS] + ["dateCreated", "gpsLatitude", "gpsLongitude"]
    return {name: facts[name] for name in order if name in facts}


def _from_xmp(packet: bytes | None) -> dict[str, str]:
    properties = xmp_properties(packet) if packet else {}
    facts = {name: _clean(properties.get(key, []), name) for name, key, _ in _TEXTS}
    dates = (_date(text) for key in _XMP_DATES for text in properties.get(key, []))
    return _present(facts | {"dateCreated": next(filter(None, dates), "")})


def _from_iptc(records: bytes | None) -> dict[str, str]:
    texts = iptc_texts(records) if records else {}
    facts = {name: _clean(texts.get(dataset, []), name) for name, _, dataset in _TEXTS if dataset is not None}
    return _present(facts | {"dateCreated": _iptc_date(texts)})


def _iptc_date(texts: Mapping[int, list[str]]) -> str:
    """CCYYMMDD and HHMMSS±HHMM, zero where unknown, as ISO 8601."""
    clock = "".join(texts.get(_IIM_TIME, [])[:1]).strip("\0 ")
    day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", "".join(texts.get(_IIM_DATE, [])[:1]).strip("\0 "), re.ASCII)
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
    facts = {name: _clean([_exif_text(first, tag)], name) for name, tag in _EXIF_TEXTS}
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
    taken = re.fullmatch(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)", _exif_text(photo, _TAKEN), re.ASCII)
    offset = re.fullmatch(r"[+-]\d\d:\d\d", _exif_text(photo, _TAKEN_OFFSET), re.ASCII)
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


def _clean(texts: list[str], name: str) -> str:
    """One line or several, without control characters; nothing if that leaves nothing, or too much."""
    kept = [_SPACES.sub(" ", _CONTROLS.sub(" ", text)).strip() for text in texts]
    kept = [text for text in kept if text][: None if name in _LISTS else 1]
    joined = SEPARATOR.join(kept)
    return joined if len(joined) <= MAX_FACT_CHARACTERS else ""


def _present(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in facts.items() if text}
