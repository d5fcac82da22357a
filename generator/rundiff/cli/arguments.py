"""Options that several commands share, and what is made of them."""

from __future__ import annotations

import argparse
import shlex

from rundiff.cli.judging import judging_words, parse_count, with_judging
from rundiff.gates.committed import baseline_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rundiff.assembly.build import CompareOptions
    from rundiff.budgets import Budgets
    from rundiff.selection.choose import SelectionOptions
    from rundiff.sources.base import ReadOptions

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # has no other name

EXAMPLE = "metrics.accuracy > 0.9 and params.model = 'rf'"


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the sources and the options of reading."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a folder or file with runs, of any known kind (`rundiff sources` lists them)",
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=KEY",
        type=_column,
        help="what a column of a table means, e.g. lr=params.lr",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if anything could not be read"
    )
    parser.add_argument(
        "--traceback", action="store_true", help="show where in the program an error arose"
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose runs."""
    group = parser.add_argument_group("which runs")
    group.add_argument(
        "--run",
        action="append",
        default=[],
        metavar="ID|NAME",
        help="a run by its id, the beginning of its id, or its name; repeatable",
    )
    group.add_argument(
        "--experiment", action="append", default=[], metavar="NAME", help="repeatable"
    )
    group.add_argument(
        "--where", default="", metavar="FILTER", help=f'MLflow\'s grammar: "{EXAMPLE}"'
    )
    group.add_argument(
        "--order-by",
        action="append",
        default=[],
        metavar="KEY",
        help='e.g. "metrics.accuracy desc"; repeatable; otherwise oldest first',
    )
    group.add_argument("--limit", type=parse_count, metavar="N", help="at most so many runs")
    group.add_argument("--deleted", action="store_true", help="include deleted runs")


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """Add the options of the comparison itself."""
    group = parser.add_argument_group("how they are compared")
    group.add_argument(
        "--baseline",
        default="",
        metavar="ID|NAME",
        help="the reference; otherwise the first --run, the run tagged or named baseline, "
        "or the oldest finished one with the leading metric",
    )
    group.add_argument(
        "--columns",
        type=parse_count,
        metavar="N",
        help="how many runs stand side by side; otherwise all up to 10, of more the best of each "
        "recipe, at most 6",
    )
    group.add_argument(
        "--goal",
        action="append",
        default=[],
        metavar="METRIC=min|max",
        type=_goal,
        help="which way a metric is better; repeatable",
    )


def add_budgets(parser: argparse.ArgumentParser) -> None:
    """Add the options that bound a page."""
    group = parser.add_argument_group("how large a page may be")
    for name, what in (
        ("bytes", "of the .html file: never larger; otherwise 18 MB, unless nothing makes it fit"),
        ("cells", "values of single runs; otherwise 1,000,000, and 2,000 rows of a table"),
        ("points", "points of curves; otherwise 30,000 of the columns and 60,000 of other runs"),
    ):
        group.add_argument(f"--max-{name}", type=parse_count, metavar="N", help=f"the most {what}")


def page_budgets(arguments: argparse.Namespace) -> Budgets:
    """Return what one page may hold."""
    from rundiff.budgets import Budgets

    return Budgets(
        bytes=arguments.max_bytes, cells=arguments.max_cells, points=arguments.max_points
    )


def selection_options(arguments: argparse.Namespace) -> SelectionOptions:
    """Return which runs were asked for."""
    from rundiff.selection.choose import SelectionOptions

    return SelectionOptions(
        where=arguments.where,
        experiments=tuple(arguments.experiment),
        names=tuple(arguments.run),
        order_by=tuple(arguments.order_by),
        limit=arguments.limit,
        baseline=getattr(arguments, "baseline", ""),
        include_deleted=arguments.deleted,
    )


def read_options(arguments: argparse.Namespace) -> ReadOptions:
    """Return what was asked of reading."""
    from rundiff.sources.base import ReadOptions

    return ReadOptions(include_deleted=arguments.deleted, columns=dict(arguments.column))


def compare_options(arguments: argparse.Namespace) -> CompareOptions:
    """Return what was asked of the comparison."""
    from rundiff.assembly.build import CompareOptions
    from rundiff.comparison import Direction

    goals = {"min": Direction.LOWER, "max": Direction.HIGHER}
    options = CompareOptions(
        selection=selection_options(arguments),
        reading=read_options(arguments),
        columns=arguments.columns,
        directions={metric: goals[goal] for metric, goal in arguments.goal},
        title=getattr(arguments, "title", ""),
        command=command_line(arguments),
    )
    return with_judging(arguments, options)


def command_line(arguments: argparse.Namespace) -> str:
    """Return the command for "About this report".

    Options that shape the content are in it; where files lie and what the outputs are called is
    not, since the same runs give the same bytes wherever the command is run.
    """
    words = ["rundiff", arguments.command, *map(_without_place, arguments.sources)]
    baseline = arguments.baseline
    if baseline_path(baseline) is not None:
        baseline = _without_place(baseline)
    for option, found in (
        ("--column", [f"{name}={key}" for name, key in arguments.column]),
        ("--run", arguments.run),
        ("--experiment", arguments.experiment),
        ("--where", [arguments.where] if arguments.where else []),
        ("--order-by", arguments.order_by),
        ("--limit", [str(arguments.limit)] if arguments.limit else []),
        ("--baseline", [baseline] if baseline else []),
        ("--columns", [str(arguments.columns)] if arguments.columns else []),
        ("--goal", [f"{metric}={goal}" for metric, goal in arguments.goal]),
        ("--title", [arguments.title] if getattr(arguments, "title", "") else []),
        *judging_words(arguments),
    ):
        for word in found:
            words += [option, word]
    if getattr(arguments, "no_replicates", False):
        words.append("--no-replicates")
    if arguments.deleted:
        words.append("--deleted")
    return shlex.join(words)


def _without_place(source: str) -> str:
    """Return the last part of a path; a URI without user, password and query."""
    scheme, separator, rest = source.partition("://")
    if not separator:
        return source.rstrip("/").rpartition("/")[2] or source
    host, slash, path = rest.partition("?")[0].partition("/")
    if not host:  # sqlite:////home/me/mlflow.db
        return f"{scheme}:///{path.rpartition('/')[2]}"
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


def _column(text: str) -> tuple[str, str]:
    name, separator, key = text.partition("=")
    if not separator or not name or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=KEY, e.g. lr=params.lr")
    return name, key


def _goal(text: str) -> tuple[str, str]:
    metric, _, goal = text.rpartition("=")
    if not metric or goal not in ("min", "max"):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form METRIC=min or METRIC=max")
    return metric, goal
