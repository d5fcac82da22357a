"""What is on the disk when the power goes: a copy of the raw disk under a mounted file system.

A loop device writes through to a file; what that file holds is what a disk would. Copied at any
moment and mounted, with the file system's own journal replayed, it is the state after a power cut.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rundiff.records.journal import read_segments
from rundiff.records.run_document import run_of
from rundiff.records.run_json import is_intact
from rundiff.records.strict_json import parse_json

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mkfs.ext4") is None,
    reason="a file system can only be mounted by root, with mkfs.ext4",
)

LOGGING = """
import sys, rundiff
store, how = sys.argv[1:]
def step_on(count):
    for step in range(count): rundiff.log_metric("loss", step / 7, step=step)
if how == "plain":
    open(store + "/plain", "w").write("x" * 100)
rundiff.start_run(store=store + "/runs", run_id="cut")
step_on(100)
if how == "end":
    rundiff.end_run()
elif how == "sync":
    assert rundiff.sync()
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A mounted file system and the file that is its disk."""
    image, mounted = tmp_path / "disk", tmp_path / "mounted"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    done = subprocess.run(
        ["mount", "-o", "loop,commit=300", str(image), str(mounted)],
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this machine does not let tests mount a disk image")
    try:
        yield image, mounted
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def after_the_cut(image: Path, folder: Path) -> dict[str, bytes]:
    """Return the files of a copy of the disk as it is now."""
    copy, mounted = folder / "copy", folder / "after"
    shutil.copyfile(image, copy)
    mounted.mkdir()
    subprocess.run(["mount", "-o", "loop", str(copy), str(mounted)], check=True)
    try:
        return {
            path.relative_to(mounted).as_posix(): path.read_bytes()
            for path in mounted.rglob("*")
            if path.is_file()
        }
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["plain", "sync", "end"])
def test_what_was_synced_or_ended_survives_a_power_cut(
    how: str, disk: tuple[Path, Path], tmp_path: Path
) -> None:
    image, mounted = disk
    process = subprocess.Popen(
        [sys.executable, "-c", LOGGING, str(mounted), how],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "done\n"
    files = after_the_cut(image, tmp_path)
    process.communicate("")
    assert process.returncode == 0
    if how == "plain":  # otherwise the test would see no power cut at all
        assert not files.get("plain")
        return
    journals = [(Path(name).name, data) for name, data in files.items() if ".jsonl" in name]
    (record,) = read_segments(journals, run_id="cut")
    assert list(record.points.values) == [step / 7 for step in range(100)]
    assert not [each for each in record.problems if each.severity == "error"]
    if how == "end":
        data = files["runs/Default/cut/run.json"]
        assert is_intact(data)
        document = parse_json(data, location="run.json").value
        assert isinstance(document, dict)
        sealed = run_of(document, location="run.json", run_id="cut")
        assert sealed.status == "finished"
        assert sealed.segments == record.segments
