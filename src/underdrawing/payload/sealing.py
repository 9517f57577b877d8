"""Confidential messages: what they are enciphered with, and who can open them.

::

    key file ──────────────────────────────► seed ─┐
    share · recipient ─► X25519 ─► pad ──────► seed ─┴─ with the id ─► stream key: tokens and facts of every block
                        (⊕ wrap, if not the first)                └──► tag key: proves key, anchor and core

The cipher changes no length. Checksums, hashes and the signature are made over what is enciphered, so that everybody
can check them; only who has the key reads on. The id is drawn anew for every message: it makes the keys of two messages
differ, and says nothing about the picture.

Source: ours; X25519 is RFC 7748, HKDF RFC 5869, ChaCha20 RFC 8439, HMAC RFC 2104.
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import KeyFileError, PayloadError, SealedError
from underdrawing.payload.fields import WRAP_BITS, Bits, Block, Shape, block_fields
from underdrawing.payload.seal_keys import OpeningKey, Recipient, SharedKey

__all__ = [
    "MAX_RECIPIENTS",
    "TAG_BYTES",
    "TAG_BYTES_IF_SIGNED",
    "Opener",
    "Seal",
    "open_seal",
    "seal_for",
    "seal_with",
    "sealed_bytes",
    "unproved_seals",
]

Opener = SharedKey | OpeningKey
"""What opens a confidential message."""

MAX_RECIPIENTS = 7
TAG_BYTES, TAG_BYTES_IF_SIGNED = 12, 4
_SEED_BYTES = WRAP_BITS // 8
_RECIPIENT, _MESSAGE, _TAG = (f"underdrawing seal 1 {what}\0".encode() for what in ("recipient", "message", "tag"))
_NONCES = {block: number.to_bytes(12, "big") for number, block in enumerate(Block)}


@dataclass(frozen=True)
class Seal:
    """What one message is enciphered with.

    Attributes:
        stream_key: 32 secret bytes.
        tag_key: 32 secret bytes.
        share: The public key made for this message, 32 bytes; none where a key file seals it.
        wraps: The seed for each recipient but the first, 16 bytes each.
    """

    stream_key: bytes = field(repr=False)
    tag_key: bytes = field(repr=False)
    share: bytes = b""
    wraps: bytes = b""

    @property
    def recipients(self) -> int:
        """How many public keys the message is sealed for; 0 with a key file."""
        return 1 + len(self.wraps) // _SEED_BYTES if self.share else 0

    def stream(self, block: Block, size_bits: int) -> Bits:
        """The first bits that are laid over the tokens, then the facts, of a block: uint8 of 0 and 1."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

        cipher = Cipher(algorithms.ChaCha20(self.stream_key, bytes(4) + _NONCES[block]), mode=None)
        return np.unpackbits(np.frombuffer(cipher.encryptor().update(bytes(-(-size_bits // 8))), np.uint8))[:size_bits]

    def turned(self, block: Block, ratios: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-likelihood ratios of the tokens of a block, for its bits as they are enciphered, or from there back.

        A key holder who guesses tokens needs this: the guess is about the tokens, the channel carries the others.

        Args:
            block: Which block.
            ratios: One for each bit from the first token on (see ``token_places``), positive for 0.
        """
        return np.where(self.stream(block, ratios.size) == 1, -ratios, ratios)

    def tag(self, message: bytes) -> bytes:
        """What proves to a key holder that the message is whole and the key right: 12 bytes."""
        return hmac.digest(self.tag_key, _TAG + message, "sha256")[:TAG_BYTES]


def seal_with(key: SharedKey, *, id: int) -> Seal:
    """The seal of a message that whoever has the key file can open.

    Args:
        key: The key file.
        id: Identity of the record: 64 bits drawn for this message alone. A second message of the same id and key would
            give away how the two differ.
    """
    return _seal(key.secret, id)


def seal_for(recipients: Sequence[Recipient], *, id: int, entropy: bytes) -> Seal:
    """The seal of a message that each of the recipients can open with a private key.

    Args:
        recipients: 1 to 7 public keys; the first costs 256 bits of the core, each other one 128.
        id: Identity of the record, drawn for this message alone.
        entropy: 32 secret bytes, drawn for this message alone and then forgotten.

    Raises:
        KeyFileError: There are too few or too many recipients, the same one twice, or a key nobody can have.
    """
    if not 1 <= len(set(recipients)) == len(recipients) <= MAX_RECIPIENTS:
        raise KeyFileError(f"a message is sealed for 1 to {MAX_RECIPIENTS} different recipients, got {len(recipients)}")
    once = OpeningKey.from_seed(entropy)
    share = once.public().data
    pads = []
    for recipient in recipients:
        secret = once.agree(recipient.data)
        if secret is None:
            raise KeyFileError(
                f"the public key of {recipient.name or 'a recipient'} is none that anybody can open with"
            )
        pads.append(_pad(secret, share, recipient.data))
    wraps = b"".join(_xor(pads[0], pad) for pad in pads[1:])
    made = _seal(pads[0], id)
    return Seal(made.stream_key, made.tag_key, share, wraps)


def open_seal(anchor_bits: Bits, core_bits: Bits, shape: Shape, keys: Sequence[Opener], *, id: int) -> Seal:
    """The seal of a message, proved by its tag.

    Args:
        anchor_bits: The anchor, as received.
        core_bits: The core, as received and found intact.
        shape: What the anchor says about the message.
        keys: What the reader has, tried one after the other.
        id: What the anchor says.

    Raises:
        SealedError: None of the keys opens it.
        PayloadError: The message is not confidential.
    """
    if not shape.confidential:
        raise PayloadError("this message is not confidential: there is nothing to open")
    expected = _field(core_bits, shape, "tag") + _field(core_bits, shape, "tag_rest")
    message = sealed_bytes(anchor_bits, core_bits, shape)
    for key in keys:
        for seal in _candidates(key, core_bits, shape, id):
            if hmac.compare_digest(seal.tag(message)[: len(expected)], expected):
                return seal
    raise SealedError(_refusal(shape, keys))


def unproved_seals(shape: Shape, keys: Sequence[Opener], *, id: int) -> tuple[Seal, ...]:
    """What a confidential message may be enciphered with, before its core is read: good for guessing, not for reading.

    None of them where the message is sealed for recipients: what they need is in the core.
    """
    if not shape.confidential or shape.recipients:
        return ()
    return tuple(seal_with(key, id=id) for key in keys if isinstance(key, SharedKey))


def sealed_bytes(anchor_bits: Bits, core_bits: Bits, shape: Shape) -> bytes:
    """What the tag covers: the anchor, and the core up to the tag."""
    return np.packbits(anchor_bits).tobytes() + np.packbits(core_bits[: _begin(core_bits, shape, "tag")]).tobytes()


def _candidates(key: Opener, core_bits: Bits, shape: Shape, id: int) -> Iterator[Seal]:
    """The seals that a key can belong to."""
    if isinstance(key, SharedKey):
        if not shape.recipients:
            yield seal_with(key, id=id)
        return
    if not shape.recipients:
        return
    share, wraps = _field(core_bits, shape, "share"), _field(core_bits, shape, "wraps")
    if (secret := key.agree(share)) is None:
        return
    pad = _pad(secret, share, key.public().data)
    for at in range(-_SEED_BYTES, len(wraps), _SEED_BYTES):
        yield _seal(_xor(pad, wraps[at : at + _SEED_BYTES]) if at >= 0 else pad, id)


def _refusal(shape: Shape, keys: Sequence[Opener]) -> str:
    keys_there = "one public key" if shape.recipients == 1 else f"{shape.recipients} public keys"
    how = f"for {keys_there}" if shape.recipients else "with a shared key"
    if not keys:
        return f"the mark is confidential, sealed {how}: its code and facts need the key, give it with --open"
    fitting = sum(isinstance(key, OpeningKey) == bool(shape.recipients) for key in keys)
    wrong = "none of the keys given opens it" if fitting else "the keys given are of the other kind"
    return f"the mark is confidential, sealed {how}, and {wrong}"


def _seal(seed: bytes, id: int) -> Seal:
    keys = _hkdf(seed, salt=id.to_bytes(8, "big"), info=_MESSAGE, length=64)
    return Seal(keys[:32], keys[32:])


def _pad(secret: bytes, share: bytes, recipient: bytes) -> bytes:
    return _hkdf(secret, salt=b"", info=_RECIPIENT + share + recipient, length=_SEED_BYTES)


def _hkdf(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt or None, info).derive(secret)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _begin(core_bits: Bits, shape: Shape, name: str) -> int:
    """Where a field of the core begins: counted from the front up to the facts, from the back behind them."""
    fields = block_fields(Block.CORE, shape)
    names = [f.name for f in fields]
    at = names.index(name)
    if at < names.index("facts"):
        return sum(f.bits or 0 for f in fields[:at])
    return int(core_bits.size) - sum(f.bits or 0 for f in fields[at:])


def _field(core_bits: Bits, shape: Shape, name: str) -> bytes:
    """The bytes of a field of the core; none where messages of this shape have no such field."""
    found = next((f for f in block_fields(Block.CORE, shape) if f.name == name), None)
    if found is None:
        return b""
    begin = _begin(core_bits, shape, name)
    return np.packbits(core_bits[begin : begin + (found.bits or 0)]).tobytes()
