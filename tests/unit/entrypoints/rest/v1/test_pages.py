"""Pages of long results: sent while they come from the store, and no different for that."""

import msgspec
import pytest

from gofer.domain.cursors import START
from gofer.domain.errors import StoreUnavailable
from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.rest.v1.pages import LONG_BYTES
from tests.support.web import Web
from tests.unit.entrypoints.rest.v1.speaking import JSON, MSGPACK, Speaker

LONG = b"l" * (LONG_BYTES + 1)
FAILURE = Failure(Cause.EXCEPTION, "ValueError", "no", exception=b"e" * (LONG_BYTES + 1))


async def ended(service: Web, *outcomes: Success | Failure) -> str:
    """Have a batch end so, but for one more task; return the path of its results."""
    batch = (await Speaker(service, JSON).submit(len(outcomes) + 1))["id"]
    for outcome in outcomes:
        await service.store.run_next(outcome)
    return f"/v1/batches/{batch}/results"


@pytest.mark.parametrize(
    "outcomes",
    [
        [Success(LONG)],
        [Success(b"short"), Success(LONG), FAILURE, Success(LONG * 2), Success(LONG[1:])],
        [Success(LONG)] * 20,
    ],
)
async def test_a_page_with_long_results_is_as_any_other(
    service: Web, outcomes: list[Success | Failure]
) -> None:
    path = await ended(service, *outcomes)
    answer = await service.client.get(path, headers={"accept": MSGPACK})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MSGPACK
    assert int(answer.headers["content-length"]) == len(answer.content)
    page = msgspec.msgpack.decode(answer.content)
    assert list(page) == ["items", "next_cursor", "done"]
    behind = START.after(range(1, len(outcomes) + 1))
    assert (page["next_cursor"], page["done"]) == (str(behind), False)
    items = page["items"]
    assert [item["position"] for item in items] == list(range(1, len(outcomes) + 1))
    for item, outcome in zip(items, outcomes, strict=True):
        if isinstance(outcome, Success):
            assert list(item) == ["id", "position", "status", "payload"]
            assert (item["status"], item["payload"]) == ("COMPLETED", outcome.result)
        else:
            assert item["error"]["exception"] == outcome.exception


async def test_a_result_that_is_forgotten_while_a_page_is_sent_breaks_it_off(
    service: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await ended(service, Success(LONG), Success(LONG))

    def gone(*_: object) -> None:
        """Return nothing."""

    monkeypatch.setattr("gofer.adapters.memory.batches.result", gone)
    answer = await service.client.get(path, headers={"accept": MSGPACK})
    assert len(answer.content) < int(answer.headers["content-length"])


async def test_a_store_that_goes_away_while_a_page_is_sent_breaks_it_off(
    service: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await ended(service, Success(LONG), Success(LONG))

    def away(*_: object) -> None:
        raise StoreUnavailable("it is away")

    monkeypatch.setattr("gofer.adapters.memory.batches.result", away)
    answer = await service.client.get(path, headers={"accept": MSGPACK})
    assert len(answer.content) < int(answer.headers["content-length"])
