"""The comparison as one JSON document, for programs: the relation and what is concluded.

The shape is versioned (``schema_version``) and published as ``docs/comparison.schema.json``; a
field may be added within a version, never changed or taken away. Doubles are written with the
fewest digits that read back to the same double; NaN and infinities, which JSON has no token for,
are the texts "NaN", "Infinity" and "-Infinity" where a number would stand. ``value`` is always the
exact text. Rows of ``relation``, ``verdicts`` and ``gates`` stand on one line each, so that two
documents can be compared line by line.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from rundiff import __version__
from rundiff.render.relation import relation_table
from rundiff.stats.outcome import overall_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rundiff.comparison import Comparison, Run
    from rundiff.judgement import Verdict

SCHEMA_VERSION = 1


def render_json(comparison: Comparison) -> bytes:
    """Return the document as UTF-8 with a line feed at its end."""
    judgement = comparison.judgement
    parts: dict[str, str] = {
        "format": _text("rundiff-comparison"),
        "schema_version": _text(SCHEMA_VERSION),
        "generator": _text(f"rundiff {__version__}"),
        "title": _text(comparison.title),
        "baseline": _text(comparison.compared[0].run_id if comparison.compared else None),
        "compared": _text([run.run_id for run in comparison.compared]),
        "runs": _lines(_run(run) for run in comparison.runs),
        "relation": _lines(relation_table(comparison).to_pylist()),
        "verdicts": _lines(_verdict(verdict) for verdict in comparison.verdicts.values()),
        "replicate_rule": _text(judgement.replicate_rule),
        "replicates": _lines(asdict(group) for group in judgement.replicates),
        "changes": _lines(asdict(change) for change in judgement.changes),
        "unjudged": _text(asdict(judgement.unjudged)),
        "trends": _lines(asdict(trend) for trend in judgement.trends),
        "gates": _lines(asdict(gate) for gate in judgement.gates),
        "gates_passed": _text(not judgement.has_failed if judgement.gates else None),
        "outcome": _text(overall_outcome(comparison)),
        "warnings": _lines(judgement.warnings),
        "problems": _lines(asdict(problem) for problem in comparison.problems),
        "sources": _lines(asdict(source) for source in comparison.sources),
        "selection": _text(asdict(comparison.selection)),
        "build": _text(asdict(comparison.build) if comparison.build else None),
        "command": _text(comparison.command),
    }
    body = ",\n".join(f"{_text(name)}: {part}" for name, part in parts.items())
    return f"{{{body}}}\n".encode()


def json_ready(value: object) -> object:
    """Return the value with NaN and infinities as texts; containers are copied."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: json_ready(child) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(child) for child in value]
    return value


def _text(value: object) -> str:
    return json.dumps(json_ready(value), ensure_ascii=True, allow_nan=False)


def _lines(values: Iterable[object]) -> str:
    lines = [_text(value) for value in values]
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _run(run: Run) -> Mapping[str, object]:
    """Return the run without what only a page needs."""
    fields = asdict(run)
    del fields["full_name"], fields["label"], fields["color"]
    return fields


def _verdict(verdict: Verdict) -> Mapping[str, object]:
    return asdict(verdict)
