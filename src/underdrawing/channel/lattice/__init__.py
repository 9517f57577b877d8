"""The lattice channel: dithered lattices on smooth low-frequency coefficients of luminance, read from the image alone.

::

    embed:    image ─► working grid ─► coefficients ─► nearest lattice points for the coded bits ─► residual ─► image
                                            └─ masking level (step) ◄─ block means

    receive:  image ─► working grid, tones (pilots) ─► phases ─► noise, reliability ─► soft bits ─► tiers
                                                                        └────────────► evidence block by block

A message has up to four tiers; the channel protects the first one most and knows nothing of what they mean.

Source: quantization-index modulation after Chen & Wornell (2001); the rest is ours, see ``docs/channel.md``.
"""

from underdrawing.channel.lattice.aligning import aligned, may_lie_beside
from underdrawing.channel.lattice.capacity import Offer, capacity_bits, last_tier_bits, most_bits, offer
from underdrawing.channel.lattice.choosing import MOST_WAYS
from underdrawing.channel.lattice.design import BLOCK, TIERS, Filling
from underdrawing.channel.lattice.drift import TONE_DRIFT_LIMIT, tone_drift
from underdrawing.channel.lattice.embed import Embedded, embed
from underdrawing.channel.lattice.grid import MINIMUM_SIDE_PX, WorkingGrid
from underdrawing.channel.lattice.host import Host
from underdrawing.channel.lattice.receiving import barely_heard, nearby, receive, receptions, searched
from underdrawing.channel.lattice.reception import Reception
from underdrawing.channel.lattice.search import Placement
from underdrawing.channel.lattice.undertone import undertoned

__all__ = [
    "BLOCK",
    "MINIMUM_SIDE_PX",
    "MOST_WAYS",
    "TIERS",
    "TONE_DRIFT_LIMIT",
    "Embedded",
    "Filling",
    "Host",
    "Offer",
    "Placement",
    "Reception",
    "WorkingGrid",
    "aligned",
    "barely_heard",
    "capacity_bits",
    "embed",
    "last_tier_bits",
    "may_lie_beside",
    "most_bits",
    "nearby",
    "offer",
    "receive",
    "receptions",
    "searched",
    "tone_drift",
    "undertoned",
]
