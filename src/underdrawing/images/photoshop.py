"""Photoshop image resources, the wrapping in which JPEG and TIFF files carry IPTC records.

    resource   8BIM · number (2) · Pascal string, padded to even · size (4) · data, padded to even

Source: Adobe Photoshop File Formats Specification (2019), Image Resource Blocks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["iptc_resource", "replace_iptc", "wrap_iptc"]

IPTC_NUMBER, DIGEST_NUMBER = 0x0404, 0x0425


def iptc_resource(resources: bytes) -> bytes | None:
    """IPTC records among image resources; None if there are none, or the resources are damaged before them."""
    return next((data or None for number, _, data in _resources(resources) if number == IPTC_NUMBER), None)


def replace_iptc(resources: bytes, records: bytes) -> bytes:
    """The image resources with these IPTC records in place of theirs, and without the digest of the old ones."""
    kept = b"".join(raw for number, raw, _ in _resources(resources) if number not in (IPTC_NUMBER, DIGEST_NUMBER))
    return wrap_iptc(records) + kept


def _resources(resources: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, whole and data of each resource, up to the first damaged one."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        begin, number = at, struct.unpack_from(">H", resources, at + 4)[0]
        name_bytes = resources[at + 6] + 1
        at += 6 + name_bytes + name_bytes % 2
        if at + 4 > len(resources):
            return
        size = struct.unpack_from(">I", resources, at)[0]
        at += 4
        if size > len(resources) - at:
            return
        data = resources[at : at + size]
        at += size + size % 2
        yield number, resources[begin:at].ljust(at - begin, b"\0"), data


def wrap_iptc(records: bytes) -> bytes:
    """One image resource that holds the IPTC records."""
    return struct.pack(">4sHHI", b"8BIM", IPTC_NUMBER, 0, len(records)) + records + b"\0" * (len(records) % 2)
