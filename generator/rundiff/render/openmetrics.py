"""The compared metrics as OpenMetrics text, which GitLab shows on a merge request.

Record text stands in label values only, with the three escapes that the format has (backslash,
quote, line feed); everything that cannot be seen is made visible first. No timestamps: same input,
same bytes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rundiff.comparison import Section
from rundiff.format import show_text
from rundiff.judgement import GateStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.comparison import Comparison


def render_openmetrics(comparison: Comparison) -> bytes:
    """Return the metrics of every compared run, the deltas of the candidates and the gates."""
    return "\n".join([*_lines(comparison), "# EOF", ""]).encode()


def _lines(comparison: Comparison) -> Iterator[str]:
    rows = comparison.sections.get(Section.METRICS, ())
    roles = _roles(comparison)
    yield from _family("rundiff_metric", "Chosen value of a metric in one run.")
    for row in rows:
        for run, cell in zip(comparison.compared, row.cells, strict=True):
            if cell.number is not None:
                labels = _labels(
                    metric=row.key, run=run.name, run_id=run.run_id, role=roles[run.run_id]
                )
                yield f"rundiff_metric{labels} {_number(cell.number)}"
    yield from _family("rundiff_delta", "Candidate minus baseline.")
    for row in rows:
        for run, cell in zip(comparison.compared, row.cells, strict=True):
            if cell.delta is not None and roles[run.run_id] == "candidate":
                labels = _labels(metric=row.key, run=run.name, run_id=run.run_id)
                yield f"rundiff_delta{labels} {_number(cell.delta)}"
    yield from _family("rundiff_gate_failed", "1 where a gate failed and is not waived.")
    for gate in comparison.judgement.gates:
        labels = _labels(gate=gate.name, run=gate.run_name, run_id=gate.run_id)
        yield f"rundiff_gate_failed{labels} {int(gate.status is GateStatus.FAILED)}"


def _roles(comparison: Comparison) -> dict[str, str]:
    """Return what each compared run is; runs that repeat the baseline are no candidates."""
    groups = comparison.judgement.replicates
    repeats = {run_id for group in groups if group.is_baseline for run_id in group.run_ids}
    roles = {
        run.run_id: "replicate" if run.run_id in repeats else "candidate"
        for run in comparison.compared
    }
    return roles | {comparison.baseline.run_id: "baseline"}


def _family(name: str, meaning: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {meaning}"


def _labels(**labels: str) -> str:
    parts = (f'{name}="{_escape(show_text(text))}"' for name, text in labels.items())
    return f"{{{','.join(parts)}}}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
