"""`rundiff pack` and `rundiff unpack`: a store's runs as a few files, and back again.

Packing joins the records of finished runs into few Parquet files and removes what they were made
from once that has been compared; artifacts stay where they are. Runs that are still going on, were
interrupted or are damaged are left alone. A store is read the same before and after.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from rundiff.cli.arguments import Commands

_SHOWN = 5


def add_parser(commands: Commands) -> None:
    """Add both commands."""
    packing = commands.add_parser(
        "pack", help="join the records of many runs into few files", description=__doc__
    )
    packing.add_argument("store", metavar="STORE", help="the folder that runs were logged to")
    packing.add_argument(
        "--journals-only",
        action="store_true",
        help="only remove journals whose runs are safely in run.json and metrics.parquet",
    )
    unpacking = commands.add_parser(
        "unpack", help="give packed runs folders of their own again", description=__doc__
    )
    unpacking.add_argument("store", metavar="STORE", help="the store that was packed")
    for parser, command in ((packing, run_pack), (unpacking, run_unpack)):
        parser.add_argument(
            "--traceback", action="store_true", help="show where in the program an error arose"
        )
        parser.set_defaults(execute=command)


def run_pack(arguments: argparse.Namespace) -> int:
    """Pack a store, or only drop its journals; returns the exit code."""
    import sys
    from pathlib import Path

    from rundiff.cli.progress import Progress
    from rundiff.render.terminal import plain_line
    from rundiff.sources.packing import drop_journals, pack_store

    work = drop_journals if arguments.journals_only else pack_store
    with Progress() as progress:
        done = work(_folder(arguments.store), lambda text: progress.say(plain_line(text)))
    print(Path(arguments.store))
    if arguments.journals_only:
        print(f"journals removed: {_count(done.runs, 'run')}", file=sys.stderr)
    else:
        into = f" into {_count(done.packs, 'pack')}" if done.packs else ""
        print(f"packed: {_count(done.runs, 'run')}{into}", file=sys.stderr)
    if not done.runs and _is_inside(Path(arguments.store)):
        parent = Path(arguments.store).resolve().parent.name
        hint = f"this is an experiment's folder: name the store that it is in, {parent!r}"
        print(plain_line(hint), file=sys.stderr)
    if done.left:
        print(f"left as they are: {_count(len(done.left), 'run')}", file=sys.stderr)
    for path, reason in done.left[:_SHOWN]:
        print(plain_line(f"  {path}: {reason}"), file=sys.stderr)
    if len(done.left) > _SHOWN:
        print(f"  and {len(done.left) - _SHOWN} more", file=sys.stderr)
    return 0


def run_unpack(arguments: argparse.Namespace) -> int:
    """Unpack a store; returns the exit code."""
    import sys

    from rundiff.cli.progress import Progress
    from rundiff.render.terminal import plain_line
    from rundiff.sources.unpacking import unpack_store

    with Progress() as progress:
        done = unpack_store(_folder(arguments.store), lambda text: progress.say(plain_line(text)))
    print(arguments.store)
    print(
        f"unpacked: {_count(done.runs, 'run')} of {_count(done.packs, 'pack')}"
        if done.packs
        else "unpacked: nothing, there is no pack",
        file=sys.stderr,
    )
    return 0


def _is_inside(folder: Path) -> bool:
    """Tell whether a folder holds runs itself, as that of an experiment does."""
    return any(next(folder.glob(f"*/{name}"), None) for name in ("run.json", "*.jsonl"))


def _folder(given: str) -> Path:
    from pathlib import Path

    from rundiff.errors import SourceError

    path = Path(given)
    if not path.is_dir():
        raise SourceError(f"{given!r} is no folder; expected the store that runs were logged to")
    return path


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
