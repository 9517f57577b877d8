"""The payload: id, facts, signature and hidden code as bits. Knows no pixels."""

from underdrawing.payload.trust import SignatureStatus

__all__ = ["SignatureStatus"]
