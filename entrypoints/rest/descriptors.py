"""Raises how many files this process may have open, to what its connections may need.

A login shell often allows 1024, and each waiting client is an open file. The hard limit is the
operator's: it is never raised, only said where it is too low.
"""

import logging
import resource

log = logging.getLogger("gofer.rest")

BESIDE = 256
"""Files beside the connections: the store's, the log, modules, threads' pipes."""


def make_room(connections: int) -> int:
    """Let this process open that many connections, as far as it may; return the limit now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + BESIDE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed < wanted:
        log.warning(
            "this process may open %d files, too few for %d connections (GOFER_HTTP_CONCURRENCY);"
            " raise the hard limit: ulimit -Hn, or LimitNOFILE of its unit",
            allowed,
            connections,
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
