"""From file names to files: the suffix chooses the format; all outputs share one comparison.

Targets are checked before anything is read or drawn (``check_outputs``), so that a misspelt suffix
does not cost a minute. Only then are they written, one after the other, each whole or not at all.
``-`` is not a name here: a report is a file, and ``rundiff diff`` prints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import OutputError
from rundiff.frozen import dataclass
from rundiff.render.files import check_target, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from rundiff.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """What the writers may be told. ``budget``: the most characters of a Markdown summary."""

    force: bool = False
    budget: int | None = None
    summary_key: str = "report"


def check_outputs(paths: Sequence[Path], *, force: bool) -> None:
    """Raise an OutputError for the first path that has no known suffix or must not be written."""
    seen: dict[Path, Path] = {}
    for path in paths:
        _writer(path)
        check_target(path, force=force)
        twin = seen.setdefault(path.resolve(), path)
        if twin is not path:
            raise OutputError(f"{path}: given twice as an output")


def write_output(
    comparison: Comparison, path: Path, *, options: OutputOptions | None = None
) -> None:
    """Draw the comparison in the format of the suffix and put it on disk."""
    options = options or OutputOptions()
    write_file(path, _writer(path)(comparison, options), force=options.force)


def _html(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.html import render_html

    return render_html(comparison).encode()


def _markdown(comparison: Comparison, options: OutputOptions) -> bytes:
    from rundiff.render.markdown import render_markdown

    text = render_markdown(comparison, budget=options.budget, key=options.summary_key)
    return text.encode()


def _json(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.json import render_json

    return render_json(comparison)


def _csv(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.relation import render_csv

    return render_csv(comparison)


def _parquet(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.relation import render_parquet

    return render_parquet(comparison)


def _latex(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.latex import render_latex

    return render_latex(comparison)


def _junit(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.junit import render_junit

    return render_junit(comparison)


def _openmetrics(comparison: Comparison, options: OutputOptions) -> bytes:  # noqa: ARG001
    from rundiff.render.openmetrics import render_openmetrics

    return render_openmetrics(comparison)


# Imports are inside: an HTML report must not pay for pyarrow.parquet, nor a CSV for Jinja.
WRITERS: Mapping[str, Callable[[Comparison, OutputOptions], bytes]] = {
    ".html": _html,
    ".md": _markdown,
    ".json": _json,
    ".csv": _csv,
    ".parquet": _parquet,
    ".tex": _latex,
    ".xml": _junit,
    ".txt": _openmetrics,
}


def _writer(path: Path) -> Callable[[Comparison, OutputOptions], bytes]:
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        known = ", ".join(WRITERS)
        if str(path) == "-":
            raise OutputError(
                "-: an output is a file, and its suffix chooses the format;"
                " `rundiff diff` prints the comparison"
            )
        what = f"no output format for {path.suffix!r}" if path.suffix else "has no suffix"
        raise OutputError(f"{path}: {what}; known suffixes: {known}")
    return writer
