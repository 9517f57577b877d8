"""Error correction with the 5G NR LDPC codes: from information bits to coded bits and, through noise, back.

Bits are ``uint8`` zeros and ones, first bit first. Log-likelihood ratios are natural logarithms, ``float32``, and
positive means bit 0.

Source: 3GPP TS 38.212, clauses 5.2.2, 5.3.2 and 5.4.2.
"""

from underdrawing.channel.ldpc.base_graphs import BaseGraph
from underdrawing.channel.ldpc.code import Decoded, LdpcCode
from underdrawing.channel.ldpc.readings import BOLD, HONEST, READINGS, TIMID, Reading
from underdrawing.channel.ldpc.segments import Segmented, SegmentedDecoded

__all__ = [
    "BOLD",
    "HONEST",
    "READINGS",
    "TIMID",
    "BaseGraph",
    "Decoded",
    "LdpcCode",
    "Reading",
    "Segmented",
    "SegmentedDecoded",
]
