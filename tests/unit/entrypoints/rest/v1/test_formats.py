"""Which format a request speaks, and which one it is answered in."""

import pytest
from starlette.requests import Request

from gofer.entrypoints.rest.v1.formats import BINARY, TEXT, Format, spoken, wanted
from gofer.entrypoints.rest.v1.problems import Refused

JSON, MSGPACK = "application/json", "application/msgpack"


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize(
    ("content_type", "written_in"),
    [
        ("", TEXT),
        (JSON, TEXT),
        ("Application/JSON; charset=utf-8", TEXT),
        ("application/vnd.api+json", TEXT),
        (MSGPACK, BINARY),
        ("application/x-msgpack", BINARY),
        (f"{MSGPACK}; v=1", BINARY),
    ],
)
def test_the_content_type_says_how_a_body_is_written(content_type: str, written_in: Format) -> None:
    assert spoken(request(content_type=content_type)) is written_in


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_other_content_types_are_refused(content_type: str) -> None:
    with pytest.raises(Refused, match=r"application/json or as application/msgpack"):
        spoken(request(content_type=content_type))


@pytest.mark.parametrize(
    ("accept", "answered_in"),
    [
        (JSON, TEXT),
        (MSGPACK, BINARY),
        ("application/x-msgpack", BINARY),
        (f"{JSON};q=0.5, {MSGPACK}", BINARY),
        (f"{JSON}, {MSGPACK};q=0.5", TEXT),
        (f"text/html, {MSGPACK};q=0.1", BINARY),
        (f"*/*;q=0.1, {MSGPACK};q=0.2", BINARY),
        (f"*/*, {MSGPACK};q=0", TEXT),
        ("text/html, */*;q=0.8", TEXT),
        ("application/*", TEXT),
        ("application/problem+json", TEXT),
    ],
)
def test_the_client_chooses_what_it_is_answered_in(accept: str, answered_in: Format) -> None:
    assert wanted(request(accept=accept)) is answered_in


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/*"])
def test_who_takes_anything_is_answered_in_what_it_sent(accept: str | None) -> None:
    more = {} if accept is None else {"accept": accept}
    assert wanted(request(content_type=MSGPACK, **more)) is BINARY
    assert wanted(request(content_type=JSON, **more)) is TEXT
    assert wanted(request(**more)) is TEXT


@pytest.mark.parametrize(
    "accept", ["text/html", "*/*;q=0", f"{JSON};q=0", f"{JSON};q=x", "rubbish"]
)
def test_who_takes_neither_is_refused(accept: str) -> None:
    with pytest.raises(Refused):
        wanted(request(accept=accept))
