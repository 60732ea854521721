"""Decisions: what follows from a failure, how long to wait, how much to hand out."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.policy import (
    BATCH,
    CHUNK_MOST,
    PREFETCH_MOST,
    PREFETCH_NONE_MS,
    RECONNECT_MS,
    STORE_BACKOFF_MS,
    Charge,
    GiveUp,
    Requeue,
    Timers,
    backoff_ms,
    chunk,
    doubling_ms,
    in_full_batches,
    judge,
    prefetch,
    round_after,
    smoothed,
    window,
)
from gofer.domain.task import Backoff, Budget, Cause, Failure, Spent

BACKOFF_MS = (1_000, 4_000, 16_000)
"""What the ordinary back-off comes to: before the first, second and every later further try."""

FRACTIONS = st.floats(0, 1, exclude_max=True)
RUNS = st.floats(0, 1e9)
COUNTS = range(4)
STRIKES = {Cause.SIGNAL, Cause.EXIT, Cause.MEMORY}


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_draws_on_its_own_budget_and_on_no_other(cause: Cause) -> None:
    for allowed in COUNTS:
        for used in range(8):
            for others in (0, 9):
                spent = Spent(
                    retries=used if cause is Cause.EXCEPTION else others,
                    strikes=used if cause in STRIKES else others,
                    losses=used if cause is Cause.WORKER_LOST else others,
                )
                budget = Budget(retries=allowed, redeliveries=allowed)
                verdict = judge(Failure(cause, "T", "m"), budget, spent, 0.5)
                assert verdict == expected(cause, budget, used)


def expected(cause: Cause, budget: Budget, used: int) -> Requeue | GiveUp:
    if cause is Cause.EXCEPTION and used < budget.retries:
        return Requeue(Charge.RETRY, BACKOFF_MS[min(used, 2)])
    if cause in STRIKES and used < budget.redeliveries:
        return Requeue(Charge.STRIKE, BACKOFF_MS[min(used, 2)])
    if cause is Cause.WORKER_LOST and used < budget.worker_losses:
        return Requeue(Charge.LOSS, 0)
    return GiveUp()


@pytest.mark.parametrize("cause", [Cause.EXIT, Cause.MEMORY])
def test_an_exit_or_memory_error_that_the_code_raised_draws_on_retries(cause: Cause) -> None:
    raised = Failure(cause, "SystemExit", "3", traceback="Traceback ...", exit_code=3)
    once = Budget(retries=1, redeliveries=9)
    assert judge(raised, once, Spent(strikes=9), 0.5) == Requeue(Charge.RETRY, BACKOFF_MS[0])
    assert judge(raised, once, Spent(retries=1), 0.5) == GiveUp()


@given(st.integers(0, 1_000), FRACTIONS)
def test_a_backoff_is_spread_by_a_fifth_to_both_sides(earlier: int, jitter: float) -> None:
    middle = BACKOFF_MS[min(earlier, 2)]
    assert 0.8 * middle <= backoff_ms(Backoff(), earlier, jitter) <= 1.2 * middle


@given(
    st.builds(
        Backoff, st.integers(0, 10**9), st.floats(1, 100), st.integers(0, 10**12), st.floats(0, 1)
    ),
    st.integers(0, 10**6),
    FRACTIONS,
)
def test_a_backoff_of_a_clients_never_falls_and_keeps_its_limit(
    backoff: Backoff, earlier: int, jitter: float
) -> None:
    pause = backoff_ms(backoff, earlier, jitter)
    assert 0 <= pause <= round(backoff.most_ms * (1 + backoff.jitter)) + 1
    assert pause <= backoff_ms(backoff, earlier + 1, jitter)


@given(st.sampled_from([RECONNECT_MS, STORE_BACKOFF_MS]), st.integers(0, 10**9), FRACTIONS)
def test_a_doubling_pause_stays_within_its_bounds_and_is_never_none(
    bounds: tuple[int, int], failures: int, jitter: float
) -> None:
    pause = doubling_ms(bounds, failures, jitter)
    assert 0.8 * bounds[0] <= pause <= bounds[1]
    assert doubling_ms(bounds, failures + 1, jitter) >= pause


@given(RUNS, RUNS)
def test_longer_tasks_never_get_more_prefetch_or_larger_chunks(one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert prefetch(short) >= prefetch(long)
    assert chunk(short) >= chunk(long)
    assert window(3, short) >= window(3, long)


@given(RUNS, st.integers(1, 100))
def test_a_window_lets_every_slot_work_and_is_bounded(run_ms: float, slots: int) -> None:
    assert slots <= window(slots, run_ms) <= slots * (1 + PREFETCH_MOST)
    assert 1 <= chunk(run_ms) <= CHUNK_MOST


def test_nothing_is_prefetched_where_nothing_is_known_or_tasks_are_long() -> None:
    assert prefetch(None) == 0
    assert prefetch(PREFETCH_NONE_MS) == 1
    assert prefetch(PREFETCH_NONE_MS + 0.1) == 0
    assert prefetch(0.0) == PREFETCH_MOST
    assert (window(4, None), chunk(None)) == (4, 1)


@given(RUNS, st.lists(RUNS, min_size=1, max_size=50))
def test_the_typical_run_rises_at_once_and_falls_slowly(first: float, runs: list[float]) -> None:
    typical = smoothed(None, first)
    assert typical == first
    for run_ms in runs:
        before, typical = typical, smoothed(typical, run_ms)
        assert isfinite(typical)
        assert run_ms <= typical <= max(before, run_ms)
        assert typical >= before * 0.75


# ---------------------------------------------------------------- timers


def test_the_defaults_fit_one_another() -> None:
    timers = Timers()
    assert timers.lease_ms - timers.fence_ms >= timers.silence_ms + timers.renew_ms


@given(st.floats(0, 1e12), st.integers(1, 60_000))
def test_the_moments_of_what_is_done_now_and_then_are_those_of_whole_intervals(
    now: float, interval_ms: int
) -> None:
    moment = round_after(now, interval_ms)
    assert now < moment <= now + interval_ms
    assert moment % interval_ms == 0


@pytest.mark.parametrize("name", ["beat_ms", "renew_ms", "reap_ms", "poll_ms", "started_ms"])
@pytest.mark.parametrize("value", [0, -1])
def test_an_interval_must_be_positive(name: str, value: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Timers(**{name: value})


@given(st.integers(1, 10**6), st.integers(0, 10**6))
def test_silence_is_at_least_two_beats(beat_ms: int, silence_ms: int) -> None:
    lease_ms = silence_ms + 10_000
    if silence_ms < 2 * beat_ms:
        with pytest.raises(ValueError, match="two beats"):
            Timers(beat_ms=beat_ms, silence_ms=silence_ms, lease_ms=lease_ms)
    else:
        made = Timers(beat_ms=beat_ms, silence_ms=silence_ms, lease_ms=lease_ms)
        assert made.beat_ms == beat_ms


@given(st.integers(0, 50_000), st.integers(0, 20_000), st.integers(1, 20_000))
def test_a_lease_outlasts_silence_renewal_and_fence(lease: int, fence: int, renew: int) -> None:
    def make() -> Timers:
        return Timers(lease_ms=lease, fence_ms=fence, renew_ms=renew)

    if lease - fence < 6_000 + renew:
        with pytest.raises(ValueError, match="must cover"):
            make()
    else:
        assert make().lease_ms == lease


@given(st.integers(0, 5_000), st.integers(1, 1_000))
def test_no_call_of_the_store_carries_the_rest_of_a_batch_beside_full_ones(
    count: int, most: int
) -> None:
    taken = in_full_batches(count, most)
    assert taken <= min(count, most)
    assert taken == min(count, most) if min(count, most) < BATCH else not taken % BATCH
    assert taken or not count
