"""A switch that asks over HTTP, and asks again where it got no answer."""

import http.client
import json
import time
from collections import Counter
from contextlib import closing
from typing import Any

from tests.support.configuration import GOOD

_HEADERS = {
    "Host": GOOD["ALLOWED_HOSTS"],
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "127.0.0.1",
    "Content-Type": "application/json",
}


class Line:
    """To the portal at a port, with the key of a switch. Counts how often it was answered what:
    200, 503, or nothing at all (0).
    """

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.headers = {**_HEADERS, "Authorization": f"Bearer {key}"}
        self.answers: Counter[int] = Counter()

    def say(self, endpoint: str, body: Any) -> dict[str, Any] | None:
        """The answer; None where there was none, or the portal was away."""
        status, found = self._answer(endpoint, json.dumps(body))
        self.answers[status] += 1
        if status in (0, 503):
            return None
        assert status == 200, (endpoint, body, status, found)
        answer: dict[str, Any] = json.loads(found)
        return answer

    def insist(self, endpoint: str, body: Any) -> dict[str, Any]:
        """The same again and again, for two minutes at most, until it is answered."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            answer = self.say(endpoint, body)
            if answer is not None:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"{endpoint} was never answered")

    def _answer(self, endpoint: str, body: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection) as there:
            try:
                there.request("POST", f"/switch/v1/{endpoint}", body, self.headers)
                got = there.getresponse()
                return got.status, got.read()
            except (OSError, http.client.HTTPException):
                return 0, b""
