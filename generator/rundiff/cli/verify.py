"""`rundiff verify`: check that a report's scripts and style are those of this version.

The file is read, never run. What is executable in a report is the same for every report of a
version; what came from records is text. Exit code 1 if anything differs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify", help="check that a report can do nothing but what reports do", description=__doc__
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("reports", nargs="*", default=[], metavar="FILE", help="report.html")
    what.add_argument(
        "--hashes", action="store_true", help="print the hashes of this version's reports"
    )
    parser.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arose"
    )
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Check each file and say what differs; returns the exit code."""
    import sys
    from pathlib import Path

    from rundiff import __version__
    from rundiff.errors import RecordError, SourceError
    from rundiff.render.terminal import plain_line
    from rundiff.render.verification import check_report, published_hashes

    if arguments.hashes:
        for name, digest in published_hashes().items():
            print(f"{digest}  {name}")
    failed = 0
    for name in arguments.reports:
        try:
            differences = check_report(Path(name).read_bytes(), __version__, location=name)
        except OSError as error:
            raise SourceError(f"cannot read {name!r}: {error.strerror}") from error
        except RecordError as error:
            differences = [error.message]
        failed += bool(differences)
        for difference in differences[:20]:
            print(plain_line(f"{name}: {difference}"), file=sys.stderr)
        if len(differences) > 20:
            print(f"{name}: and {len(differences) - 20} more", file=sys.stderr)
        if not differences:
            print(plain_line(f"{name}: as rundiff {__version__} writes it"))
    return 1 if failed else 0
