"""Why a task is where it is: every combination has a reason, and each reason its sentence."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.attempts import AttemptEnd, AttemptRecord
from gofer.domain.explaining import Facts, explain
from gofer.domain.function import Environment, FunctionHead
from gofer.domain.identifiers import FunctionId, TaskId, WorkerId, uuid7
from gofer.domain.ports import QueueState, Standing, WorkerRecord, WorkerState
from gofer.domain.ports.queues import PLACES_MOST, Place
from gofer.domain.task import Budget, Cause, Failure, Outcome, Spent, Success, Task, TaskStatus

NOW_MS = 1_700_000_000_000
FUNCTION = FunctionId("f")
TASK_ID = TaskId(uuid7(NOW_MS, 1))
PY311, PY312 = Environment("cpython", (3, 11)), Environment("cpython", (3, 12))
TASK = Task(TASK_ID, FUNCTION, TaskStatus.QUEUED, 0, 1, Budget(), Spent(), NOW_MS - 9_000, NOW_MS)
CALM = Standing(tuple(QueueState(priority) for priority in range(3)))
WORKER = WorkerRecord(
    id=WorkerId("w1"),
    incarnation="w1.1",
    mode="push",
    host="host",
    pid=1,
    environment=PY311,
    slots=2,
    in_hand=0,
    running=(),
    state=WorkerState.READY,
    connected_at_ms=NOW_MS,
    seen_at_ms=NOW_MS,
    dispatcher="d",
)
WAITS = Facts(TASK, None, (), CALM, Place(PY311.tag, 0), (WORKER,), NOW_MS)
RUNS = replace(
    WAITS,
    task=replace(TASK, status=TaskStatus.RUNNING, attempt=1, started_at_ms=NOW_MS - 2_500),
    place=Place(PY311.tag, None),
    workers=(replace(WORKER, running=(TASK_ID,), in_hand=1),),
)


def codes(facts: Facts) -> list[str]:
    return [reason.code for reason in explain(facts).reasons]


def failed(cause: Cause, **evidence: object) -> Facts:
    task = replace(TASK, status=TaskStatus.FAILED, attempt=3)
    failure = replace(Failure(cause, "Error", "it broke.\nmore", worker="w1"), **evidence)  # type: ignore[arg-type]
    return replace(RUNS, task=task, outcome=failure)


# ---------------------------------------------------------------- totality

failures = st.builds(
    Failure, cause=st.sampled_from(Cause), type=st.text(max_size=5), message=st.text(max_size=9)
)
outcomes: st.SearchStrategy[Outcome | None] = st.one_of(
    st.none(), st.just(Success(b"", 1, 2.0)), failures
)
moments = st.none() | st.integers(NOW_MS - 10**6, NOW_MS + 10**6)
tasks = st.builds(
    replace,
    st.just(TASK),
    status=st.sampled_from(TaskStatus),
    attempt=st.integers(0, 3),
    priority=st.integers(0, 2),
    due_at_ms=moments,
    started_at_ms=moments,
    expires_at_ms=st.integers(0, 1) | st.integers(NOW_MS - 99, NOW_MS + 99),
    reason=st.text(max_size=5),
    budget=st.builds(Budget, st.integers(0, 3), st.integers(0, 3), st.none() | st.just(1_500)),
)
workers = st.builds(
    replace,
    st.just(WORKER),
    state=st.sampled_from(WorkerState),
    environment=st.sampled_from([PY311, PY312]),
    in_hand=st.integers(0, 3),
    running=st.sampled_from([(), (TASK_ID,)]),
)
attempts = st.builds(
    AttemptRecord, st.integers(1, 3), st.sampled_from(AttemptEnd), failure=st.none() | failures
)
queues = st.tuples(*(st.builds(QueueState, st.just(n), paused=st.booleans()) for n in range(3)))
places = st.builds(
    Place, st.sampled_from([PY311.tag, "cpython-any"]), st.none() | st.integers(0, 9)
)
heads = st.builds(
    FunctionHead,
    st.just(FUNCTION),
    st.just("f"),
    st.just(1),
    st.just("d"),
    st.sampled_from([PY311, PY312]),
    st.just(NOW_MS),
    payload_bytes=st.integers(0, 1),
    source_bytes=st.integers(0, 1),
)
everything = st.builds(
    Facts,
    tasks,
    outcomes,
    st.lists(attempts, max_size=2),
    st.builds(Standing, queues),
    st.none() | places,
    st.lists(workers, max_size=3),
    st.just(NOW_MS),
    st.none() | heads,
)


@given(everything)
def test_whatever_is_known_there_is_a_reason_and_a_sentence(facts: Facts) -> None:
    told = explain(facts)
    assert told.status is facts.task.status
    assert told.reasons
    assert told.summary == told.reasons[0].text
    for reason in told.reasons:
        assert reason.code == reason.code.lower().replace("_", "-").strip()
        assert reason.text[0].isupper()
        assert reason.text.rstrip()[-1] in ".r"  # a sentence, or the command that helps


# ---------------------------------------------------------------- it waits


def test_a_task_whose_time_has_not_come_says_when_it_does() -> None:
    delayed = replace(TASK, due_at_ms=NOW_MS + 1_500)
    told = explain(replace(WAITS, task=delayed, place=Place(PY311.tag, None)))
    assert told.summary == "It waits for its time: due in 1.5 s."
    assert told.reasons[0].facts["wait_s"] == 1.5


def test_a_task_that_failed_before_waits_for_its_next_try_and_says_how_it_failed() -> None:
    failure = Failure(Cause.EXCEPTION, "ValueError", "no")
    ended = AttemptRecord(1, AttemptEnd.FAILED, failure=failure)
    again = replace(TASK, due_at_ms=NOW_MS + 1_500, attempt=1)
    told = explain(replace(WAITS, task=again, attempts=[ended], place=Place(PY311.tag, None)))
    assert told.summary == "It waits for its next try: due in 1.5 s."
    assert (
        told.reasons[-1].text == "It was tried before: attempt 1 ended as failed (ValueError: no)."
    )


def test_nothing_in_its_way_means_that_it_is_the_next() -> None:
    assert codes(WAITS) == ["next"]


def test_a_task_behind_others_says_how_many() -> None:
    told = explain(replace(WAITS, place=Place(PY311.tag, 17)))
    assert told.summary == "It is behind 17 tasks of its priority or a higher one."
    far = explain(replace(WAITS, place=Place(PY311.tag, PLACES_MOST)))
    assert "at least 10000 tasks" in far.summary


def test_a_paused_queue_is_named() -> None:
    standing = Standing((QueueState(0), QueueState(1, paused=True), QueueState(2)))
    assert codes(replace(WAITS, standing=standing)) == ["paused", "next"]
    other = replace(TASK, priority=0)
    assert "paused" not in codes(replace(WAITS, standing=standing, task=other))


def test_without_a_worker_it_says_what_to_do() -> None:
    assert codes(replace(WAITS, workers=()))[0] == "no-worker"
    lost = replace(WORKER, state=WorkerState.LOST)
    told = explain(replace(WAITS, workers=(lost,)))
    assert told.summary == "No worker is connected; start one with: gofer worker"


def test_workers_of_other_environments_are_named() -> None:
    told = explain(replace(WAITS, workers=(replace(WORKER, environment=PY312),)))
    assert told.reasons[0].code == "no-worker-of-environment"
    assert told.summary == (
        "No connected worker runs cpython-3.11; there are workers of cpython-3.12."
    )


def test_source_runs_on_every_version() -> None:
    waits = replace(WAITS, place=Place("cpython-any", 0))
    assert codes(replace(waits, workers=(replace(WORKER, environment=PY312),))) == ["next"]


def test_full_and_draining_workers_are_told_apart() -> None:
    full = replace(WORKER, in_hand=2)
    assert codes(replace(WAITS, workers=(full,)))[0] == "workers-full"
    draining = replace(WORKER, state=WorkerState.DRAINING)
    assert codes(replace(WAITS, workers=(draining,)))[0] == "workers-draining"
    assert codes(replace(WAITS, workers=(draining, WORKER, full))) == ["next"]


# ---------------------------------------------------------------- it runs


def test_a_running_task_says_where_and_since_when() -> None:
    told = explain(RUNS)
    assert told.summary == "It has been running for 2.5 s on worker w1, attempt 1."
    assert told.reasons[0].facts == {"worker": "w1", "run_s": 2.5, "attempt": 1}


def test_a_task_that_was_sent_as_source_says_so() -> None:
    for made_for, said in ((PY312, ["sent-as-source"]), (PY311, list[str]())):
        head = FunctionHead(FUNCTION, "f", 1, "d", made_for, NOW_MS, source_bytes=9)
        assert codes(replace(RUNS, function=head)) == ["running", *said]
        done = replace(RUNS.task, status=TaskStatus.COMPLETED, worker="w1")
        ended = replace(RUNS, task=done, outcome=Success(b""), function=head)
        assert codes(ended) == ["completed", *said]


def test_a_task_whose_worker_is_silent_says_so() -> None:
    lost = replace(WORKER, running=(TASK_ID,), state=WorkerState.LOST)
    assert codes(replace(RUNS, workers=(lost,))) == ["running", "worker-lost"]


def test_a_leased_task_has_not_begun() -> None:
    leased = replace(RUNS.task, started_at_ms=None)
    assert codes(replace(RUNS, task=leased)) == ["leased"]


# ---------------------------------------------------------------- it has ended


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.EXCEPTION, ["raised", "out-of-attempts"]),
        (Cause.TIMEOUT, ["timeout"]),
        (Cause.SIGNAL, ["died", "out-of-attempts"]),
        (Cause.EXIT, ["died", "out-of-attempts"]),
        (Cause.MEMORY, ["died", "out-of-attempts"]),
        (Cause.WORKER_LOST, ["worker-lost", "out-of-attempts"]),
        (Cause.UNSERIALIZABLE, ["unserializable"]),
        (Cause.TOO_LARGE, ["too-large"]),
        (Cause.INCOMPATIBLE, ["incompatible"]),
    ],
)
def test_a_failed_task_says_how_and_why_there_is_no_further_try(
    cause: Cause, expected: list[str]
) -> None:
    assert codes(failed(cause)) == expected


@pytest.mark.parametrize("cause", [Cause.EXIT, Cause.MEMORY])
def test_sys_exit_and_too_little_memory_are_exceptions_where_the_process_lived_on(
    cause: Cause,
) -> None:
    told = explain(failed(cause, traceback="Traceback ..."))
    assert [reason.code for reason in told.reasons] == ["raised", "out-of-attempts"]
    assert "0 more times after it raised" in told.reasons[1].text


def test_a_death_comes_with_its_evidence() -> None:
    told = explain(failed(Cause.SIGNAL, signal=9, peak_rss_kb=7, run_ms=1_500.0))
    assert told.summary == "Its process died: Error: it broke."
    evidence = told.reasons[0].facts
    assert (evidence["signal"], evidence["peak_rss_kb"], evidence["run_s"]) == (9, 7, 1.5)
    assert "exit_code" not in evidence


def test_the_other_ends_are_told_in_one_sentence() -> None:
    done = replace(RUNS.task, status=TaskStatus.COMPLETED, worker="w1")
    told = explain(replace(RUNS, task=done, outcome=Success(b"", run_ms=12.0)))
    assert told.summary == "It completed on worker w1 after 0.012 s, attempt 1."
    for began, text in ((None, "before it began"), (NOW_MS, "while it ran")):
        task = replace(TASK, status=TaskStatus.CANCELLED, started_at_ms=began)
        assert text in explain(replace(WAITS, task=task)).summary
    expired = replace(TASK, status=TaskStatus.EXPIRED, expires_at_ms=NOW_MS)
    assert codes(replace(WAITS, task=expired)) == ["expired"]
