"""Gates as a JUnit file: one test case a gate, which every build server can show.

Without a gate file the verdicts stand as test cases that never fail: what a build server then shows
is the list of metrics, and nobody's build turns red over a rule that nobody agreed on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from rundiff.format import show_text
from rundiff.judgement import GateStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rundiff.comparison import Comparison

# XML 1.0 has no way to write these at all; show_text leaves none of them, this is the proof.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(comparison: Comparison) -> bytes:
    """Return the file. A waived gate is a skipped test with the waiver's reason."""
    cases = list(_cases(comparison))
    statuses = [gate.status for gate in comparison.judgement.gates]
    counts = (
        f'tests="{len(cases)}" failures="{statuses.count(GateStatus.FAILED)}" errors="0" '
        f'skipped="{statuses.count(GateStatus.WAIVED)}"'
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="rundiff" {counts}>',
        f'  <testsuite name="rundiff gates" {counts}>',
        *cases,
        "  </testsuite>",
        "</testsuites>",
        "",
    ]
    return "\n".join(lines).encode()


def _cases(comparison: Comparison) -> Iterator[str]:
    for gate in comparison.judgement.gates:
        head = f"    <testcase classname={_attribute(gate.run_name)} name={_attribute(gate.name)}"
        reason = _attribute(gate.reason)
        match gate.status:
            case GateStatus.PASSED:
                yield f"{head}/>"
            case GateStatus.WAIVED:
                yield f"{head}><skipped message={reason}/></testcase>"
            case GateStatus.FAILED:
                yield (
                    f'{head}><failure type="gate" message={reason}>'
                    f"{_text(gate.rule)}: {_text(gate.reason)}</failure></testcase>"
                )
    if comparison.judgement.gates:
        return
    names = {run.run_id: run.full_name for run in comparison.compared}
    for (key, run_id), verdict in comparison.verdicts.items():
        name = _attribute(f"{key}: {verdict.kind}")
        yield f"    <testcase classname={_attribute(names.get(run_id, run_id))} name={name}/>"


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", show_text(text)))


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", show_text(text)))
