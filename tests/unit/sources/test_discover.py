"""Finding: each path is walked once, no file is read by two formats, nothing is lost in silence."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from rundiff.errors import RecordError, SourceError
from rundiff.records.tables import TableBuilder
from rundiff.sources.base import Batch, Claim, Format, ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.merge import merge_batches
from rundiff.sources.tree import MAX_DEPTH, Folder, Tree


def text_format(kind: str, suffix: str, *, together: bool = False) -> Format:
    """A format of files whose content is a param of a run named after the file."""

    def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
        for name in folder.files:
            if name.endswith(suffix):
                yield Claim(path=folder.join(name), kind=kind, consumed=frozenset({name}))

    def read_many(tree: Tree, claims: Iterable[Claim], options: ReadOptions) -> Batch:
        builder = TableBuilder()
        for claim in claims:
            data = tree.read(claim.path)
            if data == b"bad":
                raise RecordError("is bad", location=tree.show(claim.path), line=7)
            stem = claim.path.rpartition("/")[2].partition(".")[0]
            run_id = builder.add_run(stem, name=data.decode(), location=tree.show(claim.path))
            builder.add("metric_summary", {"run_id": run_id, "key": "m", "last": 1.0})
        return Batch(tables=builder.build(), kind=kind, location=tree.label)

    return Format(
        kind=kind,
        title=kind,
        recognised_by=f"*{suffix}",
        find=find,
        read=lambda tree, claim, options: read_many(tree, [claim], options),
        read_many=read_many if together else None,
    )


FIRST, SECOND = text_format("first", ".a.run"), text_format("second", ".run")


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def found(*given: Path, formats: tuple[Format, ...] = (FIRST, SECOND)) -> list[tuple[str, str]]:
    loaded = load_sources([str(path) for path in given], ReadOptions(), formats=formats)
    return [(batch.kind, run) for batch in loaded.batches for run in batch.tables.run_ids]


def test_a_file_is_read_by_the_first_format_that_claims_it(tmp_path: Path) -> None:
    write(tmp_path, x_a_run="1", y_run="2", deep__er__z_a_run="3")
    assert found(tmp_path) == [("first", "x"), ("second", "y"), ("first", "z")]
    assert found(tmp_path / "y.run") == [("second", "y")]


def test_claims_of_small_files_are_read_together(tmp_path: Path) -> None:
    write(tmp_path, a_run="1", d__b_run="2", e__c_run="3")
    both = (text_format("one", ".run", together=True),)
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=both)
    assert [batch.tables.run_ids for batch in loaded.batches] == [["a", "b", "c"]]


def test_a_folder_that_is_claimed_is_not_walked(tmp_path: Path) -> None:
    write(tmp_path, store__mark="", store__deep__x_run="1", y_run="2")

    def find(tree: Tree, folder: Folder) -> Iterable[Claim]:
        if "mark" in folder.files:
            yield Claim(path=folder.path, kind="whole", is_whole_folder=True)

    def read(tree: Tree, claim: Claim, options: ReadOptions) -> Batch:
        builder = TableBuilder()
        builder.add_run("whole")
        return Batch(tables=builder.build(), kind="whole", location=claim.path)

    whole = Format(kind="whole", title="", recognised_by="mark", find=find, read=read)
    assert found(tmp_path, formats=(whole, SECOND)) == [("second", "y"), ("whole", "whole")]


def test_what_cannot_be_read_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, x_run="bad", y_run="2")
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))
    (problem,) = loaded.problems
    assert problem == (f"{tmp_path.name}/x.run", 7, "error", "is bad")
    assert [batch.tables.run_ids for batch in loaded.batches] == [["y"]]
    write(tmp_path, y_run="bad")
    with pytest.raises(SourceError, match=r"x\.run:7: is bad\n.*y\.run:7: is bad"):
        load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))


def test_links_are_not_followed_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, outside__secret_run="s", inside__y_run="2")
    (tmp_path / "inside" / "link.run").symlink_to(tmp_path / "outside" / "secret.run")
    (tmp_path / "inside" / "folder").symlink_to(tmp_path / "outside")
    loaded = load_sources([str(tmp_path / "inside")], ReadOptions(), formats=(SECOND,))
    assert [batch.tables.run_ids for batch in loaded.batches] == [["y"]]
    (problem,) = loaded.problems
    assert problem.severity == "notice"
    assert problem.message == "one of 2 symbolic links, none of them followed"


def test_a_link_that_may_not_be_read_is_one_that_leads_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``/proc/1/cwd`` is, where somebody looks for runs in ``/``."""
    write(tmp_path, runs__y_run="2")
    (tmp_path / "runs" / "link").symlink_to("y.run")

    real = os.path.realpath

    def refuse(path: str, *, strict: bool = False) -> str:
        if path.endswith("/link"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, strict=strict)

    monkeypatch.setattr("rundiff.sources.tree.os.path.realpath", refuse)
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))
    assert [batch.tables.run_ids for batch in loaded.batches] == [["y"]]
    assert [problem.message for problem in loaded.problems] == ["a symbolic link, not followed"]


def test_links_to_what_is_read_anyway_are_not_worth_a_word(tmp_path: Path) -> None:
    write(tmp_path, runs__y_run="2")
    (tmp_path / "latest").symlink_to("runs")
    (tmp_path / "runs" / "up").symlink_to(tmp_path)
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))
    assert [batch.tables.run_ids for batch in loaded.batches] == [["y"]]
    assert loaded.problems == ()


def test_an_environment_of_python_is_not_looked_into(tmp_path: Path) -> None:
    write(tmp_path, runs__y_run="2", env__pyvenv_cfg="home = /usr", env__lib__z_run="3")
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))
    assert [batch.tables.run_ids for batch in loaded.batches] == [["y"]]


def test_depth_has_an_end(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * (MAX_DEPTH + 3))
    deep.mkdir(parents=True)
    (deep / "x.run").write_text("1")
    write(tmp_path, y_run="2")
    loaded = load_sources([str(tmp_path)], ReadOptions(), formats=(SECOND,))
    (problem,) = loaded.problems
    assert "nested more than 24 deep" in problem.message


def test_one_run_met_in_many_places(tmp_path: Path) -> None:
    write(tmp_path, a__x_run="1", b__x_run="1", c__x_run="2", d__x_run="2", e__y_run="3")
    for formats in ((SECOND,), (text_format("one", ".run", together=True),)):
        loaded = load_sources([str(tmp_path)], ReadOptions(), formats=formats)
        merged = merge_batches(loaded)
        runs = {row["run_id"]: row for row in merged.tables["run"].to_pylist()}
        assert {run_id: row["name"] for run_id, row in runs.items()} == {
            "x": "1", "x~2": "2", "y": "3",
        }  # fmt: skip
        assert {run_id: row["state"] for run_id, row in runs.items()} == {
            "x": "conflict", "x~2": "conflict", "y": "complete",
        }  # fmt: skip
        summary = merged.tables["metric_summary"].column("run_id").to_pylist()
        assert sorted(summary) == ["x", "x~2", "y"]
        assert [problem.severity for problem in merged.problems] == ["notice", "error", "notice"]


def test_uris_go_by_their_scheme() -> None:
    def read_uri(uri: str, options: ReadOptions) -> Batch:
        builder = TableBuilder()
        builder.add_run(uri)
        return Batch(tables=builder.build(), kind="far", location="far")

    far = Format(
        kind="far",
        title="",
        recognised_by="far://",
        find=lambda _tree, _folder: (),
        read=lambda _tree, _claim, options: read_uri("", options),
        opens_uri=lambda given: given.startswith("far://"),
        read_uri=read_uri,
    )
    loaded = load_sources(["far://x"], ReadOptions(), formats=(far,))
    assert loaded.batches[0].tables.run_ids == ["far://x"]
