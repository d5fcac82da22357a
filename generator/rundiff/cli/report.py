"""`rundiff report`: the comparison as files; the suffix of each output chooses its format."""

from __future__ import annotations

from rundiff.cli.arguments import (
    add_budgets,
    add_comparison,
    add_selection,
    add_sources,
    compare_options,
    page_budgets,
)
from rundiff.cli.judging import add_judging, add_summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report", help="write a report (HTML, Markdown, JSON, CSV, …)", description=__doc__
    )
    add_sources(parser)
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="FILE",
        help="repeatable; .html .md .json .csv .parquet .tex …; otherwise report.html",
    )
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that rundiff did not write"
    )
    parser.add_argument("--title", default="", help="otherwise the names of the experiments")
    add_selection(parser)
    add_comparison(parser)
    add_judging(parser)
    add_budgets(parser)
    add_summary(parser)
    parser.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and write; returns the exit code."""
    import sys
    from dataclasses import replace
    from pathlib import Path

    from rundiff.assembly.build import build_comparison
    from rundiff.cli.progress import Progress
    from rundiff.cli.verdict import exit_code
    from rundiff.render.annotations import render_annotations
    from rundiff.render.outputs import OutputOptions, check_outputs, write_output

    outputs = [Path(name) for name in arguments.output or ["report.html"]]
    check_outputs(outputs, force=arguments.force)
    options = OutputOptions(
        force=arguments.force, budget=arguments.budget, summary_key=arguments.summary_key
    )
    with Progress() as progress:
        progress.say("reading and comparing runs")
        has_page = any(path.suffix.lower() == ".html" for path in outputs)
        wanted = replace(
            compare_options(arguments), budgets=page_budgets(arguments), has_others=has_page
        )
        comparison = build_comparison(arguments.sources, wanted)
        for path in outputs:
            progress.say(f"writing {path.name}")
            write_output(comparison, path, options=options)
    for path in outputs:
        print(path)
    if arguments.annotations:
        sys.stdout.write(render_annotations(comparison))
    return exit_code(comparison, is_strict=arguments.strict)
