"""The queue of jobs: order is kept, and a message is as large as is good."""

from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes.backlog import BRIEF_MS, CHUNK_BYTES, Backlog, Job
from gofer.domain.policy import CHUNK_MOST
from gofer.domain.protocol.messages import Assignment
from tests.contracts.executor import an_attempt


def a_job(digest: str = "short", payload: bytes = b"") -> Job:
    return Job(Assignment(an_attempt(), digest, payload))


def a_backlog(*jobs: Job) -> Backlog:
    backlog = Backlog()
    backlog.learn("short", 0.01)
    backlog.learn("medium", 0.5)
    backlog.learn("long", 100.0)
    for job in jobs:
        backlog.push(job)
    return backlog


def test_a_job_of_unknown_length_travels_alone() -> None:
    jobs = [a_job("unknown"), a_job("unknown")]
    backlog = a_backlog(*jobs)
    assert not backlog.starts_brief()
    assert [backlog.cut(10), backlog.cut(10)] == [[jobs[0]], [jobs[1]]]


def test_short_jobs_travel_together_up_to_the_policy_s_bound() -> None:
    jobs = [a_job() for _ in range(CHUNK_MOST + 5)]
    backlog = a_backlog(*jobs)
    assert backlog.starts_brief()
    assert backlog.cut(1000) == jobs[:CHUNK_MOST]
    assert backlog.cut(2) == jobs[CHUNK_MOST : CHUNK_MOST + 2]
    assert len(backlog) == 3


def test_a_long_job_is_not_put_behind_short_ones() -> None:
    jobs = [a_job(), a_job("medium"), a_job("long"), a_job()]
    backlog = a_backlog(*jobs)
    assert [backlog.cut(10) for _ in range(3)] == [jobs[:2], [jobs[2]], [jobs[3]]]


def test_a_brief_job_is_known_as_such_although_it_travels_alone() -> None:
    backlog = a_backlog(a_job("brief"), a_job("brief"), a_job("long"))
    backlog.learn("brief", BRIEF_MS)
    assert backlog.starts_brief()
    assert [job.brief for _ in range(2) for job in backlog.cut(10)] == [True, True]
    assert not backlog.starts_brief()
    assert [job.brief for job in backlog.cut(10)] == [False]


def test_large_payloads_travel_alone() -> None:
    jobs = [a_job(payload=bytes(CHUNK_BYTES // 2 + 1)) for _ in range(3)]
    backlog = a_backlog(*jobs)
    assert [backlog.cut(10) for _ in range(3)] == [[job] for job in jobs]


def test_a_job_that_turns_out_long_is_sent_alone_from_then_on() -> None:
    backlog = a_backlog(a_job(), a_job())
    backlog.learn("short", 50.0)
    assert len(backlog.cut(10)) == 1


@given(st.data())
def test_jobs_come_out_in_the_order_in_which_they_came(data: st.DataObject) -> None:
    jobs = [a_job() for _ in range(30)]
    backlog = a_backlog(*jobs)
    out: list[Job] = []
    discarded = data.draw(st.lists(st.sampled_from(jobs), unique_by=id, max_size=5))
    for job in discarded:
        backlog.discard(job)
    while backlog:
        cut = backlog.cut(data.draw(st.integers(1, 10)))
        kept = data.draw(st.integers(1, len(cut)))
        out += cut[:kept]
        backlog.requeue(reversed(cut[kept:]))
    assert out == [job for job in jobs if job not in discarded]
    assert backlog.cut(1) == []


def test_a_job_that_was_put_back_can_be_discarded() -> None:
    jobs = [a_job(), a_job()]
    backlog = a_backlog(*jobs)
    backlog.requeue(backlog.cut(2))
    backlog.discard(jobs[0])
    assert len(backlog) == 1
    assert backlog.cut(5) == [jobs[1]]


def test_the_run_times_of_countless_functions_do_not_fill_the_memory() -> None:
    backlog = Backlog()
    for number in range(10_000):
        backlog.learn(str(number), 0.01)
    first, last = a_job("0"), a_job("9999")
    for job in (first, a_job("0"), last, a_job("9999")):
        backlog.push(job)
    assert len(backlog.cut(2)) == 1  # the first one's time is forgotten: it travels alone
    backlog.cut(1)
    assert len(backlog.cut(2)) == 2
