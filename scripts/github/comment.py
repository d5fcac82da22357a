"""Writes a summary as a comment on its pull request, or updates the one that is there.

Only the standard library, since the step runs with whatever Python the runner has. The comment is
found by two things together: it begins with the summary's own marker, and it was written by the
account that we write as. A marker in a stranger's comment, or further down in a text, counts for
nothing. The number of the pull request comes from the event or, in a `workflow_run`, from the API's
list of open ones by the commit; never from a file that the pull request could have made.

Environment: RUNDIFF_TOKEN, RUNDIFF_SUMMARY (path), RUNDIFF_LINK (address of the report, or empty),
RUNDIFF_HEAD_SHA (only in workflow_run), RUNDIFF_AUTHOR (otherwise github-actions[bot]), and
GitHub's own GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH.
"""

import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARKER = re.compile(r"<!-- rundiff:[A-Za-z0-9-]{1,40} -->\n")
MOST_PAGES = 50
LONGEST = 65_536


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another host."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


OPENER = urllib.request.build_opener(NoRedirect)


def call(method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Call the API; tried again where the server, not the request, is at fault."""
    request = urllib.request.Request(
        f"{api_url()}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['RUNDIFF_TOKEN']}",
            "Content-Type": "application/json",
            "User-Agent": "rundiff",
        },
    )
    for attempt in range(3):
        try:
            with OPENER.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == 2:
                raise
        except urllib.error.URLError:
            if attempt == 2:
                raise
        time.sleep(2**attempt)
    raise AssertionError


def api_url() -> str:
    """Return the API's address; plain HTTP only on this machine."""
    url = os.environ["GITHUB_API_URL"].rstrip("/")
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        sys.exit("rundiff: GITHUB_API_URL is not https")
    return url


def pull_number(repository: str) -> int | None:
    """Return the pull request that the build belongs to, if it belongs to one."""
    sha = os.environ.get("RUNDIFF_HEAD_SHA", "")
    if sha:
        if not re.fullmatch(r"[0-9a-f]{40}", sha):
            sys.exit("rundiff: the input 'head-sha' is not a commit")
        return pull_of_commit(repository, sha)
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes())
    number = (event.get("pull_request") or {}).get("number")
    return number if isinstance(number, int) else None


def pull_of_commit(repository: str, sha: str) -> int | None:
    """Return the open pull request into this repository whose last commit it is.

    Asking for the pull requests of a commit finds none of a fork's: the commit is not here.
    """
    for pull in pages(f"repos/{repository}/pulls?state=open&sort=updated&direction=desc"):
        is_here = pull["base"]["repo"]["full_name"] == repository
        if pull["state"] == "open" and pull["head"]["sha"] == sha and is_here:
            return int(pull["number"])
    return None


def pages(path: str) -> Iterator[Any]:
    """Yield what a list of the API holds, page by page."""
    mark = "&" if "?" in path else "?"
    for page in range(1, MOST_PAGES + 1):
        found = call("GET", f"{path}{mark}per_page=100&page={page}")
        yield from found
        if len(found) < 100:
            return


def comments(repository: str, number: int) -> Iterator[Any]:
    """Yield the comments of a pull request, oldest first."""
    return pages(f"repos/{repository}/issues/{number}/comments")


def build_body(summary: str) -> str:
    """Return the summary with the link to the report under its first line."""
    marker = MARKER.match(summary)
    if marker is None:
        sys.exit("rundiff: the summary does not begin with its marker")
    link = os.environ.get("RUNDIFF_LINK", "")
    if re.fullmatch(r"https://[A-Za-z0-9._~:/?#@!$&*+,;=%-]{1,500}", link):
        first, _, rest = summary[marker.end() :].partition("\n")
        summary = f"{marker[0]}{first}\n\n[Open the report]({link})\n{rest}"
    return summary[:LONGEST]


def main() -> int:
    """Write or update the comment."""
    repository = os.environ["GITHUB_REPOSITORY"]
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
        sys.exit("rundiff: GITHUB_REPOSITORY is not of the form owner/name")
    body = build_body(Path(os.environ["RUNDIFF_SUMMARY"]).read_text(encoding="utf-8"))
    marker = body.partition("\n")[0]
    author = os.environ.get("RUNDIFF_AUTHOR", "github-actions[bot]")
    try:
        number = pull_number(repository)
        if number is None:
            print("rundiff: no pull request belongs to this build, so there is no comment")
            return 0
        for comment in comments(repository, number):
            # Either may be null: the account of one who wrote is gone, or there is no text.
            is_ours = (comment["user"] or {}).get("login") == author
            text = (comment["body"] or "").replace("\r\n", "\n")
            if is_ours and text.startswith(f"{marker}\n"):
                path = f"repos/{repository}/issues/comments/{int(comment['id'])}"
                call("PATCH", path, {"body": body})
                print("rundiff: updated the comment")
                return 0
        call("POST", f"repos/{repository}/issues/{number}/comments", {"body": body})
        print("rundiff: wrote the comment")
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403, 404):
            raise
        # A pull request from a fork has a token that may only read: the job's summary has it all.
        print(
            f"rundiff: may not comment here (HTTP {error.code}); the job's summary has the result"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
