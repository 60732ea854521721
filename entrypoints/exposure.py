"""Says aloud when a port is open to other machines: there is no authentication yet.

Whoever can reach the web service or a dispatcher can run code on the workers (SECURITY.md).
"""

import logging
from ipaddress import ip_address

log = logging.getLogger("gofer")


def is_loopback(host: str) -> bool:
    """Return whether ``host``, a name or an address, can be reached from this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def warn_if_open(part: str, host: str) -> None:
    """Warn about a ``part`` that listens on more than this machine's loopback."""
    if not is_loopback(host):
        log.warning(
            "%s listens on %s, without authentication: whoever reaches it can run code on the "
            "workers; keep it inside a network that you trust",
            part,
            host,
        )
