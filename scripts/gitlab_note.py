"""Writes a summary as a note on its merge request, or updates the one that is there.

As scripts/github/comment.py does for GitHub: only the standard library, the note is found by its
marker and its author together, and no redirect is followed with the token.

Environment: RUNDIFF_NOTE_TOKEN, and GitLab's own CI_API_V4_URL, CI_PROJECT_ID,
CI_MERGE_REQUEST_IID, CI_JOB_URL.
"""

import json
import os
import re
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

MARKER = re.compile(r"<!-- rundiff:[A-Za-z0-9-]{1,40} -->\n")
MOST_PAGES = 50


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


OPENER = urllib.request.build_opener(NoRedirect)


def call(method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Call the API."""
    base = os.environ["CI_API_V4_URL"].rstrip("/")
    parts = urllib.parse.urlsplit(base)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        sys.exit("rundiff: CI_API_V4_URL is not https")
    request = urllib.request.Request(
        f"{base}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "PRIVATE-TOKEN": os.environ["RUNDIFF_NOTE_TOKEN"],
            "Content-Type": "application/json",
            "User-Agent": "rundiff",
        },
    )
    with OPENER.open(request, timeout=30) as answer:
        return json.load(answer)


def main() -> int:
    """Write or update the note."""
    if not os.environ.get("RUNDIFF_NOTE_TOKEN") or not os.environ.get("CI_MERGE_REQUEST_IID"):
        print("rundiff: no token or no merge request, so there is no note")
        return 0
    body = Path(sys.argv[1]).read_text(encoding="utf-8")
    marker = MARKER.match(body)
    if marker is None:
        sys.exit("rundiff: the summary does not begin with its marker")
    link = os.environ.get("CI_JOB_URL", "")
    if re.fullmatch(r"https://[A-Za-z0-9._~:/?#@!$&*+,;=%-]{1,500}", link):
        first, _, rest = body[marker.end() :].partition("\n")
        body = f"{marker[0]}{first}\n\n[Open the report]({link}/artifacts/browse)\n{rest}"
    project, number = (int(os.environ[name]) for name in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_IID"))
    notes = f"projects/{project}/merge_requests/{number}/notes"
    own = call("GET", "user")["id"]
    for page in range(1, MOST_PAGES + 1):
        found = call("GET", f"{notes}?per_page=100&sort=asc&page={page}")
        for note in found:
            if note["author"]["id"] == own and note["body"].startswith(marker[0].strip()):
                call("PUT", f"{notes}/{int(note['id'])}", {"body": body})
                print("rundiff: updated the note")
                return 0
        if len(found) < 100:
            break
    call("POST", notes, {"body": body})
    print("rundiff: wrote the note")
    return 0


if __name__ == "__main__":
    sys.exit(main())
