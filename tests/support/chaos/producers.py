"""Clients of the original routes, each in a thread of its own: they submit, ask, and ask again.

A client believes nothing that was not answered with a 2xx, repeats no submission, and notes
everything that it was told.
"""

import codecs
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from random import Random
from typing import Any

import httpx

from tests.support.chaos import workload
from tests.support.chaos.history import ENDED, Kind, Reading, Submission
from tests.support.original_client import deserialize, dumps

PATIENCE_S = 6.0
"""For one answer: longer than the service waits for its store."""

MOST_OPEN = 40
"""Tasks of one producer that have not ended; it does not submit beyond that."""

PACE_S = 0.04
AGAIN = 0.2
"""How often one that has ended is asked after once more."""


class Producer(threading.Thread):
    """One client. ``submissions``, ``readings`` and ``oddities`` are whole once it has ended."""

    def __init__(
        self,
        name: str,
        url: str,
        function: str,
        log: str,
        seed: int,
        *,
        weights: Mapping[Kind, int] = workload.WEIGHTS,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.submissions: list[Submission] = []
        self.readings: list[Reading] = []
        self.oddities: list[str] = []
        self.refusals = 0
        self._url = url
        self._speaking = threading.Lock()
        self._function = function
        self._log = log
        self._weights = weights
        self._random = Random(f"{seed} {name}")
        self._enough = threading.Event()
        self._give_up_at = float("inf")
        self._open: list[str] = []
        self.ended: list[str] = []
        self._words: dict[str, str] = {}

    def finish(self, within_s: float) -> None:
        """Submit no more; end once all tasks have ended, or when time is up."""
        self._give_up_at = time.monotonic() + within_s
        self._enough.set()

    def move_to(self, url: str) -> None:
        """Send every further request to another web service; none is under way when it returns."""
        with self._speaking:
            self._url = url

    def run(self) -> None:
        """Submit and ask until told to finish, then ask until all has ended, then all once more."""
        with httpx.Client(timeout=PATIENCE_S) as http:
            while not self._enough.wait(PACE_S):
                if len(self._open) < MOST_OPEN:
                    self._submit(http)
                self._look_around(http, 3)
            while self._open and time.monotonic() < self._give_up_at:
                self._look_around(http, 20)
                time.sleep(PACE_S)
            for task_id in self.ended:
                self._ask(http, task_id, "result")
                self._ask(http, task_id, "status")

    def _submit(self, http: httpx.Client) -> None:
        kind = workload.kind_of(self._random, self._weights)
        name = f"{self.name}-{len(self.submissions)}"
        named: dict[str, object] = {}
        arguments = dumps((workload.arguments(self._log, name, kind), named))
        payload = codecs.encode(arguments, "base64").decode()
        body = {"function_id": self._function, "payload": payload}
        sent = time.monotonic()
        task_id = None
        answer = self._request(http, "POST", "/execute_function", body)
        if answer is not None:
            task_id = str(answer.json()["task_id"])
            self._open.append(task_id)
        expected = workload.expected(name, kind)
        self.submissions.append(Submission(name, kind, expected, sent, time.monotonic(), task_id))

    def _look_around(self, http: httpx.Client, most: int) -> None:
        """Ask after some that are open, the oldest among them, and now and then after another."""
        some = self._open[:1] + self._random.sample(self._open, min(most, len(self._open)))
        for task_id in dict.fromkeys(some):
            route = "status" if self._random.random() < 0.2 else "result"
            if self._ask(http, task_id, route) in ENDED:
                self._open.remove(task_id)
                self.ended.append(task_id)
        if self.ended and self._random.random() < AGAIN:
            self._ask(http, self._random.choice(self.ended), "result")

    def _ask(self, http: httpx.Client, task_id: str, route: str) -> str:
        """Note what one request tells of a task; return the status, or nothing."""
        asked = time.monotonic()
        answer = self._request(http, "GET", f"/{route}/{task_id}")
        if answer is None:
            return ""
        answered = time.monotonic()
        body: dict[str, Any] = answer.json()
        status, text = str(body["status"]), str(body.get("result", ""))
        shown = self._in_words(status, text) if status in ENDED and route == "result" else ""
        self.readings.append(Reading(task_id, route, asked, answered, status, shown))
        return status

    def _in_words(self, status: str, text: str) -> str:
        digest = sha256(text.encode()).hexdigest()
        if digest not in self._words:
            self._words[digest] = workload.shown(status, deserialize(text))
        return self._words[digest]

    def _request(
        self, http: httpx.Client, method: str, path: str, body: object = None
    ) -> httpx.Response | None:
        """Return a 200, None for what a service under faults may answer, and note the rest."""
        with suppress(httpx.TransportError), self._speaking:  # it is dead, or stands still
            answer = http.request(method, f"{self._url}{path}", json=body)
            if answer.status_code == 200:
                return answer
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                self.oddities.append(f"{answer.request.url}: {answer.status_code} {answer.text}")
        self.refusals += 1
        return None
