"""`rundiff sources`: the kinds of run stores that are read, and how each is recognised."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sources", help="list the kinds of run stores that are read", description=__doc__
    )
    parser.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arose"
    )
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001
    """Print the kinds; returns the exit code."""
    from rundiff.sources.registry import all_formats

    formats = all_formats()
    width = max(len(kind.title) for kind in formats)
    for kind in formats:
        print(f"{kind.title:<{width}}  {kind.recognised_by}")
    return 0
