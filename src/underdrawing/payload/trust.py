"""Whom to believe: what a signature is worth to this reader."""

from enum import StrEnum

__all__ = ["SignatureStatus"]


class SignatureStatus(StrEnum):
    """What the reader can say about the signature in a payload."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN_KEY = "unknown-key"
    ABSENT = "absent"
