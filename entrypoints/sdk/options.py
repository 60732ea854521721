"""What may be said of a task beside its function and its arguments: one set of words for all ways.

The executor, decorated functions and ``gofer run`` take the same options; what nobody says is as
the function's own defaults have it, and then as the service has it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

_SECONDS = {
    "timeout": "timeout_s",
    "delay": "delay_s",
    "expires_in": "expires_in_s",
    "result_ttl": "result_ttl_s",
}

_DEFAULTS = frozenset({"timeout_s", "retries", "redeliveries", "priority", "result_ttl_s"})
"""What a function may have as its own, by the names of the API."""

_OPTIONS = frozenset(
    {
        *_SECONDS,
        *("retries", "redeliveries", "priority", "tags", "backoff"),
        *("run_at", "expires_at", "on_incompatible"),
    }
)

_POOLS = {
    "max_workers": "how many tasks run at once is up to the workers: gofer up --workers N",
    **dict.fromkeys(
        ("initializer", "initargs"),
        "workers serve everybody: let the function itself set up what it needs, once a process",
    ),
    **dict.fromkeys(
        ("mp_context", "max_tasks_per_child", "thread_name_prefix"),
        "it speaks of processes or threads of this process, and the workers are others",
    ),
}
"""Arguments of the standard library's executors, and why there is no such option here."""


class Backoff(TypedDict, total=False):
    """How long a task waits between tries: ``initial_s * factor ** n``, at most ``max_s``.

    ``jitter`` is the share by which chance changes it: 0.2 is up to a fifth more or less.
    """

    initial_s: float
    factor: float
    max_s: float
    jitter: float


class TaskOptions(TypedDict, total=False):
    """Options of tasks; times are seconds.

    ``timeout`` is what one try may take; ``retries`` are further tries after the function raised,
    ``redeliveries`` after its process died; ``priority`` 0 is served first, 2 last. A task waits
    ``delay`` seconds or until ``run_at``, and expires if it was not started by ``expires_at`` or
    within ``expires_in`` seconds. What came of it is kept for ``result_ttl`` seconds, if that is
    less than the service keeps it. ``on_incompatible`` says whether a task that no worker can run
    waits for one ("wait") or is refused ("fail").
    """

    timeout: float | None
    retries: int
    redeliveries: int
    priority: int
    tags: Sequence[str]
    backoff: Backoff
    delay: float
    run_at: datetime | str
    expires_at: datetime | str
    expires_in: float
    result_ttl: float
    on_incompatible: str


def spoken(options: TaskOptions) -> dict[str, Any]:
    """Return options by the names of the API; raise TypeError for one that there is not."""
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        known = ", ".join(sorted(_OPTIONS))
        reasons = "".join(f". {each}: {_POOLS[each]}" for each in unknown if each in _POOLS)
        raise TypeError(f"there is no option {', '.join(unknown)}; there are {known}{reasons}")
    said = {_SECONDS.get(name, name): value for name, value in options.items()}
    tags = said.get("tags")
    if isinstance(tags, str):
        raise TypeError(f"tags are several: write tags=[{tags!r}]")
    if tags is not None:
        said["tags"] = list(options.get("tags", ()))
    for name in ("run_at", "expires_at"):
        moment = said.get(name)
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise TypeError(f"{name} has no time zone: use datetime.now(UTC), for one")
            said[name] = moment.isoformat()
    return {name: value for name, value in said.items() if value is not None}


def defaults_of(said: dict[str, Any]) -> dict[str, Any]:
    """Return those of the options, by the names of the API, that a function can have as its own."""
    return {name: value for name, value in said.items() if name in _DEFAULTS}
