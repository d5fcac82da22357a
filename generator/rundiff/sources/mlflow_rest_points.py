"""Histories of selected runs from a tracking server, one request a page of each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import SourceError
from rundiff.sources.history import History, Number
from rundiff.sources.mlflow_rest_pages import fetch_pages
from rundiff.sources.mlflow_rest_rows import number_at
from rundiff.sources.mlflow_values import LATEST_MS
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from rundiff.sources.http_client import JsonServer

_PATH = "/api/2.0/mlflow/metrics/get-history"
_PAGE = 25_000


class RestPoints:
    """Loads metric points; ``recorded`` maps the ids of rows to the server's."""

    def __init__(
        self,
        server: JsonServer,
        recorded: Mapping[str, str],
        keys: Mapping[str, Sequence[str]],
    ) -> None:
        self._server, self._recorded, self._keys = server, recorded, keys

    def load(self, run_ids: Sequence[str]) -> pa.Table:
        """Return the points of some runs; raises SourceError when the server fails midway."""
        history = History()
        for run_id in run_ids:
            for key in self._keys.get(run_id, ()):
                self._load_series(history, run_id, key)
        return history.load_points(run_ids)

    def _load_series(self, history: History, run_id: str, key: str) -> None:
        series = history.series(run_id, clean_text(key))
        query = {"run_id": self._recorded[run_id], "metric_key": key, "max_results": _PAGE}
        for fields in fetch_pages(self._server, _PATH, query, "metrics", is_get=True):
            value = number_at(fields, "value")
            time = number_at(fields, "timestamp")
            if value is None:
                raise SourceError(f"{self._server.shown}: a point of {key!r} has no value")
            is_time = time is not None and 0 < time < LATEST_MS
            series.add(
                number_at(fields, "step") or 0.0,
                Number(value),
                int(time) * 1_000 if is_time and time is not None else None,
            )
