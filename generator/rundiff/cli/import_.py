"""`rundiff import`: copy runs of any source into a native store; what is there already stays."""

from __future__ import annotations

from rundiff.cli.arguments import add_selection, add_sources, read_options, selection_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "import",
        help="copy runs of any source into a native store",
        description="Copy runs of any source into a native store. Doing it again adds only what"
        " is new.",
    )
    add_sources(parser)
    parser.add_argument("store", metavar="STORE", help="the folder of the store, made if missing")
    add_selection(parser)
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Import; returns the exit code."""
    import sys
    from pathlib import Path

    from rundiff.assembly.importing import import_runs
    from rundiff.cli.progress import Progress
    from rundiff.cli.verdict import strict_code
    from rundiff.render.terminal import plain_line

    with Progress() as progress:
        progress.say("reading runs")
        done = import_runs(
            arguments.sources,
            Path(arguments.store),
            reading=read_options(arguments),
            selection=selection_options(arguments),
            say=progress.say,
        )
    for problem in done.problems:
        if problem.severity == "error":
            place = f"{problem.location}: " if problem.location else ""
            print(plain_line(f"{place}{problem.message}"), file=sys.stderr)
    print(
        f"{len(done.added)} added, {len(done.updated)} updated, {len(done.unchanged)} unchanged",
        file=sys.stderr,
    )
    print(arguments.store)
    return strict_code(done.problems, is_strict=arguments.strict)
