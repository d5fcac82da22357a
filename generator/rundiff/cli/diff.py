"""`rundiff diff`: the comparison in the terminal."""

from __future__ import annotations

from rundiff.cli.arguments import add_comparison, add_selection, add_sources, compare_options
from rundiff.cli.judging import add_judging

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "diff", help="show the comparison in the terminal", description=__doc__
    )
    add_sources(parser)
    parser.add_argument("--all", action="store_true", help="show rows that do not differ, too")
    add_selection(parser)
    add_comparison(parser)
    add_judging(parser)
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and print; returns the exit code."""
    import shutil
    import sys

    from rundiff.assembly.build import build_comparison
    from rundiff.cli.progress import Progress
    from rundiff.cli.verdict import exit_code
    from rundiff.render.terminal import render_diff

    with Progress() as progress:
        progress.say("reading and comparing runs")
        comparison = build_comparison(arguments.sources, compare_options(arguments))
    text = render_diff(
        comparison,
        is_terminal=sys.stdout.isatty(),
        width=shutil.get_terminal_size().columns,
        all_rows=arguments.all,
    )
    sys.stdout.write(text)
    return exit_code(comparison, is_strict=arguments.strict, is_told=sys.stdout.isatty())
