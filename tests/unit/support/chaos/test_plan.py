"""Plans of faults: had again by their seed, and never one-sided."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.chaos.history import Deed
from tests.support.chaos.plan import Strike, pairs, plan
from tests.support.chaos.run import TIMERS

SECONDS = 30.0
"""Of a run in CI."""


@given(st.integers(0, 2**32))
def test_a_seed_gives_the_same_plan_again(seed: int) -> None:
    assert plan(seed, SECONDS, TIMERS) == plan(seed, SECONDS, TIMERS)


@given(st.integers(0, 2**32), st.floats(5.0, 600.0))
def test_faults_come_in_order_and_end_soon_after_the_last_has_begun(
    seed: int, seconds: float
) -> None:
    strikes = plan(seed, seconds, TIMERS)
    times = [strike.after for strike in strikes]
    assert times == sorted(times)
    assert all(0 < strike.after < seconds + 1 for strike in strikes)
    assert all(strike.after + strike.lasts <= seconds + 3 for strike in strikes)


def test_a_run_has_every_kind_of_fault() -> None:
    parts = ("worker", "dispatcher", "api", "redis")
    every = {(deed, part) for deed in (Deed.KILL, Deed.STOP) for part in parts}
    every.add((Deed.KILL, "child"))
    for seed in range(200):
        assert {(strike.deed, strike.part) for strike in plan(seed, SECONDS, TIMERS)} == every


@given(st.integers(0, 2**32))
def test_some_stops_last_longer_than_a_lease_and_some_shorter_than_a_silence(seed: int) -> None:
    stops = [s.lasts * 1000 for s in plan(seed, 120.0, TIMERS) if s.deed is Deed.STOP]
    assert max(stops) > TIMERS.lease_ms
    assert min(stops) < TIMERS.silence_ms


def test_a_pair_of_one_kind_hits_its_first_and_its_last() -> None:
    ((first, second),) = pairs([("worker", "worker")])
    assert (first.part, second.part) == ("worker", "worker")
    assert first.choice < 0.5 < second.choice
    assert isinstance(first, Strike)
