"""`rundiff list`: the runs found, and what could not be read."""

from __future__ import annotations

from rundiff.cli.arguments import add_selection, add_sources, read_options, selection_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "list", help="list the runs found, and what could not be read", description=__doc__
    )
    add_sources(parser)
    add_selection(parser)
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Read and print; returns the exit code."""
    import shutil
    import sys

    from rundiff.assembly.listing import list_runs
    from rundiff.cli.progress import Progress
    from rundiff.cli.verdict import strict_code
    from rundiff.render.terminal_list import render_list

    with Progress() as progress:
        progress.say("reading runs")
        listing = list_runs(
            arguments.sources, read_options(arguments), selection_options(arguments)
        )
    text = render_list(
        listing,
        is_terminal=sys.stdout.isatty(),
        width=shutil.get_terminal_size().columns,
    )
    sys.stdout.write(text)
    return strict_code(listing.problems, is_strict=arguments.strict)
