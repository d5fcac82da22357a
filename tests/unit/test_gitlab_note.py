"""The note on a merge request: one, written then updated, and never a stranger's."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

OWN, STRANGER = 11, 12
Notes = list[dict[str, Any]]


@pytest.fixture
def notes() -> Notes:
    return []


@pytest.fixture
def address(notes: Notes) -> Iterator[str]:
    """An API on this machine that keeps the notes of merge request 7 of project 3."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            assert self.headers["PRIVATE-TOKEN"] == "secret-token"
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            found: object = {"id": OWN}
            if self.path != "/user":
                assert self.path.startswith("/projects/3/merge_requests/7/notes")
                found = notes
            if self.command == "POST":
                notes.append({"id": len(notes) + 1, "author": {"id": OWN}, **body})
            if self.command == "PUT":
                number = int(self.path.rsplit("/", 1)[1])
                next(note for note in notes if note["id"] == number).update(body)
            data = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 - the base class's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def write_note(repository: Path, folder: Path, address: str, text: str, **more: str) -> str:
    """Run the script as a job does, and return what it says."""
    summary = folder / "summary.md"
    summary.write_text(f"<!-- rundiff:report -->\n{text}\n\nmore\n")
    environment = {
        **os.environ,
        "RUNDIFF_NOTE_TOKEN": "secret-token",
        "CI_API_V4_URL": address,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_JOB_URL": "https://host.example/team/models/-/jobs/5",
        **more,
    }
    done = subprocess.run(
        [sys.executable, str(repository / "scripts" / "gitlab_note.py"), str(summary)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "secret-token" not in done.stdout + done.stderr
    return done.stdout


def test_one_note_is_written_then_updated(
    repository: Path, tmp_path: Path, address: str, notes: Notes
) -> None:
    marker = "<!-- rundiff:report -->"
    notes.append({"id": 1, "author": {"id": STRANGER}, "body": f"{marker}\nfalse"})
    assert write_note(repository, tmp_path, address, "first") == "rundiff: wrote the note\n"
    assert write_note(repository, tmp_path, address, "second") == "rundiff: updated the note\n"
    assert [note["author"]["id"] for note in notes] == [STRANGER, OWN]
    assert notes[0]["body"] == f"{marker}\nfalse"
    link = "https://host.example/team/models/-/jobs/5/artifacts/browse"
    assert notes[1]["body"] == f"{marker}\nsecond\n\n[Open the report]({link})\n\nmore\n"


def test_without_a_token_there_is_no_note(
    repository: Path, tmp_path: Path, address: str, notes: Notes
) -> None:
    said = write_note(repository, tmp_path, address, "x", RUNDIFF_NOTE_TOKEN="")
    assert "no token or no merge request" in said
    assert notes == []
