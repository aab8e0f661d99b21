"""The two looks of the screen: light and dark, each with a palette whose contrast with its ground is ≥ 3:1."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of one look, with the dashes and markers that tell the series apart without colour.

    ``series`` holds red, green and blue; ``series``, ``dashes`` and ``symbols`` are used in the same order.
    """

    name: str
    ground: str
    ink: str
    muted: str
    grid: str
    shade: str
    series: tuple[Colour, ...]
    dashes: tuple[str, ...] = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
    symbols: tuple[str, ...] = ("circle", "square", "diamond", "cross", "hexagon", "star")

    def colour(self, index: int, alpha: float = 1.0) -> str:
        """Return the colour of series ``index`` as rgba; the palette repeats after its end."""
        red, green, blue = self.series[index % len(self.series)]
        return f"rgba({red},{green},{blue},{alpha:g})"

    def dash(self, index: int) -> str:
        """Return the dash of series ``index``."""
        return self.dashes[index % len(self.dashes)]

    def symbol(self, index: int) -> str:
        """Return the marker of series ``index``."""
        return self.symbols[index % len(self.symbols)]


LIGHT = Look(
    name="light",
    ground="#ffffff",
    ink="#1f2328",
    muted="#57606a",
    grid="#e4e7eb",
    shade="rgba(120,130,140,0.13)",
    series=((0, 114, 178), (213, 94, 0), (0, 158, 115), (170, 68, 153), (17, 119, 51), (136, 34, 85)),
)

DARK = Look(
    name="dark",
    ground="#242424",
    ink="#f1f3f5",
    muted="#b4bbc3",
    grid="#3d4248",
    shade="rgba(200,210,220,0.13)",
    series=((86, 180, 233), (230, 159, 0), (0, 178, 130), (214, 141, 187), (240, 228, 66), (221, 204, 119)),
)

LOOKS: dict[str, Look] = {look.name: look for look in (LIGHT, DARK)}
"""The looks by the name kept in the browser."""
