"""Addresses as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.zmq.address import bind_address, is_ipv6, parse_address
from gofer.domain.errors import InvalidIdentifier


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        (" localhost:1 ", "tcp://localhost:1"),
        ("TCP://a-host.example.org:65535", "tcp://a-host.example.org:65535"),
        ("dispatcher_1:05555", "tcp://dispatcher_1:5555"),
        ("[::1]:5555", "tcp://[::1]:5555"),
        ("tcp://[fe80::1]:80", "tcp://[fe80::1]:80"),
    ],
)
def test_a_dispatcher_s_url_may_leave_tcp_out(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "localhost:",
        ":5555",
        "5555",
        "http://localhost:5555",
        "ipc:///tmp/socket",
        "tcp://localhost:0",
        "localhost:65536",
        "localhost:http",
        "localhost:-1",
        "local host:5555",
        "*:5555",
        "a;b:5555",
        "::1:5555",
        "[::1:5555",
        "[zzz]:5555",
        "[]:5555",
        "localhost:5555/path",
        "localhost:\u0665",
        "x" * 254 + ":1",
    ],
)
def test_what_is_no_url_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidIdentifier, match=r"such as tcp://127\.0\.0\.1:5555"):
        parse_address(text)


@given(st.text())
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    try:
        address = parse_address(text)
    except InvalidIdentifier:
        return
    assert parse_address(address) == address


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", 0, "tcp://127.0.0.1:0"),
        ("*", 5555, "tcp://*:5555"),
        ("::1", 5555, "tcp://[::1]:5555"),
        ("[::]", 5555, "tcp://[::]:5555"),
        ("eth0", 5555, "tcp://eth0:5555"),
    ],
)
def test_a_host_and_a_port_make_an_address_to_listen_on(host: str, port: int, address: str) -> None:
    assert bind_address(host, port) == address
    assert is_ipv6(address) == ("[" in address)


@pytest.mark.parametrize(("host", "port"), [("", 1), ("a b", 1), ("x", -1), ("x", 65_536)])
def test_what_is_no_host_or_port_is_refused(host: str, port: int) -> None:
    with pytest.raises(InvalidIdentifier):
        bind_address(host, port)
