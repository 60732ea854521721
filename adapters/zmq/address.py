"""Addresses as people write them, checked before a socket sees them.

libzmq takes almost any text and stays silent, or fails much later in a thread of its own; here
each mistake gets a sentence.
"""

import re
from ipaddress import AddressValueError, IPv6Address

from ...domain.errors import InvalidIdentifier

_EXPECTED = "tcp://HOST:PORT, such as tcp://127.0.0.1:5555 (the tcp:// may be left out)"
_SCHEME = "tcp://"
_PORT_MOST = 65_535
_PARTS = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]+):(?P<port>[0-9]{1,5})\Z")
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


def parse_address(text: str) -> str:
    """Return the address of a dispatcher as ``tcp://HOST:PORT``; raise InvalidIdentifier.

    HOST is a name, an IPv4 address or an IPv6 address in brackets, PORT 1 to 65535.
    """
    bare = text.strip()
    if bare.lower().startswith(_SCHEME):
        bare = bare[len(_SCHEME) :]
    parts = _PARTS.match(bare)
    if parts is None or not 1 <= int(parts["port"]) <= _PORT_MOST or not _is_host(parts["host"]):
        raise InvalidIdentifier("worker's URL of a dispatcher", text, _EXPECTED)
    return f"{_SCHEME}{parts['host']}:{int(parts['port'])}"


def bind_address(host: str, port: int) -> str:
    """Return where to listen; ``host`` is an address, a name or ``*`` (all of them).

    ``port`` 0 has the system choose one. Raises InvalidIdentifier for what is no host or port.
    """
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    if not 0 <= port <= _PORT_MOST:
        raise InvalidIdentifier("port", str(port), f"0 to {_PORT_MOST}")
    if bracketed != "*" and not _is_host(bracketed):
        raise InvalidIdentifier("host", host, "an address of this machine, such as 127.0.0.1, or *")
    return f"{_SCHEME}{bracketed}:{port}"


def is_ipv6(address: str) -> bool:
    """Tell whether a socket must speak IPv6 for this address."""
    return address.startswith(_SCHEME + "[")


def _is_host(text: str) -> bool:
    if not text.startswith("["):
        return _NAME.match(text) is not None
    try:
        IPv6Address(text[1:-1])
    except AddressValueError:
        return False
    return True
