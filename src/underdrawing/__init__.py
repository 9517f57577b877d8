"""Images that remember themselves: protect a picture, find what was changed, see what was there, know the facts.

    import underdrawing

    protection = underdrawing.protect(underdrawing.load("photo.jpg"), facts={"creator": "A. Photographer"})
    underdrawing.save(protection.picture, "protected.jpg")

    verification = underdrawing.verify(underdrawing.load("suspect.jpg"))
    print(verification.verdict, verification.facts)

The names are looked up when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from underdrawing.channel import Profile
    from underdrawing.errors import UnderdrawingError
    from underdrawing.findings import Protection, RecoverySetting, Verdict, Verification
    from underdrawing.images import Picture, load, save
    from underdrawing.payload import SignatureStatus, SigningKey, TrustStore
    from underdrawing.pipeline import protect, verify
    from underdrawing.report import write_report

__version__ = "0.1.0"
__all__ = [
    "Picture",
    "Profile",
    "Protection",
    "RecoverySetting",
    "SignatureStatus",
    "SigningKey",
    "TrustStore",
    "UnderdrawingError",
    "Verdict",
    "Verification",
    "load",
    "protect",
    "save",
    "verify",
    "write_report",
]

_HOME = {
    "Picture": "images",
    "Profile": "channel",
    "Protection": "findings",
    "RecoverySetting": "findings",
    "SignatureStatus": "payload",
    "SigningKey": "payload",
    "TrustStore": "payload",
    "UnderdrawingError": "errors",
    "Verdict": "findings",
    "Verification": "findings",
    "load": "images",
    "protect": "pipeline",
    "save": "images",
    "verify": "pipeline",
    "write_report": "report",
}


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
