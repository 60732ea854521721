"""The original routes behind the batch client's verbs, for a service that has no batches."""

import json
import pickle
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.http_load import Tasks


class LegacyClient:
    """Submits and fetches in one go, in ``submit``."""

    def __init__(self, url: str) -> None:
        """Talk to the service at ``url``."""
        self._url = url

    def submit(self, function_id: str, payloads: Sequence[bytes]) -> list[list[Any]]:
        """Run all tasks; return their values as one batch."""
        texts = [b64encode(payload).decode() for payload in payloads]
        tasks = Tasks(self._url)
        tasks.run(
            [json.dumps({"function_id": function_id, "payload": t}).encode() for t in texts], 16
        )
        return [[pickle.loads(b64decode(tasks.results[n])) for n in range(len(texts))]]

    def results(self, batch: list[Any]) -> list[Any]:
        """Return a batch's values."""
        return batch

    def close(self) -> None:
        """Nothing is open."""
