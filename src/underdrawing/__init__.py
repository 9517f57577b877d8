"""Images that remember themselves."""

__version__ = "0.1.0"
