"""The machine's own clock and randomness."""

import time

from gofer.adapters.clock import SystemClock, SystemEntropy


def test_the_wall_clock_is_the_system_s() -> None:
    before = int(time.time() * 1000)
    shown = SystemClock().unix_ms()
    assert before <= shown <= int(time.time() * 1000) + 1


def test_the_steady_clock_never_runs_backwards() -> None:
    clock = SystemClock()
    shown = [clock.steady_ms() for _ in range(1_000)]
    assert shown == sorted(shown)


def test_the_steady_clock_counts_milliseconds() -> None:
    shown = SystemClock().steady_ms()
    assert abs(shown - time.monotonic() * 1000) < 1_000


def test_bits_differ_from_draw_to_draw() -> None:
    entropy = SystemEntropy()
    drawn = {entropy.bits(66) for _ in range(1_000)}
    assert len(drawn) == 1_000
    assert all(0 <= bits < 1 << 66 for bits in drawn)


def test_fractions_lie_between_0_and_1() -> None:
    entropy = SystemEntropy()
    drawn = [entropy.fraction() for _ in range(1_000)]
    assert all(0 <= fraction < 1 for fraction in drawn)
    assert min(drawn) < 0.1
    assert max(drawn) > 0.9
