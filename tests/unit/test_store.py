"""The engine has no way out, and runs nothing but constant texts (security.md, rows 14, 15)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from rundiff.store import Store

from tests.factories import Recorded, make_comparison

WAYS_OUT = (
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM '{file}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM read_text('.tmp/x')",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '.tmp/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{folder}/other.duckdb' AS other",
    "ATTACH '.tmp/other.duckdb' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "INSTALL '{folder}/x.duckdb_extension'",
    "LOAD '{folder}/x.duckdb_extension'",
    "SELECT * FROM read_csv('http://127.0.0.1:{port}/x')",
    "SET enable_external_access = true",
    "SET temp_directory = '{folder}'",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "SET allowed_directories = ['{folder}']",
    "SELECT * FROM secret_frame",
    "SELECT getenv('HOME')",
)


@pytest.fixture
def listener() -> tuple[int, list[object]]:
    """A port on which nothing must arrive."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.5)
    met: list[object] = []

    def wait() -> None:
        try:
            met.append(server.accept())
        except OSError:
            pass
        finally:
            server.close()

    threading.Thread(target=wait, daemon=True).start()
    return server.getsockname()[1], met


@pytest.mark.parametrize("text", WAYS_OUT)
def test_nothing_leads_out(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listener: tuple[int, list[object]]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    (tmp_path / ".tmp").mkdir()
    (tmp_path / ".tmp" / "x").write_text("secret")
    secret_frame = pa.table({"secret": [1]})
    assert secret_frame.num_rows == 1
    before = sorted(tmp_path.rglob("*"))
    port, met = listener
    store = Store()
    with pytest.raises(duckdb.Error):
        store.fetch(text.format(file=tmp_path / "secret.csv", folder=tmp_path, port=port))
    assert sorted(tmp_path.rglob("*")) == before
    assert met == []


def test_tables_that_were_handed_over_are_read() -> None:
    store = Store()
    store.load("t", pa.table({"a": [3, 1, 2]}))
    assert store.fetch("SELECT a FROM t ORDER BY a").to_pydict() == {"a": [1, 2, 3]}
    assert store.fetch("SELECT sum(a) AS s FROM t").to_pydict() == {"s": [6]}
    above = "SELECT a FROM t WHERE a > $low AND a IN (SELECT UNNEST($some)) ORDER BY a"
    assert store.fetch(above, low=1, some=[1, 3, 2]).to_pydict() == {"a": [2, 3]}
    store.create_view("v", "SELECT a FROM t WHERE a > 2")
    assert store.fetch_rows("SELECT a FROM v") == [(3,)]
    store.load("t", pa.table({"a": [7, None]}), "SELECT * FROM incoming WHERE a IS NOT NULL")
    assert store.fetch_rows("SELECT a FROM v") == [(7,)]


def test_a_comparison_leaves_the_working_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_comparison(Recorded(name="a", params={"x": "1"}), Recorded(name="b"))
    assert list(tmp_path.iterdir()) == []


HOSTILE = (
    "'; DROP TABLE cell; --", '"; ATTACH \'x\'; --', "$1", "?", "{0}", "%s", "\\", "", "\x01",
    "/etc/passwd", "read_text('/etc/passwd')", "SELECT", "comparison", "constructor",
)  # fmt: skip


def executed(monkeypatch: pytest.MonkeyPatch, *runs: Recorded, where: str) -> set[str]:
    """Return every text that reaches the engine while runs are compared."""
    from rundiff.selection.choose import SelectionOptions

    texts: set[str] = set()
    for name in ("_execute", "fetch", "fetch_rows"):
        original = getattr(Store, name)

        def spy(
            store: Store, text: str, *, called: Callable[..., object] = original, **numbers: object
        ) -> object:
            texts.add(text)
            return called(store, text, **numbers)

        monkeypatch.setattr(Store, name, spy)
    make_comparison(*runs, selection=SelectionOptions(where=where))
    monkeypatch.undo()
    return texts


def test_the_same_texts_are_executed_for_any_records(monkeypatch: pytest.MonkeyPatch) -> None:
    benign = executed(
        monkeypatch,
        *(
            Recorded(
                name=f"r{n}",
                params={"x": f"{n}", f"y{n}": 1},  # which the others lack
                metrics={"m": [1.0, 2.0]},
                tags={"t": "u"},
                datasets=[{"name": "d", "context": "training", "digest": f"{n}"}],
            )
            for n in range(len(HOSTILE))
        ),
        where="params.x != 'nothing'",
    )
    hostile = executed(
        monkeypatch,
        *(
            Recorded(
                name=text,
                run_id=f"{place}{text}",
                params={text: text, "x": text, **dict.fromkeys(HOSTILE, text)},
                metrics={text: [1.0, float("nan")], "m": float("inf")},
                tags={text: text},
                environment={text: {text: text}},
                datasets=[{"name": text, "context": text, "digest": text}],
                artifacts=[{"path": text or "empty", "size": 1}],
            )
            for place, text in enumerate(HOSTILE)
        ),
        where="params.x != '''; DROP TABLE cell; --' or params.x is not null",
    )
    assert hostile == benign
    assert len(benign) > 10
