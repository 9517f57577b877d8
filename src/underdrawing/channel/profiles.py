"""How strongly a carrier marks an image."""

from enum import StrEnum

__all__ = ["Profile"]


class Profile(StrEnum):
    """How strong the mark is: what it survives, against how little it changes and how much it remembers."""

    STANDARD = "standard"
    """For whatever may happen to a copy."""

    DISCREET = "discreet"
    """Hardly to be seen or measured, for copies that lost little."""

    DETAILED = "detailed"
    """For copies of the usual quality: its id lasts as long as the standard one's, the rest does not, but is quieter
    and remembers more."""

    LASTING = "lasting"
    """The same with an undertone: its id mostly outlasts even a network that paints the whole picture anew, with the
    vault alone where that kept very little. It changes tones where the others change only grain."""
