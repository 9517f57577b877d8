"""A verification as one HTML file that explains itself: pictures, facts, signature, and what was not decided.

The file carries everything it shows, asks no network for anything, and works without scripts. Facts come out of pixels
that strangers wrote, so every one of them is escaped, shown with its invisible characters made visible, and kept from
running by a content policy.
"""

from underdrawing.report.metadata import metadata_check
from underdrawing.report.pictures import mask_png
from underdrawing.report.sections import html_report, write_report
from underdrawing.report.shell import page
from underdrawing.report.words import (
    fact_rows,
    headline,
    lying_words,
    percent,
    readable,
    signature_words,
    transparent_words,
    vault_words,
)

__all__ = [
    "fact_rows",
    "headline",
    "html_report",
    "lying_words",
    "mask_png",
    "metadata_check",
    "page",
    "percent",
    "readable",
    "signature_words",
    "transparent_words",
    "vault_words",
    "write_report",
]
