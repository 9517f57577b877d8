"""Finding a mark in a suspect that is not the whole picture, or not upright, or has something around it.

::

    suspect ─► windows at every scale ─► folded by the weave ─► leads ─► tuned ─► located in the frame ─► placement
"""

from underdrawing.channel.lattice.search.folding import Voice
from underdrawing.channel.lattice.search.placement import Placement
from underdrawing.channel.lattice.search.searching import placement_near, placements
from underdrawing.channel.lattice.search.window import Luma

__all__ = ["Luma", "Placement", "Voice", "placement_near", "placements"]
