"""Colours and markers of runs, as presentation attributes: they work where no style sheet does.

The values are the light tokens of assets/css/tokens.css as sRGB, which a test holds them to. Where
there is a style sheet, its classes replace them and follow the theme.
"""

from __future__ import annotations

RUN_COLORS = (
    "#252930",
    "#2063b0",
    "#b93c8c",
    "#247f4d",
    "#9d6a08",
    "#1e7c9e",
    "#cf3c12",
    "#7347af",
)
GRID, LINE, TEXT, QUIET = "#e7eaed", "#c3c8ce", "#1d222a", "#666b73"
BETTER, WORSE, BAND = "#068fa7", "#e4682d", "#f2f4f7"

# Corners around 0,0 in a box of about ±4. The baseline's ring and the disc have none.
DISC = 2
MARKERS: tuple[tuple[tuple[float, float], ...], ...] = (
    (),
    ((0, -4.2), (4.2, 3.4), (-4.2, 3.4)),
    (),
    ((-3.3, -3.3), (3.3, -3.3), (3.3, 3.3), (-3.3, 3.3)),
    ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)),
    ((0, 4.2), (4.2, -3.4), (-4.2, -3.4)),
    ((-4.2, 0), (-2.1, -3.7), (2.1, -3.7), (4.2, 0), (2.1, 3.7), (-2.1, 3.7)),
    (
        *((-1.3, -4.2), (1.3, -4.2), (1.3, -1.3), (4.2, -1.3), (4.2, 1.3), (1.3, 1.3)),
        *((1.3, 4.2), (-1.3, 4.2), (-1.3, 1.3), (-4.2, 1.3), (-4.2, -1.3), (-1.3, -1.3)),
    ),
)


def color_index(color: int) -> int:
    """Return the palette's entry for a compared run; from the ninth on colours come again."""
    return color if color < len(RUN_COLORS) else (color - 1) % (len(RUN_COLORS) - 1) + 1


def marker_index(color: int) -> int:
    """Return the marker; it moves on by one with each round: colour + marker stay unique."""
    if color == 0:
        return 0
    rounds, place = divmod(color - 1, len(MARKERS) - 1)
    return (place + rounds) % (len(MARKERS) - 1) + 1


def is_dashed(color: int) -> bool:
    """Tell whether a line is dashed: from the ninth run on."""
    return color >= len(RUN_COLORS)
