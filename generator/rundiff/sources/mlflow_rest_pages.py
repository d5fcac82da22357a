"""The lists of a tracking server, page by page to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rundiff.errors import SourceError
from rundiff.sources.foreign_json import as_dict, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rundiff.sources.http_client import JsonServer


def fetch_pages(
    server: JsonServer, path: str, body: Mapping[str, object], key: str, *, is_get: bool = False
) -> Iterator[dict[str, object]]:
    """Yield the entries of a paged list; raises SourceError when the pages go round in a circle."""
    token: object = None
    seen: set[object] = set()
    while True:
        asked = dict(body) | ({"page_token": token} if token else {})
        answer = server.get(path, asked) if is_get else server.post(path, asked)
        for each in as_list(answer.get(key)):
            yield as_dict(each)
        token = answer.get("next_page_token")
        if not token:
            return
        if token in seen:
            raise SourceError(f"{server.shown} gives the same page again and again")
        seen.add(token)
