"""An example of a client of Penstock in one file. It needs Python 3.9 or newer and nothing else.

    from penstock import Penstock
    suite = Penstock("http://localhost:8080", "pk_...")
    suite.write([{"service_name": "pump-7", "metric_type": "temperature", "metric_value": 21.5, "unit": "C"}])
    for point in suite.points(service_name="pump-7", start_time="2026-11-20T00:00:00Z", end_time="2026-11-21T00:00:00Z"):
        print(point["timestamp"], point["metric_value"])
"""

import http.client
import json
import random
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 10.0


class Problem(Exception):
    """A failure that the suite answered (RFC 9457)."""

    def __init__(self, status, body, retry_after):
        self.status = status
        self.kind = str(body.get("type", "about:blank")).rsplit(":", 1)[-1]
        self.detail = str(body.get("detail", ""))
        self.errors = body.get("errors", [])
        self.retry_after = retry_after
        super().__init__("%d %s" % (status, self.detail))


class NoAnswer(Exception):
    """The suite did not answer. Whether it did what was asked is not known."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: one would lead the credential to another place."""

    def redirect_request(self, *_):
        return None


class Penstock:
    """Calls the suite at `url` with an API key or a user's token."""

    def __init__(self, url, credential, timeout=30.0, retries=4):
        self._base = url.rstrip("/")
        self._credential = credential
        self._timeout = timeout
        self._retries = retries
        self._opener = urllib.request.build_opener(_NoRedirect)

    def write(self, points, prefer=None):
        """Stores points. With prefer="handling=lenient" the answer names those that were refused."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if prefer is not None:
            headers["Prefer"] = prefer
        return self._call("POST", "/api/v1/monitoring/metrics/batch", headers, list(points))[0]

    def points(self, labels=None, **query):
        """Yields the points of a time range, newest first, one page of the suite after the other."""
        query.update({"labels." + name: value for name, value in (labels or {}).items()})
        path = "/api/v1/monitoring/metrics?" + urllib.parse.urlencode(query)
        while path is not None:
            page, headers = self._call("GET", path)
            yield from page
            path = _next_page(headers)

    def aggregate(self, labels=None, **query):
        """Returns averages, extremes and counts of a series by hour, day or week."""
        query.update({"labels." + name: value for name, value in (labels or {}).items()})
        return self._call("GET", "/api/v1/monitoring/metrics/aggregate?" + urllib.parse.urlencode(query))[0]

    def _call(self, method, path, headers=None, body=None):
        """Sends a request until it succeeds, fails for good, or the time is up. What is sent here may be repeated."""
        end = time.monotonic() + self._timeout
        tried = 0
        while True:
            try:
                return self._once(method, path, headers or {}, body, max(end - time.monotonic(), 0.001))
            except (Problem, NoAnswer) as failure:
                wait = _wait(failure, tried)
                if wait is None or tried >= self._retries or time.monotonic() + wait > end:
                    raise
            time.sleep(wait)
            tried += 1

    def _once(self, method, path, headers, body, timeout):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        request.add_header("Authorization", "Bearer " + self._credential)
        request.add_header("Accept", "application/json, application/problem+json")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with self._opener.open(request, timeout=timeout) as answer:
                text = answer.read()
                return (json.loads(text) if text else None), answer.headers
        except urllib.error.HTTPError as error:
            raise _problem(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer("%s did not answer: %s" % (self._base, error)) from error


def _problem(error):
    try:
        body = json.loads(error.read())
    except (ValueError, OSError, http.client.HTTPException):
        body = None
    said = error.headers.get("Retry-After") or ""
    if not isinstance(body, dict):
        body = {"detail": error.reason}
    return Problem(error.code, body, float(said) if re.fullmatch(r"\d{1,9}", said) else None)


def _wait(failure, tried):
    """Returns how long to wait before the next try, or None when another try does not help."""
    back_off = min(FIRST_WAIT_S * 2**tried, LONGEST_WAIT_S) * random.uniform(0.5, 1.0)
    if isinstance(failure, NoAnswer):
        return back_off
    if failure.status not in (429, 503):
        return None
    return back_off if failure.retry_after is None else failure.retry_after + random.uniform(0, FIRST_WAIT_S)


def _next_page(headers):
    """Returns the path of the next page. A link to another host is refused, since its host would see the credential."""
    match = re.search(r'<([^>]+)>;\s*rel="?next"?', headers.get("Link") or "")
    if match is None:
        return None
    if not match[1].startswith("/") or match[1].startswith("//"):
        raise NoAnswer("The next page is at another place: %s" % match[1])
    return match[1]
