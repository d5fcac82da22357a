"""What one page may hold: every limit of a report in one place, with its reason.

A page of a hundred runs must stay a file that one can mail, and open at once. So it is bounded in
three ways that a user can turn: the bytes of the file, the cells of its tables and its data, and
the points of its curves. Whatever a limit leaves out is counted by ``views.manifest`` and listed
under "About this report" with the option that brings it back: shown plus listed is everything.

``None`` is a default that knows the usual page: ``points`` then gives the compared runs and the
others a room each, ``cells`` also bounds the rows of one section, and ``bytes`` also bounds
previews. A number is the user's own word and stands alone: with ``cells=200_000`` a section may
have 200,000 rows of one run.

Limits that only fold, or that shorten a text whose whole stands elsewhere in the page (a summary's
first rows, the end of a long name), leave nothing out and stay with what they shorten.
"""

from __future__ import annotations

import math

from rundiff.frozen import dataclass

# The file: with base64's 4/3 it still goes through a mail server that takes 25 MB.
MAX_BYTES = 18_000_000
# Values in the page's data: 10,000 runs × 100 keys, which a browser opens in about a second.
MAX_CELLS = 1_000_000
MOST_ROWS = 2_000  # of one section: each is some kilobytes of nodes; its data stays in the page
LONGEST_VALUE = 5_000  # characters; a longer one is whole in the data alone, and once
SHORTENED_VALUE = 1_000  # characters that its beginning has elsewhere
MOST_ENTRIES = 500  # of one list under Run details; each stands in a table, too

# Curves. Below EXACT_POINTS a point costs little: all go out as doubles. Beyond, a point is about
# three bytes: MOST_POINTS are 90 kB, a tenth of the page.
EXACT_POINTS = 20_000
MOST_POINTS = 30_000  # of the compared runs
MOST_OTHER_POINTS = 60_000  # of the runs that are no columns: a thousand of them, five metrics
MOST_COLUMNS = 400  # pixel columns of a curve: charts are narrower
FINE_OTHER_COLUMNS = 24  # of the best and the worst of the others
FEWEST_COLUMNS = 8  # a curve of fewer is no picture of a compared run
FEWEST_OTHER_COLUMNS = 3

# Histories of runs that are no columns. Reading 500,000 points takes about a second of CPU, and so
# does opening 1,000 records; over a network each run may be several requests.
MOST_OTHER_RUNS = 1_000
MOST_READ_POINTS = 500_000
UNCOUNTED_POINTS = 1_000  # what a history whose source does not count its points is taken for

# Charts: pictures that also stand there without script.
MOST_CHARTS = 60
MOST_BARS = 24
STATIC_POINTS = 6_000  # over all static pictures: about 35 kB of paths; the data is not theirs

# Previews of artifacts.
MOST_PREVIEWS = 12  # files of one run
MOST_PREVIEW_BYTES = 200_000  # of one file
MOST_READ_PREVIEWS = 4_000_000  # bytes of all files that are read for previews
IMAGE_ROOM = 1_500_000  # bytes of all images of a page

MOST_PROBLEMS = 500  # listed in the page; `rundiff list` prints all
MOST_REASONS = 300  # of verdicts, under the metrics
MOST_LINES = 200  # of Change by change and of Trends: about a kilobyte each
OPEN_LINES = 8  # of each, that are not folded; a page that must be small has no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrink:
    """What a page may hold below its budgets so that its file fits; ``render.fit`` finds it."""

    values: float = math.inf  # characters of all long values that are whole
    points: int | None = None
    previews: int | None = None  # bytes
    cells: int | None = None
    has_charts: bool = True
    whole: int = 0  # bytes of the page that did not fit


NO_SHRINK = Shrink()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What a user allows one page; ``None`` is the default of this module.

    ``bytes``: of the written file, a promise. ``cells``: values of single runs, in tables and data.
    ``points``: of all curves, and no more are read than that or the default.
    """

    bytes: int | None = None
    cells: int | None = None
    points: int | None = None
    shrink: Shrink = NO_SHRINK

    @property
    def most_bytes(self) -> int:
        """The most bytes of the file."""
        return MAX_BYTES if self.bytes is None else self.bytes

    @property
    def most_cells(self) -> int:
        """The most values in the page's data."""
        most = MAX_CELLS if self.cells is None else self.cells
        return most if self.shrink.cells is None else min(most, self.shrink.cells)

    @property
    def most_points(self) -> int | None:
        """The most points of all curves; None where each kind of run has its own room."""
        return self.points if self.shrink.points is None else self.shrink.points

    @property
    def most_rows(self) -> int | None:
        """The most rows of one section's table; None where only cells count."""
        return MOST_ROWS if self.cells is None else None

    @property
    def most_entries(self) -> int | None:
        """The most entries of one list under Run details; None where only cells count."""
        return MOST_ENTRIES if self.cells is None else None

    @property
    def most_charts(self) -> int | None:
        """The most line charts; None where only points count."""
        if not self.shrink.has_charts:
            return 0
        return MOST_CHARTS if self.points is None else None

    @property
    def most_lines(self) -> int:
        """The most lines of Change by change, and of Trends."""
        return MOST_LINES if self.shrink.has_charts else OPEN_LINES

    @property
    def most_bars(self) -> int | None:
        """The most charts of metrics without a history; None where only points count."""
        if not self.shrink.has_charts:
            return 0
        return MOST_BARS if self.points is None else None

    @property
    def read_points(self) -> int:
        """How many points may be read of runs that are no columns."""
        return max(MOST_READ_POINTS, self.points or 0)

    @property
    def read_runs(self) -> int | None:
        """How many runs that are no columns may be read; None where only points count."""
        return MOST_OTHER_RUNS if self.points is None else None

    @property
    def preview_bytes(self) -> int:
        """The most bytes of one preview."""
        return MOST_PREVIEW_BYTES if self.bytes is None else self.bytes

    @property
    def read_previews(self) -> int:
        """The most bytes that are read for all previews."""
        return MOST_READ_PREVIEWS if self.bytes is None else self.bytes

    @property
    def image_room(self) -> int:
        """The most bytes of all images."""
        return IMAGE_ROOM if self.bytes is None else self.bytes

    @property
    def preview_room(self) -> int | None:
        """The most bytes of all previews; None where only the limits of each kind count."""
        return self.shrink.previews

    @property
    def most_previews(self) -> int | None:
        """The most previews of one run; None where only bytes count."""
        return MOST_PREVIEWS if self.bytes is None else None


DEFAULT_BUDGETS = Budgets()
