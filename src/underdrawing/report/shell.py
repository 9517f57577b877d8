"""The page around a report: one file, no network, and a content policy that lets only its own style and script run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib import resources
from string import Template

from underdrawing.report.words import readable

__all__ = ["as_html", "page"]


def page(body: str, *, title: str, style: str = "") -> str:
    """Return a whole HTML document around a trusted ``body``.

    Args:
        body: HTML, with everything that came from outside escaped already. It may carry pictures as ``data:`` addresses
            and must not carry ``style`` or event attributes: the content policy blocks them.
        title: plain text.
        style: CSS to add to the report's own.
    """
    sheet, script = _asset("page.css") + style, _asset("page.js")
    return Template(_asset("page.html")).substitute(
        title=escape(title),
        body=body,
        style=sheet,
        style_hash=_digest(sheet),
        script=script,
        script_hash=_digest(script),
    )


@cache
def _asset(name: str) -> str:
    """Read one of the files beside this module."""
    return resources.files("underdrawing.report").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    """Return what a content policy compares an inline block with."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def as_html(text: str) -> str:
    """Return strangers' words as HTML that shows exactly these words."""
    return f"<bdi>{escape(readable(text))}</bdi>"
