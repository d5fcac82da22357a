"""JSON requests to a tracking server: with patience, and with one clear message in the end.

A server that is busy (429, 5xx), slow, or drops the connection midway is asked again, up to five
times, waiting longer each time or as long as it says. What asking again cannot mend, a password, an
address that is something else, is a message at once. Credentials come from the environment or the
address; they are sent to the host that was named and never along a redirect to another one.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from rundiff.errors import RecordError, SourceError
from rundiff.sources.foreign_json import as_dict, parse_foreign_json
from rundiff.sources.text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ATTEMPTS = 5
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 30.0
TIMEOUT_SECONDS = 60.0
MAX_ANSWER_BYTES = 256 << 20
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class NotThereError(SourceError):
    """The server has no such address: it is older, or no tracking server."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects within one host only, so that no credentials leave it."""

    def redirect_request(  # see the class
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise urllib.error.HTTPError(newurl, code, "leads to another host", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class JsonServer:
    """A server that answers JSON; ``shown`` is its address without credentials."""

    def __init__(self, address: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(address)
        host = parts.hostname or ""
        place = f"[{host}]" if ":" in host else host
        try:
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise SourceError(f"{address!r} is no address: {error}") from None
        if not host:
            raise SourceError(f"{address!r} names no host")
        self.shown = urlunsplit((parts.scheme, place + port, parts.path.rstrip("/"), "", ""))
        self._wait = wait
        self._headers = {"Accept": "application/json"}
        self._headers |= _authorization(parts.username, parts.password)
        handlers: list[urllib.request.BaseHandler] = [_SameHost()]
        if parts.scheme == "https":
            handlers.append(urllib.request.HTTPSHandler(context=_context()))
        self._opener = urllib.request.build_opener(*handlers)
        self._timeout = _timeout()

    def get(self, path: str, query: Mapping[str, object] | None = None) -> dict[str, object]:
        """Return the JSON object that a GET answers; raises SourceError."""
        spelled = urlencode({key: str(value) for key, value in (query or {}).items()})
        return self._ask(f"{self.shown}{path}" + (f"?{spelled}" if spelled else ""), None)

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """Return the JSON object that a POST answers; raises SourceError."""
        return self._ask(f"{self.shown}{path}", json.dumps(body).encode())

    def _ask(self, address: str, body: bytes | None) -> dict[str, object]:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        reason = ""
        for attempt in range(ATTEMPTS):
            request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310  # the caller's scheme is http(s)
            wait = FIRST_WAIT_SECONDS * 2**attempt
            try:
                with self._opener.open(request, timeout=self._timeout) as answer:
                    data = answer.read(MAX_ANSWER_BYTES + 1)
                    if answer.length and len(data) <= MAX_ANSWER_BYTES:
                        raise http.client.IncompleteRead(data, answer.length)
                return self._parse(data)
            except urllib.error.HTTPError as error:
                with error:
                    reason = f"answered {error.code} {_said(error)}".rstrip()
                    if error.code not in _BUSY:
                        raise self._refused(error.code, reason) from None
                    wait = _asked_wait(error.headers.get("Retry-After"), wait)
            except urllib.error.URLError as error:
                reason = f"cannot be reached: {error.reason}"
                if isinstance(error.reason, ssl.SSLCertVerificationError):
                    break
            except TimeoutError:
                reason = f"gave no answer within {self._timeout:g} s"
            except (http.client.HTTPException, OSError) as error:
                what = str(error) or type(error).__name__
                reason = f"dropped the connection: {what}"
            if attempt + 1 < ATTEMPTS:
                self._wait(min(wait, LONGEST_WAIT_SECONDS))
        raise SourceError(f"{self.shown} {clean_text(reason)} (asked {attempt + 1} times)")

    def _parse(self, data: bytes) -> dict[str, object]:
        if len(data) > MAX_ANSWER_BYTES:
            raise SourceError(f"{self.shown} answered more than {MAX_ANSWER_BYTES:,} bytes")
        try:
            value = parse_foreign_json(data).value
        except RecordError as error:
            raise SourceError(
                f"{self.shown} did not answer JSON ({error.message}); is it a tracking server?"
            ) from None
        if not isinstance(value, dict):
            raise SourceError(f"{self.shown} did not answer a JSON object")
        return as_dict(value)

    def _refused(self, code: int, reason: str) -> SourceError:
        if code in (401, 403):
            has_sent = "Authorization" in self._headers
            how = (
                "the credentials were sent and refused"
                if has_sent
                else "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and _PASSWORD"
            )
            return SourceError(f"{self.shown} {clean_text(reason)}: {how}")
        kind = NotThereError if code in (404, 405, 501) else SourceError
        return kind(f"{self.shown} {clean_text(reason)}")


def _authorization(user: str | None, password: str | None) -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if user is None and token:
        return {"Authorization": f"Bearer {token}"}
    if user is None:
        user = os.environ.get("MLFLOW_TRACKING_USERNAME")
        password = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    else:
        user, password = unquote(user), unquote(password or "")
    if not user:
        return {}
    pair = base64.b64encode(f"{user}:{password or ''}".encode()).decode("ascii")
    return {"Authorization": f"Basic {pair}"}


def _context() -> ssl.SSLContext:
    """Return how certificates are checked, as MLflow's own variables say."""
    context = ssl.create_default_context(cafile=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH"))
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() == "true":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _timeout() -> float:
    try:
        seconds = float(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", TIMEOUT_SECONDS))
    except ValueError:
        return TIMEOUT_SECONDS
    return seconds if 0 < seconds < 3_600 else TIMEOUT_SECONDS


def _said(error: urllib.error.HTTPError) -> str:
    """Return what a server says about an error, in one short line."""
    if error.code < 400:
        return str(error.reason)
    try:
        data = error.read(4_096)
    except (OSError, http.client.HTTPException):
        return str(error.reason)
    try:
        said = as_dict(parse_foreign_json(data).value).get("message")
    except RecordError:
        said = None
    return str(said).split("\n")[0][:200] if said else str(error.reason)


def _asked_wait(header: str | None, wait: float) -> float:
    try:
        return max(wait, float(header)) if header is not None else wait
    except ValueError:
        return wait  # an HTTP date; our own pace will do
