"""Colours and markers of runs, as presentation attributes: they work where no style sheet does.

The values are the light tokens of assets/css/tokens.css as sRGB; a test holds the two together.
In a page with its style sheet the classes ``c0`` … ``c7`` replace them by the tokens, so that charts
follow the theme.
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

# Each drawn around 0,0 in a box of about ±4.
MARKERS = (
    "",  # the baseline's ring is a circle without fill
    "M0-4.2L4.2 3.4H-4.2Z",
    "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0Z",
    "M-3.3-3.3H3.3V3.3H-3.3Z",
    "M0-4.6L4.6 0L0 4.6L-4.6 0Z",
    "M0 4.2L4.2-3.4H-4.2Z",
    "M-4.2 0L-2.1-3.7H2.1L4.2 0L2.1 3.7H-2.1Z",
    "M-1.3-4.2H1.3V-1.3H4.2V1.3H1.3V4.2H-1.3V1.3H-4.2V-1.3H-1.3Z",
)


def color_index(color: int) -> int:
    """Return the palette's entry for a compared run; from the ninth on colours come again."""
    return color if color < len(RUN_COLORS) else (color - 1) % (len(RUN_COLORS) - 1) + 1


def marker_index(color: int) -> int:
    """Return the marker; it moves on by one with each round, so that colour + marker stay unique."""
    if color == 0:
        return 0
    rounds, place = divmod(color - 1, len(MARKERS) - 1)
    return (place + rounds) % (len(MARKERS) - 1) + 1


def is_dashed(color: int) -> bool:
    """Tell whether a line is dashed: from the ninth run on."""
    return color >= len(RUN_COLORS)
