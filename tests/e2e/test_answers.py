"""The codes and shapes that the web service answers with, over HTTP; no task is run for them."""

import pytest

from tests.support.system import System


def test_the_root_names_the_service_and_its_store(system: System) -> None:
    body = system.caller().ask("GET", "/").json()
    assert body.keys() == {"message", "redis_status", "version"}
    assert body["redis_status"] == "connected"


UNKNOWN = "00000000-0000-4000-8000-000000000000"
BAD_REQUESTS = [
    ("POST", "/register_function", {"name": "f"}, 400),
    ("POST", "/register_function", {"name": "f", "payload": "payload"}, 400),
    ("POST", "/register_function", {"name": "f", "payload": ""}, 400),
    ("POST", "/register_function", ["no", "object"], 400),
    ("POST", "/execute_function", {"function_id": UNKNOWN, "payload": "%%%"}, 400),
    ("POST", "/execute_function", {"function_id": "x", "payload": "gANLAS4=\n"}, 400),
    ("POST", "/execute_function", {"function_id": UNKNOWN, "payload": "gANLAS4=\n"}, 404),
    ("GET", "/status/nonsense", None, 400),
    ("GET", "/result/nonsense", None, 400),
    ("GET", f"/status/{UNKNOWN}", None, 404),
    ("GET", f"/result/{UNKNOWN}", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "code"), BAD_REQUESTS)
def test_a_bad_request_is_told_what_to_do(
    system: System, method: str, path: str, body: object, code: int
) -> None:
    answer = system.caller().ask(method, path, body)
    assert answer.status_code == code, answer.text
    assert answer.json()["detail"]


def test_a_body_over_the_limit_is_refused(system: System) -> None:
    body = {"name": "f", "payload": "A" * (40 * 1024 * 1024)}
    answer = system.caller().ask("POST", "/register_function", body)
    assert answer.status_code == 413, answer.text
    assert answer.json()["detail"]
