"""The payload: id, facts, signature and hidden code as bits. Knows no pixels."""

from underdrawing.payload.compose import Capacity, Message, compose
from underdrawing.payload.facts import check_facts, clean_facts
from underdrawing.payload.fields import ANCHOR_BITS, Bits, Block
from underdrawing.payload.guessing import Presumed, anchor_hints, anchor_ways, known_hints, token_places
from underdrawing.payload.keyforms import is_locked
from underdrawing.payload.keys import ChannelKey, PublicKey, SigningKey
from underdrawing.payload.parse import (
    Anchor,
    Core,
    Detail,
    Fine,
    open_message,
    parse_anchor,
    parse_core,
    parse_detail,
    parse_fine,
    verify_signature,
)
from underdrawing.payload.seal_keys import (
    OpeningKey,
    Recipient,
    SharedKey,
    is_shared,
    load_opener,
    load_private,
    load_recipients,
)
from underdrawing.payload.sealing import Opener, Seal, seal_for, seal_with, unproved_seals
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
    "Opener",
    "OpeningKey",
    "Presumed",
    "PublicKey",
    "Publisher",
    "Recipient",
    "Seal",
    "SharedKey",
    "SignatureCheck",
    "SignatureStatus",
    "SigningKey",
    "TrustStore",
    "anchor_hints",
    "anchor_ways",
    "check_facts",
    "clean_facts",
    "compose",
    "is_locked",
    "is_shared",
    "known_hints",
    "load_opener",
    "load_private",
    "load_recipients",
    "open_message",
    "parse_anchor",
    "parse_core",
    "parse_detail",
    "parse_fine",
    "seal_for",
    "seal_with",
    "token_places",
    "unproved_seals",
    "verify_signature",
]
