"""No byte from outside the given path: paths that climb, links, pipes, devices, swaps."""

import os
import tarfile
import threading
from pathlib import Path

import pytest
from rundiff.errors import RecordError, SourceError
from rundiff.sources.base import ReadOptions
from rundiff.sources.discover import load_sources
from rundiff.sources.tree import Tree

SECRET = b"outside"
CLIMBS = (
    *("../secret", "a/../../secret", "./../secret", "a/./b", "..", ".", "a\0b", "/../secret"),
    *("//../secret", "a//..//..//secret", "\\..\\secret", "%2e%2e/secret", "..%2fsecret"),
    *("....//secret", "..;/secret", "..\x00/secret", "~/secret", "$HOME/secret"),
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    store = tmp_path / "store"
    (store / "a").mkdir(parents=True)
    (store / "a" / "inside.json").write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside.json").write_bytes(SECRET)
    return Tree(store)


def read_or_none(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except RecordError:
        return None


@pytest.mark.parametrize("path", CLIMBS)
def test_no_path_climbs_out(tree: Tree, path: str) -> None:
    assert read_or_none(tree, path) is None
    assert tree.read_head(path, 10) == b""
    assert not tree.exists(path) or path in (".", "..", "")
    with pytest.raises(RecordError):
        tree.open(path)


@pytest.mark.parametrize(
    "path", ["a/../../secret", "a/./b", "a/../a/b", "a/..", "a/.", "a//../b", "a/\0", "../a/b"]
)
def test_no_path_climbs_out_of_a_folder_that_is_open(tree: Tree, path: str) -> None:
    for _ in range(2):
        assert tree.folder("a").path == "a"
        with pytest.raises(RecordError):
            tree.read(path)
        with pytest.raises(RecordError):
            tree.folder(path)


@pytest.mark.parametrize("path", ["..", ".", "a/..", "a/../.."])
def test_no_folder_is_listed_outside(tree: Tree, path: str) -> None:
    with pytest.raises(RecordError):
        tree.folder(path)


def test_absolute_paths_stay_inside(tree: Tree, tmp_path: Path) -> None:
    assert read_or_none(tree, f"{tmp_path}/secret") is None
    assert read_or_none(tree, "/etc/passwd") is None


def test_links_lead_nowhere(tree: Tree, tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "link").symlink_to(tmp_path / "secret")
    (store / "chain").symlink_to("link")
    (store / "way").symlink_to(tmp_path / "folder")
    assert read_or_none(tree, "link") is None
    assert read_or_none(tree, "chain") is None
    assert read_or_none(tree, "way/inside.json") is None
    assert dict(tree.read_files(tree.folder())) == {}
    with pytest.raises(RecordError):
        tree.folder("way")


def test_pipes_and_devices_are_not_waited_for(tree: Tree, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "store" / "pipe")
    with pytest.raises(RecordError, match="not a regular file"):
        tree.read("pipe")
    if os.geteuid() == 0:
        try:
            os.mknod(tmp_path / "store" / "zero", 0o20666, os.makedev(1, 5))
            os.close(os.open(tmp_path / "store" / "zero", os.O_RDONLY))
        except OSError:
            return  # this machine makes or opens no devices
        with pytest.raises(RecordError, match="not a regular file"):
            tree.read("zero")


def test_a_file_beyond_the_limit_is_not_read(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store" / "long").write_bytes(b"x" * 1_000)
    monkeypatch.setattr(os, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(RecordError, match="at most 10 are read"):
        tree.read("long", limit=10)


def test_a_list_of_traversals_as_folders_of_a_store(tmp_path: Path) -> None:
    """Hostile names of files and folders are names: listed or skipped, followed never."""
    (tmp_path / "secret.json").write_bytes(SECRET)
    store = tmp_path / "runs"
    for number, name in enumerate(
        ("..%2f..%2fsecret.json", "C:\\x", "\u202ex", "a b", "::error::", "<b>")
    ):
        run = store / name
        run.mkdir(parents=True)
        (run / "run.json").write_text(f'{{"run_id": "../{number}", "params": {{"a": {number}}}}}')
    loaded = load_sources([str(store)], ReadOptions())
    assert sum(len(batch.tables.run_ids) for batch in loaded.batches) == 6


@pytest.mark.parametrize("rounds", [20_000, pytest.param(100_000, marks=pytest.mark.all)])
def test_a_swap_for_a_link_leaks_nothing(tree: Tree, tmp_path: Path, rounds: int) -> None:
    """A thread turns a file into a link to the secret, and a folder on the way, without end."""
    store = tmp_path / "store"
    (store / "file").write_bytes(b"inside!")
    stop = threading.Event()
    thread = threading.Thread(target=_swap, args=(store, tmp_path, stop))
    thread.start()
    leaks = reads = 0
    try:
        for number in range(rounds):
            found = read_or_none(tree, "file" if number % 2 else "a/inside.json")
            leaks += found == SECRET
            reads += found is not None
    finally:
        stop.set()
        thread.join()
    assert leaks == 0
    assert reads > 0


def _swap(store: Path, outside: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        os.symlink(outside / "secret", store / "new")
        os.replace(store / "new", store / "file")
        (store / "new").write_bytes(b"inside!")
        os.replace(store / "new", store / "file")
        os.rename(store / "a", store / "b")
        os.symlink(outside / "folder", store / "a")
        os.unlink(store / "a")
        os.rename(store / "b", store / "a")


@pytest.mark.all
def test_the_public_list_of_traversals(tree: Tree, corpus: Path) -> None:
    """Every naughty and hostile string of the corpus as a path."""
    with tarfile.open(corpus / "hostile" / "naughty-strings.tar.gz") as archive:
        member = archive.extractfile("naughty-strings/blns.txt")
        assert member is not None
        names = member.read().decode("utf-8", "replace").splitlines()
    for name in names:
        assert read_or_none(tree, name) in (None, b"{}")
        assert read_or_none(tree, f"../../../../../..{name}") is None


def test_a_source_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError):
        load_sources([str(tmp_path / "pipe")], ReadOptions())
