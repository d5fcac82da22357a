"""Failed gates as GitHub's annotation lines: the only workflow commands that rundiff ever prints.

They are printed on request. A message is data to the runner: ``%``, carriage return and line feed
are escaped as its toolkit does, in the title also ``:`` and ``,``; what cannot be seen is made
visible first, so record text can neither end the line nor begin another command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.format import show_text
from rundiff.judgement import GateStatus

if TYPE_CHECKING:
    from rundiff.comparison import Comparison

_KINDS = {GateStatus.FAILED: "error", GateStatus.WAIVED: "warning"}
_MOST = 10  # more of one kind are not shown by the host


def render_annotations(comparison: Comparison) -> str:
    """Return one line for each gate that failed or is waived, at most ten of each kind."""
    lines = []
    for status, kind in _KINDS.items():
        gates = [gate for gate in comparison.judgement.gates if gate.status is status]
        for gate in gates[:_MOST]:
            title = _escape(gate.name).replace(":", "%3A").replace(",", "%2C")
            lines.append(f"::{kind} title={title}::{_escape(f'{gate.run_name}: {gate.reason}')}\n")
    return "".join(lines)


def _escape(text: str) -> str:
    # "##[" anywhere in a line is a command of older runners.
    shown = show_text(text).replace("##[", "##\\[")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
