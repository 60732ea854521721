"""How many tasks a request of ``map`` has: as many as fit, and fewer for a smaller service."""

from collections.abc import Sequence

import pytest

from gofer.entrypoints.sdk import calls
from gofer.entrypoints.sdk.address import Address
from gofer.entrypoints.sdk.batches import Batch
from gofer.entrypoints.sdk.connection import Connections
from gofer.entrypoints.sdk.errors import Refused
from gofer.entrypoints.sdk.gathering import gathered
from gofer.entrypoints.sdk.wire import Payload

NOWHERE = "http://127.0.0.1:9"


def bytes_of(payload: Payload) -> int:
    return len(payload) if isinstance(payload, bytes) else sum(map(len, payload))


def test_no_request_has_more_bytes_than_it_may_but_for_a_single_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "BATCH_BYTES", 1_000)
    sizes = [300, 300, 300, 300, 900, 2_000, 10, 10]
    requests = list(calls.payloads((b"x" * size,) for size in sizes))
    assert [len(request) for request in requests] == [3, 1, 1, 1, 2]
    assert all(sum(map(bytes_of, each)) <= 1_000 for each in requests if len(each) > 1)


def test_no_request_has_more_tasks_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "BATCH_MOST", 4)
    assert [len(each) for each in calls.payloads((n,) for n in range(9))] == [4, 4, 1]
    assert list(calls.payloads(())) == []


def test_a_request_that_is_too_large_for_its_service_is_sent_in_halves() -> None:
    taken: list[Sequence[Payload]] = []

    def submit(payloads: Sequence[Payload]) -> Batch:
        if len(payloads) > 2:
            raise Refused(413, "too-large", "send less at once")
        taken.append(payloads)
        return Batch("batch", ("task",) * len(payloads), {}, Connections(Address.of(NOWHERE)))

    gathered(submit, [range(7)], None, shows=False)
    assert [len(each) for each in taken] == [1, 2, 2, 2]
    assert [each for part in taken for each in part] == next(calls.payloads((n,) for n in range(7)))


def test_a_task_that_is_too_large_alone_is_refused_as_it_was() -> None:
    too_large = Refused(413, "too-large", "send less at once")
    with pytest.raises(Refused) as caught:
        calls.halves([b"payload"], too_large)
    assert caught.value is too_large
    full = Refused(429, "queue-full", "later")
    with pytest.raises(Refused) as caught:
        calls.halves([b"one", b"two"], full)
    assert caught.value is full
