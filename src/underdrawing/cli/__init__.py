"""The door for people: ``underdrawing protect``, ``verify``, ``search``, ``vault``, ``keys``, ``carriers``, ``bench``.

Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from underdrawing.cli.app import app, main

__all__ = ["app", "main"]
