"""One worker's session as the dispatcher sees it: what it holds, and what to tell it next.

Everything that is to be said to a worker within one step is gathered here and leaves as one
Orders message (more only where the bytes demand it): batching costs no latency, because nothing
waits for more to come.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ..function import Environment, Form, Function, form_for
from ..identifiers import Attempt, Session, WorkerId
from ..ports import Leased
from .messages import NOTHING_READ, Assignment, FunctionBody, Hello, Orders, Read, Report, Welcome

ORDERS_BYTES = 8 * 1024 * 1024
"""Payload after which another Orders message is begun; a single larger task still travels whole."""


@dataclass(slots=True)
class Holding:
    """A leased task in the dispatcher's care.

    ``started``: it has begun, or may have. ``sent``: the Orders, or earlier ones, that carry it
    to the worker who has it now; a worker that has not read so far has never seen it.
    """

    leased: Leased
    function: Function | None
    started: bool = False
    sent: Read = NOTHING_READ

    @property
    def attempt(self) -> Attempt:
        """Return the fence under which it is leased."""
        return self.leased.attempt

    def __str__(self) -> str:
        """Give the form that logs use: that of its attempt."""
        return str(self.leased.attempt)


@dataclass(slots=True)
class Member:
    """A connected worker: since ``joined_ms``, last heard at ``heard_ms``, up to report ``seq``.

    Something was said to it last at ``told_ms``.

    A ``suspended`` session has a gap: nothing more is said or given in it, and what it holds
    stays with it until the worker says Hello anew, or is silent for too long.
    """

    worker: WorkerId
    peer: bytes
    session: Session
    slots: int
    window: int
    environment: Environment
    takes_source: bool
    welcome: Welcome
    heard_ms: float
    joined_ms: float
    told_ms: float
    host: str = ""
    pid: int = 0
    suspended: bool = False
    seq: int = 0
    in_hand: dict[Attempt, Holding] = field(default_factory=dict[Attempt, Holding])
    answer_due: bool = False
    _serial: int = 0
    _known: set[str] = field(default_factory=set[str])
    _functions: list[FunctionBody] = field(default_factory=list[FunctionBody])
    _assign: list[Assignment] = field(default_factory=list[Assignment])
    _recorded: list[Attempt] = field(default_factory=list[Attempt])
    _cancel: list[Attempt] = field(default_factory=list[Attempt])

    @classmethod
    def from_hello(cls, peer: bytes, hello: Hello, welcome: Welcome, now: float) -> "Member":
        """Return a fresh session; what it holds is filled in by the caller."""
        return cls(
            worker=hello.worker,
            peer=peer,
            session=hello.session,
            slots=hello.slots,
            window=hello.window,
            environment=hello.environment,
            takes_source=hello.takes_source,
            welcome=welcome,
            heard_ms=now,
            joined_ms=now,
            told_ms=now,
            host=hello.host,
            pid=hello.pid,
        )

    @property
    def serves(self) -> tuple[str, ...]:
        """Return the tags whose tasks it takes."""
        own = self.environment.tag
        return (own, self.environment.family) if self.takes_source else (own,)

    def follows(self, report: Report) -> bool | None:
        """Return True for the next report, None for one seen before, False after a gap."""
        if report.seq <= self.seq:
            return None
        return report.seq == self.seq + 1

    def assign(self, holdings: Iterable[Holding]) -> None:
        """Give the worker tasks, and functions where this session has not sent them yet."""
        sent = Read(self.session.epoch, self._serial + 1)
        for holding in holdings:
            leased, function = holding.leased, holding.function
            if function is None:
                raise ValueError(f"{leased.attempt} has no function that could be sent")
            digest = function.digest
            if digest not in self._known:
                self._known.add(digest)
                self._functions.append(body_for(function, self.environment))
            holding.sent = sent
            self.in_hand[leased.attempt] = holding
            self._assign.append(
                Assignment(leased.attempt, digest, leased.payload, leased.budget.timeout_ms)
            )

    def acknowledge(self, attempts: Iterable[Attempt]) -> int:
        """Let the worker forget outcomes; return of how many it is still to be told."""
        self._recorded.extend(attempts)
        return len(self._recorded)

    def cancel(self, attempt: Attempt) -> None:
        """Have the worker stop an attempt, and take it out of its hands."""
        self.in_hand.pop(attempt, None)
        self._cancel.append(attempt)

    def part(self, unrecorded: Collection[Attempt]) -> list[Holding]:
        """Take out of its hands, and return, all that did not end there; the rest has begun."""
        for attempt in unrecorded:
            if attempt in self.in_hand:
                self.in_hand[attempt].started = True
        rest = [holding for attempt, holding in self.in_hand.items() if attempt not in unrecorded]
        for holding in rest:
            del self.in_hand[holding.attempt]
        return rest

    def orders(self, lease_ms: int) -> list[Orders]:
        """Return what is to be said, and forget that it was to be said; nothing if there is none.

        Functions and assignments are cut into parcels of about ORDERS_BYTES.
        """
        if not (self.answer_due or self._assign or self._recorded or self._cancel):
            return []
        bodies = {body.digest: body for body in self._functions} if self._functions else {}
        orders: list[Orders] = []
        functions: list[FunctionBody] = []
        assign: list[Assignment] = []
        size = 0
        for assignment in self._assign:
            body = bodies.pop(assignment.digest, None)
            cost = len(assignment.payload) + (len(body.payload) if body else 0)
            if size and size + cost > ORDERS_BYTES:
                orders.append(self._parcel(lease_ms, functions, assign))
                functions, assign, size = [], [], 0
            if body:
                functions.append(body)
            assign.append(assignment)
            size += cost
        orders.append(self._parcel(lease_ms, functions, assign))
        self.answer_due = False
        self._functions, self._assign = [], []
        return orders

    def _parcel(
        self, lease_ms: int, functions: list[FunctionBody], assign: list[Assignment]
    ) -> Orders:
        """Return the next Orders; the first of a step say all but functions and assignments."""
        self._serial += 1
        recorded, self._recorded = self._recorded, []
        cancel, self._cancel = self._cancel, []
        return Orders(
            self.session,
            self._serial,
            self.seq,
            lease_ms,
            tuple(functions),
            tuple(assign),
            tuple(recorded),
            tuple(cancel),
        )


def body_for(function: Function, worker: Environment) -> FunctionBody:
    """Return a function in the form in which it goes to a worker of this environment."""
    if form_for(function, worker) is Form.SOURCE:
        return FunctionBody(function.digest, function.source.encode(), function.entry)
    return FunctionBody(function.digest, function.payload)
