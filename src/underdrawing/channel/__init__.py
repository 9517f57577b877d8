"""Bits ⇄ pixels. A channel does not know what its bits mean.

:mod:`.lattice` is our own carrier, :mod:`.ldpc` its error correction; :mod:`.adapters` holds other people's watermarks
behind the protocol of :mod:`.carrier`.
"""

from underdrawing.channel.adapters.registry import CARRIERS, CarrierEntry, carrier_entry, load_carrier
from underdrawing.channel.carrier import Carrier, Heard
from underdrawing.channel.profiles import Profile

__all__ = ["CARRIERS", "Carrier", "CarrierEntry", "Heard", "Profile", "carrier_entry", "load_carrier"]
