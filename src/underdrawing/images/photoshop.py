"""Photoshop image resources, the wrapping in which JPEG and TIFF files carry IPTC records.

    resource   8BIM · number (2) · Pascal string, padded to even · size (4) · data, padded to even

Source: Adobe Photoshop File Formats Specification (2019), Image Resource Blocks.
"""

from __future__ import annotations

import struct

__all__ = ["iptc_resource", "wrap_iptc"]

IPTC_NUMBER = 0x0404


def iptc_resource(resources: bytes) -> bytes | None:
    """IPTC records among image resources; None if there are none, or the resources are damaged before them."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        number = struct.unpack_from(">H", resources, at + 4)[0]
        name_bytes = resources[at + 6] + 1
        at += 6 + name_bytes + name_bytes % 2
        if at + 4 > len(resources):
            return None
        size = struct.unpack_from(">I", resources, at)[0]
        at += 4
        if number == IPTC_NUMBER:
            return resources[at : at + size] if 0 < size <= len(resources) - at else None
        at += size + size % 2
    return None


def wrap_iptc(records: bytes) -> bytes:
    """One image resource that holds the IPTC records."""
    return struct.pack(">4sHHI", b"8BIM", IPTC_NUMBER, 0, len(records)) + records + b"\0" * (len(records) % 2)
