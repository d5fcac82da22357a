"""`rundiff baseline set`: write the blessed baseline to a small file that is kept in git."""

from __future__ import annotations

from rundiff.cli.arguments import add_comparison, add_selection, add_sources, compare_options
from rundiff.cli.judging import add_judging
from rundiff.gates.committed import COMMITTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from rundiff.cli.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "baseline", help="write the baseline that candidates are held to", description=__doc__
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    setting = actions.add_parser(
        "set", help="bless a run, with its replicates, as the baseline", description=__doc__
    )
    add_sources(setting)
    setting.add_argument(
        "-o", "--output", default=COMMITTED, metavar="FILE", help=f"otherwise {COMMITTED}"
    )
    setting.add_argument(
        "--force", action="store_true", help="overwrite a file that rundiff did not write"
    )
    add_selection(setting)
    add_comparison(setting)
    add_judging(setting)
    setting.set_defaults(execute=run)


def run(arguments: argparse.Namespace) -> int:
    """Choose the baseline as every comparison does and write it; returns the exit code."""
    import os
    import sys
    from dataclasses import replace
    from pathlib import Path

    from rundiff.assembly.build import build_comparison
    from rundiff.cli.judging import today
    from rundiff.cli.verdict import exit_code
    from rundiff.gates.baseline import baseline_recipe, render_baseline
    from rundiff.render.files import check_target, write_file
    from rundiff.render.terminal import plain_line
    from rundiff.selection.choose import SelectionOptions

    path = Path(arguments.output)
    check_target(path, force=arguments.force)
    asked = compare_options(arguments)
    values = asked.value_choices
    # The rules themselves wait for a candidate; of a gate file only the choice of values counts.
    options = replace(asked, values=values, gates=None, columns=arguments.columns or 100)
    comparison = build_comparison(arguments.sources, options)
    recipe = baseline_recipe(comparison)
    if not {run.run_id for run in comparison.compared}.issuperset(recipe):
        # What only runs that stand side by side have, their datasets, is wanted of all of these.
        only = SelectionOptions(names=recipe, baseline=recipe[0], include_deleted=arguments.deleted)
        options = replace(options, selection=only, columns=len(recipe))
        comparison = build_comparison(arguments.sources, options)
    content = render_baseline(comparison, set_on=today(os.environ), values=values)
    write_file(path, content, force=arguments.force)
    print(path)
    said = f"the baseline is {comparison.baseline.name!r}"
    if len(recipe) > 1:
        said += f" with its replicates, {len(recipe)} runs in all"
    print(plain_line(said), file=sys.stderr)
    return exit_code(comparison, is_strict=arguments.strict)
