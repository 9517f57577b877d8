"""What a signature covers, and what it is worth to a reader."""

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np

from underdrawing.payload.fields import Bits, Block, Shape, block_fields
from underdrawing.payload.trust import SignatureStatus, TrustStore

__all__ = ["SignatureCheck", "block_hash", "judge_signature", "signed_bytes"]

_DOMAIN = b"underdrawing payload version 1\0"
_HASH_BYTES = 8
_SIGNATURE_AND_CHECKSUM = sum(field.bits or 0 for field in block_fields(Block.CORE, Shape(signed=True))[-2:])


@dataclass(frozen=True)
class SignatureCheck:
    """What a reader can say about the signature of a payload.

    Attributes:
        status: The finding.
        signer: Name of the trusted publisher; only where the status is valid.
        key_id: The 4 bytes by which the payload names its key; None where it is not signed.
        note: What the trust file says about the key, in words: why it is not believed (revoked, out of date), or for
            which days it is; None where it says nothing more.
    """

    status: SignatureStatus
    signer: str | None = None
    key_id: bytes | None = None
    note: str | None = None


def signed_bytes(anchor_bits: Bits, core_bits: Bits) -> bytes:
    """What is signed: a fixed text, the anchor, and the core up to its signature."""
    return _DOMAIN + np.packbits(anchor_bits).tobytes() + np.packbits(core_bits[:-_SIGNATURE_AND_CHECKSUM]).tobytes()


def block_hash(block: Block, bits: Bits) -> bytes:
    """By what the block before names this one: the first 8 bytes of the SHA-256 of its name, a zero and its bytes."""
    return hashlib.sha256(block.value.encode() + b"\0" + np.packbits(bits).tobytes()).digest()[:_HASH_BYTES]


def judge_signature(message: bytes, *, key_id: bytes, signature: bytes, trust: TrustStore, on: date) -> SignatureCheck:
    """Whether somebody the reader trusts signed the message.

    Every publisher whose key goes by the id is tried. A signature that is right but by a revoked or outdated key is
    that of an unknown key, and the note says so; a signature that is wrong for every such key is invalid.
    """
    publishers = trust.with_key_id(key_id)
    if not publishers:
        return SignatureCheck(SignatureStatus.UNKNOWN_KEY, key_id=key_id)
    signers = [p for p in publishers if p.key.verify(message, signature)]
    if not signers:
        return SignatureCheck(SignatureStatus.INVALID, key_id=key_id)
    notes = [signer.distrust(on) for signer in signers]
    if None in notes:
        signer = signers[notes.index(None)]
        return SignatureCheck(SignatureStatus.VALID, signer.name, key_id, signer.terms)
    return SignatureCheck(SignatureStatus.UNKNOWN_KEY, key_id=key_id, note=notes[0])
