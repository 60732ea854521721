"""Requests for batches that cannot be right, and what is told of them; nothing is stored."""

import msgspec
import pytest

from gofer.domain.errors import StoreUnavailable
from tests.support.web import Web
from tests.unit.entrypoints.rest.v1.speaking import JSON, MSGPACK, NOTHING, Speaker, problem_of


def good(function: str, **more: object) -> dict[str, object]:
    return {"function": function, "tasks": [{"payload": NOTHING}], **more}


WRONG: list[dict[str, object]] = [
    {"tasks": []},
    {"tasks": [{"payload": NOTHING}] * 10_001},
    {"tasks": None},
    {"tasks": [{"payload": NOTHING, "args": []}]},
    {"tasks": [{"payload": None}]},
    {"tasks": [{"args": {}}]},
    {"tasks": [{"kwargs": []}]},
    {"tasks": [{"payload": 1}]},
    {"tasks": [{"payload": NOTHING, "function": ""}]},
    {"tasks": [{"payload": NOTHING, "priority": 3}]},
    {"tasks": [{"payload": NOTHING, "retries": -1}]},
    {"tasks": [{"payload": NOTHING, "delay_s": -1}]},
    {"tasks": [{"payload": NOTHING, "delay_s": 1e300}]},
    {"tasks": [{"payload": NOTHING, "timeout_s": 0}]},
    {"function": ""},
    {"function": None},
    {"priority": -1},
    {"priority": "high"},
    {"delay_s": float("nan")},
    {"delay_s": float("inf")},
    {"timeout_s": float("nan")},
    {"retries": 10**6},
    {"redeliveries": True},
]


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_body_that_does_not_fit_is_422_and_nothing_is_stored(
    service: Web, wrong: dict[str, object]
) -> None:
    body = {**good(await service.register()), **wrong}
    answer = await Speaker(service, MSGPACK).post("/v1/batches", body)
    assert problem_of(answer, 422) == "does-not-fit"
    assert service.store.tasks == []


@pytest.mark.parametrize("media_type", [JSON, MSGPACK])
@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 100_000, b"\x91" * 100_000, b"\xc1"])
async def test_a_body_that_cannot_be_read_is_400(
    service: Web, media_type: str, body: bytes
) -> None:
    headers = {"content-type": media_type}
    answer = await service.client.post("/v1/batches", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert problem_of(answer, answer.status_code) in {"unreadable", "does-not-fit"}


async def test_payloads_in_json_must_be_base64(service: Web) -> None:
    body = {"function": await service.register(), "tasks": [{"payload": "no base64!"}]}
    answer = await Speaker(service, JSON).post("/v1/batches", body)
    assert problem_of(answer, 422) == "does-not-fit"


@pytest.mark.parametrize("key", [b"x" * 256, b"\xe9"])
async def test_a_key_that_is_none_is_refused(service: Web, key: bytes) -> None:
    body = good(await service.register())
    headers = [(b"idempotency-key", key), (b"content-type", MSGPACK.encode())]
    answer = await service.client.post(
        "/v1/batches", content=msgspec.msgpack.encode(body), headers=headers
    )
    assert problem_of(answer, 400) == "invalid-input"
    assert service.store.tasks == []


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"content-type": "text/plain"}, 415, "unsupported-media-type"),
        ({"content-type": JSON, "accept": "text/html"}, 406, "not-acceptable"),
        ({"content-type": JSON, "accept": f"{JSON};q=0"}, 406, "not-acceptable"),
    ],
)
async def test_other_formats_are_refused(
    service: Web, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = await service.client.post("/v1/batches", content=b"{}", headers=headers)
    assert problem_of(answer, status) == kind


async def test_a_store_that_is_away_is_503(speaker: Speaker) -> None:
    function = await speaker.service.register()
    speaker.service.store.trouble = StoreUnavailable("secret", 3)
    body = {"function": function, "tasks": [{"payload": speaker.bytes(NOTHING)}]}
    answer = await speaker.post("/v1/batches", body)
    assert problem_of(answer, 503) == "store-unavailable"
    assert answer.headers["retry-after"] == "3"
    assert "secret" not in answer.text
