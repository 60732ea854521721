"""What must hold in every simulation, each rule by its name; and what is raised when one does not.

A test of a planted bug asserts by which rule it was found out: a bug that trips over another
rule by chance has not been understood.
"""

from enum import StrEnum


class Rule(StrEnum):
    """The promises, as DESIGN.md makes them, in the order in which a task meets them."""

    ONE_PLACE = "each task is in exactly one place: ready, delayed, leased or ended"
    ONCE = "a submit that is repeated is recorded once"
    NOT_LOST = "no acknowledged task is lost"
    ATTEMPTS_GROW = "attempts only grow, and none is issued twice"
    ONE_LEASE = "at most one attempt at a task holds a valid lease"
    LEASE_HOLDS = "a lease holds until it ends or is given up"
    CREDIT = "no worker has more in hand than it granted"
    ONE_RUN = "no attempt runs twice"
    SELF_FENCE = "no worker that can act lets a run outlast its lease"
    STILL_OURS = "no worker that can act begins what was given up with it"
    BUDGET = "no task runs more often than its budgets allow"
    BLAME = "a budget pays for what befell this very task, and for nothing else"
    KEPT = "a worker keeps an outcome until it is recorded"
    RECORDED_FIRST = "an outcome is recorded before it is acknowledged"
    TRUE_OUTCOME = "a recorded outcome is what the recorded attempt produced"
    FINAL = "an outcome never changes"
    LIVENESS = "once nothing goes wrong any more every task ends in time"
    PROMPT = "where nothing goes wrong nothing waits, is lost or opened again"
    AT_REST = "without work nobody holds anything, and nobody hurries"
    NO_SPIN = "nobody spins"
    NO_ERROR = "nothing raises"


class Violation(AssertionError):
    """A rule was broken. ``text`` says by whom and how."""

    def __init__(self, rule: Rule, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule
        self.text = text
