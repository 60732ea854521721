"""Whatever arrives, the service answers in JSON, and never with a fault of its own."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.original_client import serialize
from tests.support.web import web

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
NAMES = ("name", "payload", "function_id", "task_id", "extra")
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([UNKNOWN, serialize(abs), serialize(3), "gASV", "\ud800"])
    | st.recursive(st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
BODIES = (
    st.binary(max_size=300)
    | st.dictionaries(st.sampled_from(NAMES), VALUES).map(lambda body: json.dumps(body).encode())
    | VALUES.map(lambda body: json.dumps(body).encode())
)


@settings(deadline=None)
@given(st.sampled_from(["/register_function", "/execute_function", "/", "/readyz"]), BODIES)
async def test_no_body_is_answered_with_a_fault_of_ours(path: str, body: bytes) -> None:
    async with web() as service:
        answer = await service.client.post(path, content=body)
        assert answer.status_code in {200, 400, 404, 405}
        assert isinstance(answer.json(), dict)


@settings(deadline=None)
@given(
    st.sampled_from(["/status/", "/result/", "/"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
)
async def test_no_path_is_answered_with_a_fault_of_ours(path: str, text: str) -> None:

    async with web() as service:
        answer = await service.client.get(path + quote(text, safe=""))
        body: dict[str, Any] = answer.json()
        assert answer.status_code in {200, 400, 404}
        assert body
