"""Messages between dispatcher and workers: a few plain ones, and strategies for all."""

from hypothesis import strategies as st

from gofer.domain.function import IMPLEMENTATION, Environment
from gofer.domain.identifiers import RANDOM_BITS, Attempt, Session, TaskId, WorkerId, uuid7
from gofer.domain.output import Piece, Progress
from gofer.domain.protocol.messages import (
    PROTOCOL_VERSION,
    Assignment,
    Bye,
    Finished,
    FunctionBody,
    Hello,
    Orders,
    Read,
    Refused,
    Report,
    ToDispatcher,
    ToWorker,
    Unknown,
    Welcome,
)
from gofer.domain.task import Cause, Failure, Success

SESSION = Session("incarnation", 1)
ENVIRONMENT = Environment("cpython", (3, 11), "0.4.1")
DIGEST = "d" * 64


def an_attempt(number: int = 1) -> Attempt:
    return Attempt(TaskId(uuid7(1_700_000_000_000, number)), number, f"token-{number}")


def a_hello(worker: str = "w1", protocol: int = PROTOCOL_VERSION) -> Hello:
    return Hello(protocol, WorkerId(worker), SESSION, 2, 4, ENVIRONMENT)


def a_report(seq: int = 1, result: bytes = b"result", worker: str = "w1") -> Report:
    finished = (Finished(an_attempt(seq), Success(result)),)
    return Report(WorkerId(worker), SESSION, seq, 4, finished=finished)


def some_orders(serial: int = 1, payload: bytes = b"payload") -> Orders:
    assign = (Assignment(an_attempt(serial), DIGEST, payload),)
    return Orders(SESSION, serial, 0, 30_000, assign=assign)


# ---------------------------------------------------------------- strategies

counts = st.integers(0, 2**53)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
payloads = st.binary(max_size=100)
durations = st.floats(0, 1e15)
codes = st.none() | st.integers(-(2**31), 2**31)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
workers = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", fullmatch=True).map(WorkerId)
sessions = st.builds(Session, names, counts)
task_ids = st.builds(uuid7, st.integers(0, 2**48 - 1), st.integers(0, 2**RANDOM_BITS - 1)).map(
    TaskId
)
attempts = st.builds(Attempt, task_ids, st.integers(1, 2**31), names)
many_attempts = st.lists(attempts, max_size=4).map(tuple)
minors = st.integers(0, 127)
modules = st.lists(names.filter(lambda name: "\n" not in name), max_size=3).map(tuple)
implementations = st.from_regex(IMPLEMENTATION, fullmatch=True)
environments = st.builds(Environment, implementations, st.tuples(minors, minors), texts, modules)
successes = st.builds(Success, payloads, counts, durations, texts)
failures = st.builds(
    Failure,
    cause=st.sampled_from(Cause),
    type=texts,
    message=texts,
    traceback=texts,
    exception=payloads,
    exit_code=codes,
    signal=codes,
    peak_rss_kb=counts,
    run_ms=durations,
    worker=st.just("") | workers,
    attempt=st.integers(0, 2**31),
    output=texts,
)
finished = st.builds(Finished, attempts, successes | failures)
numbers = st.floats(allow_nan=False, allow_infinity=False)
progresses = st.builds(Progress, numbers, st.none() | numbers, texts)
pieces = st.builds(Piece, attempts, counts, payloads, st.none() | progresses)
assignments = st.builds(Assignment, attempts, digests, payloads, st.none() | counts)
bodies = st.builds(FunctionBody, digests, payloads, st.just("") | names)
to_dispatcher: st.SearchStrategy[ToDispatcher] = st.one_of(
    st.builds(
        Hello,
        st.just(PROTOCOL_VERSION),
        workers,
        sessions,
        st.integers(1, 10_000),
        counts,
        environments,
        many_attempts,
        many_attempts,
        st.builds(Read, counts, counts),
        texts,
        counts,
        st.booleans(),
    ),
    st.builds(
        Report,
        workers,
        sessions,
        counts,
        counts,
        many_attempts,
        st.lists(finished, max_size=4).map(tuple),
        many_attempts,
        st.lists(pieces, max_size=3).map(tuple),
    ),
    st.builds(Bye, workers, sessions, many_attempts),
)
to_worker: st.SearchStrategy[ToWorker] = st.one_of(
    st.builds(Welcome, sessions, counts, st.integers(1, 2**53), many_attempts),
    st.builds(
        Orders,
        sessions,
        counts,
        counts,
        counts,
        st.lists(bodies, max_size=3).map(tuple),
        st.lists(assignments, max_size=4).map(tuple),
        many_attempts,
        many_attempts,
    ),
    st.builds(Unknown, sessions),
    st.builds(Refused, sessions, texts, st.booleans()),
)
