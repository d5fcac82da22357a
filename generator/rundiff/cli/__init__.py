"""The command: `rundiff report`, `diff`, `list`, `baseline`, `import` and `sources`.

One module for each command, with ``add_parser`` and ``run``; whatever is heavy is imported inside
``run``, so that ``--help`` costs little more than Python itself (tested through ``sys.modules``;
not even ``dataclasses`` is imported, which alone costs half of Python's own start). Paths of what
was written go to stdout, everything else to stderr.

Exit codes: 0 done, 1 an input or an output has an error, 2 wrong usage, 3 a gate failed.
"""

from __future__ import annotations

import argparse
import os
import sys

from rundiff import __version__
from rundiff.cli import baseline, diff, import_, pack, report, runs, sources, verify
from rundiff.cli.parser import USAGE, Parser
from rundiff.errors import RundiffError
from rundiff.garbage import no_collection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, ERROR, INTERRUPTED = 0, 1, 130
_COMMANDS = (report, diff, runs, baseline, import_, pack, verify, sources)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="rundiff",
        description="Compare logged training runs: what differed, what moved, and is it better?",
        epilog="exit codes: 0 done, 1 an input or output has an error, 2 usage, 3 a gate failed",
    )
    parser.add_argument("--version", action="version", version=f"rundiff {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    for module in _COMMANDS:
        module.add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; ``argv`` is without the program's name."""
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return USAGE
    try:
        with no_collection():
            code: int = arguments.execute(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # `rundiff diff | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if arguments.traceback:
            raise
        print(_message(error), file=sys.stderr)
        return ERROR
    return code


def _message(error: Exception) -> str:
    """Return what to print: a RundiffError's own text, otherwise that this is our mistake."""
    from rundiff.render.terminal import plain_line

    if isinstance(error, RundiffError):
        lines = str(error).split("\n")
    else:
        found = f"{type(error).__name__}: {error}"
        lines = [f"this is a mistake in rundiff, not in your runs: {found}",
                 "run it again with --traceback and report what it prints"]  # fmt: skip
    return "\n".join(["rundiff: " + plain_line(lines[0]), *map(plain_line, lines[1:])])
