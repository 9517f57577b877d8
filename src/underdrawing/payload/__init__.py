"""The payload: id, facts, signature and hidden code as bits. Knows no pixels."""

from underdrawing.payload.compose import Capacity, Message, compose
from underdrawing.payload.facts import clean_facts
from underdrawing.payload.fields import ANCHOR_BITS, Bits, Block
from underdrawing.payload.keys import ChannelKey, PublicKey, SigningKey
from underdrawing.payload.parse import (
    Anchor,
    Core,
    Detail,
    Fine,
    anchor_hints,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    token_places,
    verify_signature,
)
from underdrawing.payload.signing import SignatureCheck
from underdrawing.payload.trust import Publisher, SignatureStatus, TrustStore

__all__ = [
    "ANCHOR_BITS",
    "Anchor",
    "Bits",
    "Block",
    "Capacity",
    "ChannelKey",
    "Core",
    "Detail",
    "Fine",
    "Message",
    "PublicKey",
    "Publisher",
    "SignatureCheck",
    "SignatureStatus",
    "SigningKey",
    "TrustStore",
    "anchor_hints",
    "clean_facts",
    "compose",
    "parse_anchor",
    "parse_core",
    "parse_detail",
    "parse_fine",
    "token_places",
    "verify_signature",
]
