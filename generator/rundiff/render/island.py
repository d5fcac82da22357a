"""The data island: everything the script needs, as one ASCII JSON text that cannot end its element.

``< > &`` are written as escapes; keys of records are values in lists, never names of members, so
that ``__proto__`` is a key like any other. Columns are dictionary-encoded: a value that 1,000 runs
share is there once; a column of different doubles is their bytes.
"""

from __future__ import annotations

import base64
import json
import math
import shlex
import sys
from array import array
from typing import TYPE_CHECKING

from markupsafe import Markup

from rundiff.charts.curves import histories
from rundiff.comparison import Section
from rundiff.ranking import is_command, metric_rank
from rundiff.records.values import TYPES
from rundiff.stats.comparability import is_training, precondition_of
from rundiff.views.runs import source_titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rundiff.charts.lines import Rest
    from rundiff.charts.payload import Payload
    from rundiff.charts.section import Drawn
    from rundiff.comparison import MetricMeaning
    from rundiff.judgement import Band
    from rundiff.selected import SelectedCell
    from rundiff.views.kept import Kept

MANY_CELLS = 500  # from here on a column of different doubles is packed


def render_island(kept: Kept, payload: Payload | None, drawn: Drawn | None) -> Markup:
    """Return the JSON text; ``payload``: the curves; ``drawn``: what else the charts show."""
    comparison = kept.comparison
    sources = source_titles(comparison)
    positions = {run.run_id: index for index, run in enumerate(comparison.runs)}
    limits = {key: verdict.tolerance for (key, _), verdict in comparison.verdicts.items()}
    data = {
        "schema": 1,
        "title": comparison.title,
        "runs": [
            {
                "id": run.run_id,
                "name": run.name,
                "label": run.label,
                "experiment": run.experiment,
                "status": run.status,
                "state": run.state,
                "user": run.user,
                "color": run.color,
                "start": run.start_time,
                "end": run.end_time,
                **({"source": sources[run.source]} if sources else {}),
                **({"full": run.full_name} if run.full_name != run.name else {}),
            }
            for run in comparison.runs
        ],
        "compared": [positions[run.run_id] for run in comparison.compared],
        "types": TYPES,
        "columns": [
            # Command lines last, as in the tables and as charts would have them.
            _column(section, key, cells, kept)
            for (section, key), cells in sorted(
                kept.data.items(), key=lambda entry: is_command(entry[0][1])
            )
        ],
        "metrics": [
            _meaning(row.key, row.meaning, limits.get(row.key, row.meaning.tolerance))
            # The leading one first: charts begin with it.
            for row in sorted(comparison.sections.get(Section.METRICS, ()), key=metric_rank)
            if row.meaning is not None
        ],
        "replicates": [
            [positions[run_id] for run_id in group.run_ids if run_id in positions]
            for group in comparison.judgement.replicates
        ],
        "telling": list(comparison.judgement.telling_params),
        "command": _without_baseline(comparison.command),
        "series": payload,
        "bands": [
            _band(band, positions[band.run_id])
            for key in (histories(comparison) if payload else ())
            for band in comparison.bands.get(key, ())
        ],
        "axes": drawn.axes if drawn else [],
        "rests": [_rest(*each, positions) for each in (drawn.rests.items() if drawn else ())],
    }
    return Markup(_text(data))  # noqa: S704


def island_size(value: str) -> int:
    """Return how many bytes a text takes in the island."""
    return len(_text(value))


def _text(data: object) -> str:
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _without_baseline(command: str) -> str:
    """Return the command that made the page, ready to take another baseline."""
    words = shlex.split(command)
    while "--baseline" in words[:-1]:
        at = words.index("--baseline")
        del words[at : at + 2]
    return shlex.join(words)


def _meaning(key: str, meaning: MetricMeaning, limit: str) -> dict[str, str | bool]:
    """Return what a metric means; ``limit`` is the tolerance that its verdicts were reached by."""
    about: dict[str, str | bool] = {
        "key": key,
        "direction": meaning.direction.value,
        "origin": meaning.direction_origin,
        "unit": meaning.unit,
        "tolerance": meaning.tolerance,
    }
    if is_training(key):
        about["training"] = True
    if limit != meaning.tolerance:
        about["limit"] = limit
    return about


def _short(values: Sequence[float]) -> list[float | None]:
    """Return numbers in four significant digits: they are drawn, not read."""
    return [None if math.isnan(value) else float(f"{value:.4g}") for value in values]


def _steps(steps: Sequence[float]) -> list[float]:
    return [int(step) if step.is_integer() else step for step in map(float, steps)]


def _band(band: Band, position: int) -> dict[str, object]:
    """Return a band of replicates."""
    return {
        "key": band.key,
        "run": position,
        "x": _steps(band.steps),
        "low": _short(band.low),
        "high": _short(band.high),
    }


def _rest(key: str, rest: Rest, positions: Mapping[str, int]) -> dict[str, object]:
    """Return the band of the runs that are no columns, and who is best and worst of them."""
    envelope = rest.envelope
    bands: dict[str, object] = {}
    if envelope is not None:
        bands = {
            "runs": envelope.runs,
            "x": _steps(envelope.steps),
            "low": _short(envelope.low),
            "high": _short(envelope.high),
            "from": _short(envelope.first_quarter),
            "to": _short(envelope.last_quarter),
        }
    ends = [{"run": positions[one.run_id], "word": word} for word, one in rest.extremes]
    return {"key": key, "ends": ends, **bands}


def _column(
    section: str, key: str, cells: Mapping[str, SelectedCell], kept: Kept
) -> dict[str, object]:
    guards = precondition_of(key) if section in (Section.PARAMS, Section.TAGS) else ""
    head: dict[str, object] = {
        **({"guards": guards} if guards else {}),
        "section": section,
        "key": key,
    }
    doubles = pack_doubles([cells.get(run.run_id) for run in kept.comparison.runs])
    if doubles is not None:
        return {**head, **doubles}
    codes: dict[tuple[str, str], int] = {}
    places = []
    for run in kept.comparison.runs:
        cell = cells.get(run.run_id)
        if cell is None:
            places.append(-1)
        else:
            places.append(codes.setdefault((cell.type, cell.value), len(codes)))
    long = kept.long
    found = long.places.get((section, key), ())
    # How long values are shown elsewhere; null for one that is cut here, too.
    shorter = [
        [code, None if value in long.cut else long.shown[value]]
        for (_, value), code in codes.items()
        if value in found
    ]
    return head | {
        "t": [TYPES.index(kind) for kind, _ in codes],
        "v": [long.shown[value] if value in long.cut else value for _, value in codes],
        "i": places,
        **({"long": shorter} if shorter else {}),
    }


def pack_doubles(cells: Sequence[SelectedCell | None]) -> Mapping[str, object] | None:
    """Return a column in which most of many runs have a double of their own, else None.

    As doubles in base64 it takes a third of the bytes, in the file and in the browser, of a text
    for each value. Only texts that are how Python writes their double: the page writes them again.
    """
    present = [cell for cell in cells if cell is not None]
    if len(present) < MANY_CELLS or any(cell.type != "float" for cell in present):
        return None
    distinct = {cell.value for cell in present}
    if 2 * len(distinct) < len(present) or not all(map(_is_plain, distinct)):
        return None
    numbers = array("d", [0.0 if cell is None else float(cell.value) for cell in cells])
    if sys.byteorder == "big":
        numbers.byteswap()
    gaps = [place for place, cell in enumerate(cells) if cell is None]
    packed = base64.b64encode(numbers.tobytes()).decode()
    return {"f": packed, **({"gaps": gaps} if gaps else {})}


def _is_plain(text: str) -> bool:
    return text in ("NaN", "Infinity", "-Infinity") or text == repr(float(text))
