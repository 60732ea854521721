"""Time and randomness that a test turns by hand."""

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy


def test_time_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(unix_ms=1_000, steady_ms=5.0)
    assert (clock.unix_ms(), clock.steady_ms()) == (1_000, 5.0)
    clock.advance(20)
    assert (clock.unix_ms(), clock.steady_ms()) == (1_020, 25.0)


def test_the_wall_jumps_alone() -> None:
    clock = ManualClock(unix_ms=1_000)
    clock.jump_wall(-500)
    assert (clock.unix_ms(), clock.steady_ms()) == (500, 0.0)


def test_a_clock_that_drifts_runs_at_its_own_rate() -> None:
    clock = ManualClock(unix_ms=0, rate=1.5)
    clock.advance(100)
    assert (clock.unix_ms(), clock.steady_ms()) == (150, 150.0)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        ManualClock().advance(-1)
    with pytest.raises(ValueError, match="backwards"):
        ManualClock(rate=0)


def test_the_same_seed_gives_the_same_randomness() -> None:
    def draws(seed: int) -> list[float]:
        entropy = SeededEntropy(seed)
        return [entropy.bits(66), entropy.fraction(), entropy.bits(8)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


def test_bits_and_fractions_keep_to_their_range() -> None:
    entropy = SeededEntropy(3)
    assert all(0 <= entropy.bits(3) < 8 for _ in range(100))
    assert all(0 <= entropy.fraction() < 1 for _ in range(100))
