"""The facts a benchmark hides in a picture: what a picture desk would write, in the amount its size was promised.

Coded, the short set is more than 256 bits and the long set more than 2,000 (a test keeps it so).
"""

__all__ = ["LONG_SHORT_SIDE_PX", "POLYGLOT", "SHORT_SHORT_SIDE_PX", "facts_for"]

LONG_SHORT_SIDE_PX = 1024
SHORT_SHORT_SIDE_PX = 512

_SHORT = {
    "headline": "Ferry returns after eleven days of storm",
    "creator": "Ilse Marquardt-Oyelaran",
}
_LONG = {
    "dateCreated": "2026-11-17T06:42:00+01:00",
    "credit": "Nordlys Bildbyrå",
    "copyrightNotice": "© 2026 Nordlys Bildbyrå AS, Tromsø. No use without credit line.",
    "city": "Skjervøy",
    "country": "Norway",
    "description": (
        "Passengers wait on the quay at Skjervøy on Tuesday morning, 17 November 2026, while the crew of the ferry "
        "Vargsund clears ice from the ramp. The island had been cut off since Friday the 6th, when a southwesterly of "
        "31 m/s tore two moorings loose; 214 people and the week's mail crossed on the first departure. Kvaenangen "
        "municipality counts damage of about 18.6 million kroner."
    ),
    "jobId": "NB-20261117-0412-Q7",
}

POLYGLOT = {
    "creator": "Łucja Wiśniewska; 山田 花子",
    "dateCreated": "2026-03-14T17:42:08+01:00",
    "credit": "Agence Lumière / Polaris Bild",
    "copyrightNotice": "© 2026 Łucja Wiśniewska. Tous droits réservés.",
    "city": "Zürich",
    "country": "Schweiz / Suisse",
    "description": (
        "Nach dem Regen: Zwei Wärterinnen füttern die Pinguine im Zoo, während Kinder hinter der Scheibe zusehen. "
        "Après la pluie, deux gardiennes nourrissent les manchots. 雨上がり、飼育員がペンギンに餌を与える。 "
        "After the rain, two keepers feed the penguins at the zoo."
    ),
}
"""Creator, caption, date, place, credit and rights in four languages: about 400 characters."""


def facts_for(short_side_px: int) -> dict[str, str]:
    """IPTC names to text for a picture of this size: all, the short set, or for small pictures the headline only."""
    if short_side_px >= LONG_SHORT_SIDE_PX:
        return {**_SHORT, **_LONG}
    if short_side_px >= SHORT_SHORT_SIDE_PX:
        return dict(_SHORT)
    return {"headline": _SHORT["headline"]}
