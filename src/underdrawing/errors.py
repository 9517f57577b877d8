"""The whole error tree on one screen.

Every message says what failed, what was given, what was expected, and what to do. Nothing in the package raises a bare
``ValueError`` at a user; ``exit_code`` is what the command line returns for the error (2: the request is wrong,
3: the work failed).
"""

__all__ = [
    "CapacityError",
    "ImageFormatError",
    "ImageLimitError",
    "ImageTooSmallError",
    "KeyFileError",
    "OtherFingerprintsError",
    "OutputError",
    "OutputExistsError",
    "PayloadError",
    "RecordConflictError",
    "RecordError",
    "SealedError",
    "UnderdrawingError",
    "UnsupportedVersionError",
    "UsageError",
    "VaultBusyError",
    "VaultDamagedError",
    "VaultError",
    "WeightsError",
]


class UnderdrawingError(Exception):
    """Base of every error the package raises on purpose."""

    exit_code = 3


class UsageError(UnderdrawingError):
    """The request itself is wrong: an option, a path, a combination."""

    exit_code = 2


class OutputExistsError(UsageError):
    """The output would overwrite a file that nobody asked to overwrite."""


class OutputError(UnderdrawingError):
    """The output could not be written: no permission, no space."""


class ImageFormatError(UnderdrawingError):
    """The bytes are not an image this package reads: empty, truncated, another format, animated."""


class ImageLimitError(UnderdrawingError):
    """The image is larger, in bytes or pixels, than the limits allow."""


class ImageTooSmallError(UnderdrawingError):
    """The image is smaller than a mark needs."""


class CapacityError(UnderdrawingError):
    """The message does not fit the carrier."""


class PayloadError(UnderdrawingError):
    """A received payload contradicts itself: a checksum, a length, a field out of range."""


class SealedError(PayloadError):
    """The mark is confidential, and none of the keys given opens it."""


class UnsupportedVersionError(PayloadError):
    """The payload was written by a newer version than this reader knows."""


class KeyFileError(UsageError):
    """A key or trust file is missing, unreadable, of the wrong kind, or needs another password."""


class WeightsError(UnderdrawingError):
    """The shipped networks are missing or are not the ones that ``weights.json`` names."""


class VaultError(UnderdrawingError):
    """The vault cannot do what it was asked: not reachable, not writable, of a newer version, no space."""


class VaultBusyError(VaultError):
    """Others kept writing to the vault for longer than we waited."""


class VaultDamagedError(VaultError):
    """What the vault holds is not what was put in: a broken file, a checksum that does not fit."""


class RecordError(UsageError):
    """A record, an id or a query is not what a vault takes."""


class OtherFingerprintsError(RecordError):
    """The vault has fingerprints that were made with other weights, and the two cannot be compared."""


class RecordConflictError(RecordError):
    """The vault has another record under the same id, and nobody asked to replace it."""
