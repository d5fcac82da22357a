"""About this report: what was read, chosen, left out, and by which command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff import __version__
from rundiff.budgets import MOST_PROBLEMS
from rundiff.comparison import Section
from rundiff.format import format_count, show_text
from rundiff.frozen import dataclass
from rundiff.views.left_out import LeftOut, command_of
from rundiff.views.marks import counted, joined
from rundiff.views.shown import SECTION_TITLES

if TYPE_CHECKING:
    from rundiff.comparison import Comparison

# What would be in an empty section, and how to put it there.
_HOW_TO_LOG = {
    Section.PARAMS: "log_param",
    Section.METRICS: "log_metric",
    Section.TAGS: "set_tag",
    Section.DATASETS: "log_input",
    Section.ARTIFACTS: "log_artifact",
    Section.ENVIRONMENT: "start_run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line: a code-like text and words after it."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactList:
    """One term and its facts."""

    term: str
    facts: tuple[Fact, ...]
    manifest: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One problem, in full."""

    place: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The section."""

    facts: tuple[FactList, ...]
    problems: tuple[ProblemLine, ...]
    problems_count: str


def build_about(comparison: Comparison, manifest: tuple[LeftOut, ...]) -> About:
    """Return the section; ``manifest``: what the page leaves out."""
    command = command_of(comparison)
    facts = [
        FactList(term="Sources", facts=_sources(comparison)),
        FactList(term="Selection", facts=_selection(comparison)),
        FactList(term="Left out", facts=_left_out(comparison), manifest=manifest),
        FactList(term="Build", facts=_build(comparison)),
        FactList(term="Command", facts=(Fact(code=show_text(command), text=""),)),
        FactList(term="Made by", facts=(Fact(code="", text=f"rundiff {__version__}"),)),
    ]
    problems = comparison.problems
    return About(
        facts=tuple(
            entry for entry in facts if entry.manifest or any(f.code or f.text for f in entry.facts)
        ),
        problems=tuple(
            ProblemLine(
                place=show_text(problem.location)
                + (f":{problem.line}" if problem.line is not None else ""),
                severity=problem.severity,
                message=show_text(problem.message),
            )
            for problem in problems[:MOST_PROBLEMS]
        ),
        problems_count=format_count(len(problems)),
    )


def _sources(comparison: Comparison) -> tuple[Fact, ...]:
    facts = []
    for source in comparison.sources:
        words = " ".join(part for part in (source.title, source.version) if part)
        counts = [f"{counted(source.runs, 'run')} read"]
        if source.points is not None:
            counts.append(counted(source.points, "metric point"))
        if source.problems:
            counts.append(counted(source.problems, "problem"))
        facts.append(
            Fact(code=show_text(source.location), text=", ".join([show_text(words), *counts]))
        )
    return tuple(facts)


def _selection(comparison: Comparison) -> tuple[Fact, ...]:
    selection = comparison.selection
    facts = [Fact(code=show_text(selection.where), text="")] if selection.where else []
    for word, names in (("experiment", selection.experiments), ("run", selection.names)):
        facts += [Fact(code=show_text(name), text=word) for name in names]
    facts += [Fact(code=show_text(order), text="order") for order in selection.order_by]
    if selection.limit is not None:
        facts.append(Fact(code="", text=f"at most {counted(selection.limit, 'run')}"))
    total = f"{format_count(len(comparison.runs))} of {counted(selection.found, 'run')}"
    facts.append(Fact(code="", text=f"{total}; {len(comparison.compared)} compared"))
    return tuple(facts)


def _left_out(comparison: Comparison) -> tuple[Fact, ...]:
    facts = [Fact(code="", text=show_text(line)) for line in comparison.selection.left_out]
    empty = [section for section in Section if not comparison.sections.get(section)]
    if empty:
        names = joined([SECTION_TITLES[section] for section in empty])
        calls = joined([_HOW_TO_LOG[section] for section in empty])
        fill = "fills it" if len(empty) == 1 else "fill them"
        facts.append(Fact(code="", text=f"Sections without content: {names} ({calls} {fill})."))
    if not any(len(one.values) > 1 for many in comparison.series.values() for one in many):
        facts.append(Fact(code="", text="No metric has a history of more than one point."))
    return tuple(facts)


def _build(comparison: Comparison) -> tuple[Fact, ...]:
    build = comparison.build
    if build is None:
        return ()
    parts = [build.host, build.branch, build.commit[:12], build.change, build.run_url]
    return tuple(Fact(code=show_text(part), text="") for part in parts if part)
