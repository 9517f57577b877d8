"""IPTC-IIM records with other facts in them, all in UTF-8.

Source: IPTC-NAA Information Interchange Model 4.2, chapters 5 and 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from underdrawing.images.facts import IIM_DATE, IIM_TIME, PLACES, SEPARATOR, Place
from underdrawing.images.iptc import UTF_8_MARK, Dataset, datasets, pack_datasets

__all__ = ["amend_iptc"]

_APPLICATION, _ENVELOPE = 2, 1
_VERSION: Dataset = (_APPLICATION, 0, b"\0\4")
_BINARY = frozenset([0, 125, 200, 201, 202])
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def amend_iptc(records: bytes | None, facts: Mapping[str, str]) -> bytes:
    """Records that say these facts.

    Args:
        records: What there is; None makes new ones. From the first damaged dataset on, nothing is kept.
        facts: By IPTC name; those without a dataset are passed over, and texts are cut off where IIM ends.
    """
    new = list(_new(facts))
    replaced = {place.dataset for place in PLACES if place.dataset and place.fact in facts}
    replaced |= {IIM_DATE, IIM_TIME} if "dateCreated" in facts else set()
    old = [item for item in datasets(records or b"") if item[:2] not in (UTF_8_MARK[:2], _VERSION[:2])]
    envelope = [item for item in old if item[0] == _ENVELOPE]
    kept = [_in_utf_8(item) for item in old if item[0] != _ENVELOPE and item[:2] not in {(2, n) for n in replaced}]
    return pack_datasets([UTF_8_MARK, *envelope, _VERSION, *kept, *new])


def _new(facts: Mapping[str, str]) -> Iterator[Dataset]:
    for place in PLACES:
        if place.dataset is not None and place.fact in facts:
            value = facts[place.fact]
            for item in value.split(SEPARATOR) if place.is_list else [value]:
                yield _APPLICATION, place.dataset, _cut(item, place)
    found = _DATE.fullmatch(facts.get("dateCreated", ""))
    if found is not None:
        year, month, day, hour, minute, second, zone = found.groups()
        yield _APPLICATION, IIM_DATE, f"{year}{month or '00'}{day or '00'}".encode()
        if hour and zone:
            offset = "+0000" if zone == "Z" else zone.replace(":", "")
            yield _APPLICATION, IIM_TIME, f"{hour}{minute}{second or '00'}{offset}".encode()


def _cut(text: str, place: Place) -> bytes:
    """As much of a text as its dataset may hold, in whole characters."""
    return text.encode()[: place.max_bytes].decode(errors="ignore").encode()


def _in_utf_8(item: Dataset) -> Dataset:
    """A kept text in UTF-8, whatever it was written in before."""
    record, number, data = item
    if record != _APPLICATION or number in _BINARY:
        return item
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return record, number, data.decode("latin-1").encode()
    return item
