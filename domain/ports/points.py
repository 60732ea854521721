"""Named points of the code, at which a process may die without anything being lost.

Each part passes them on its way: at each one the world outside has just changed, or is about to,
and the part's memory says something that nobody else knows. In production passing one does
nothing; crash tests kill the process there (``tests/e2e/test_crash_points.py`` has a scenario for
each, and says how often a task may run then). A point that no code passes fails a test.
"""

from enum import StrEnum


class Point(StrEnum):
    """The points, by part. Each docstring says what has happened and what has not."""

    # ------------------------------------------------------------ the web service

    API_REGISTERED = "api.registered"
    """A function is stored; its client does not know."""
    API_SUBMITTING = "api.submitting"
    """A task is checked and has its id; it is not stored."""
    API_SUBMITTED = "api.submitted"
    """A task is stored; its client does not know."""

    # ------------------------------------------------------------ the dispatcher

    CLAIMING = "dispatcher.claiming"
    """There is room for tasks; none is claimed yet."""
    CLAIMED = "dispatcher.claimed"
    """The store has leased tasks to us; nobody but the store knows."""
    HANDED = "dispatcher.handed"
    """The same, by a submit that has handed them over to us."""
    SENDING = "dispatcher.sending"
    """Tasks have their worker; the link has not been given them."""
    SENT = "dispatcher.sent"
    """The link has taken tasks for a worker."""
    RECEIVED = "dispatcher.received"
    """A worker's outcomes are here; they are not recorded."""
    RECORDED = "dispatcher.recorded"
    """Outcomes are recorded; no worker knows."""
    ACKNOWLEDGED = "dispatcher.acknowledged"
    """The link has taken the word that outcomes are recorded."""
    STARTED = "dispatcher.started"
    """Starts are noted in the store."""
    RENEWED = "dispatcher.renewed"
    """Leases are renewed in the store."""
    ADOPTED = "dispatcher.adopted"
    """Leases of an arriving worker are ours in the store; the worker is not welcomed."""
    RELEASED = "dispatcher.released"
    """Tasks are back in the queue."""
    REAPED = "dispatcher.reaped"
    """Expired leases are taken away in the store."""
    DISPATCHER_DRAINING = "dispatcher.draining"
    """It was told to leave; nothing of that is done."""

    # ------------------------------------------------------------ the worker

    WELCOMED = "worker.welcomed"
    """A dispatcher has opened the session; nothing that it sent is taken up yet."""
    ORDERED = "worker.ordered"
    """Orders are here; the executor knows nothing of them."""
    EXECUTING = "worker.executing"
    """The executor has been given tasks."""
    BEGAN = "worker.began"
    """A task runs and has lasted; the core does not know."""
    ENDED = "worker.ended"
    """Outcomes have come from children; nobody but this process has them."""
    REPORTED = "worker.reported"
    """The link has taken outcomes for the dispatcher."""
    FORGOTTEN = "worker.forgotten"
    """Outcomes are known to be recorded, and forgotten here."""
    TAKEN_BACK = "worker.taken_back"
    """Tasks that had not begun are withdrawn; the dispatcher does not know."""
    KILLED = "worker.killed"
    """Tasks that are not ours any more are stopped."""
    WORKER_DRAINING = "worker.draining"
    """It was told to leave; nothing of that is done."""
