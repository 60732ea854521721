"""The network of simulations: each fault by itself, and a run that repeats."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.memory.network import Faults, FaultyNetwork


def a_network(faults: Faults | None = None, seed: int = 1) -> FaultyNetwork[int]:
    return FaultyNetwork(Random(seed), faults)


def delivered(network: FaultyNetwork[int], now: float) -> list[int]:
    return [parcel.message for parcel in network.deliver_due(now)]


def test_without_faults_all_arrives_at_once_and_in_order() -> None:
    network = a_network()
    for number in range(10):
        network.send("a", "b", number, 5.0)
    assert network.next_due_ms() == 5.0
    assert delivered(network, 5.0) == list(range(10))
    assert network.next_due_ms() is None


def test_a_parcel_says_who_sent_it_to_whom() -> None:
    network = a_network()
    network.send("a", "b", 1, 0.0)
    (parcel,) = network.deliver_due(0.0)
    assert (parcel.src, parcel.dst, parcel.message) == ("a", "b", 1)


def test_a_delay_keeps_a_message_on_its_way() -> None:
    network = a_network(Faults(delay_ms=(10.0, 10.0)))
    network.send("a", "b", 1, 0.0)
    assert delivered(network, 9.9) == []
    assert delivered(network, 10.0) == [1]


def test_different_delays_reorder() -> None:
    network = a_network(Faults(delay_ms=(0.0, 100.0)))
    for number in range(20):
        network.send("a", "b", number, 0.0)
    arrived = delivered(network, 100.0)
    assert sorted(arrived) == list(range(20))
    assert arrived != list(range(20))


def test_drops_and_duplicates_come_as_often_as_chance_has_it() -> None:
    network = a_network(Faults(drop=0.5, duplicate=0.5))
    for number in range(1_000):
        network.send("a", "b", number, 0.0)
    arrived = delivered(network, 0.0)
    assert 400 < len(set(arrived)) < 600
    assert 200 < len(arrived) - len(set(arrived)) < 300


def test_a_cut_is_one_way() -> None:
    network = a_network()
    network.cut("a", "b")
    network.send("a", "b", 1, 0.0)
    network.send("b", "a", 2, 0.0)
    assert delivered(network, 0.0) == [2]


def test_a_cut_takes_what_is_under_way() -> None:
    network = a_network(Faults(delay_ms=(5.0, 5.0)))
    network.send("a", "b", 1, 0.0)
    network.cut("a", "b")
    assert delivered(network, 5.0) == []


def test_a_partition_is_two_way_until_it_heals() -> None:
    network = a_network()
    network.partition("a", "b")
    network.send("a", "b", 1, 0.0)
    network.send("b", "a", 2, 0.0)
    network.send("a", "c", 3, 0.0)
    network.heal()
    network.send("a", "b", 4, 0.0)
    assert delivered(network, 0.0) == [3, 4]


def test_a_paused_node_gets_everything_when_it_goes_on() -> None:
    network = a_network()
    network.pause("b")
    for number in range(3):
        network.send("a", "b", number, 0.0)
    assert delivered(network, 1.0) == []
    network.resume("b", 2.0)
    assert delivered(network, 2.0) == [0, 1, 2]


def test_a_crashed_node_gets_nothing_of_what_was_before() -> None:
    network = a_network(Faults(delay_ms=(5.0, 5.0)))
    network.send("a", "b", 1, 0.0)
    network.send("a", "c", 2, 0.0)
    network.pause("b")
    network.crash("b")
    network.send("a", "b", 3, 1.0)
    assert delivered(network, 10.0) == [2, 3]


@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_run(seed: int) -> None:
    def run() -> list[tuple[float, int]]:
        network = a_network(Faults(0.2, 0.2, (0.0, 50.0)), seed)
        for number in range(30):
            network.send("a", "b", number, float(number))
        return [(parcel.due_ms, parcel.message) for parcel in network.deliver_due(1_000.0)]

    assert run() == run()


@pytest.mark.parametrize(
    ("drop", "duplicate", "delay_ms"),
    [(-0.1, 0, (0, 0)), (0, 1.1, (0, 0)), (0, 0, (2, 1)), (0, 0, (-1, 1))],
)
def test_faults_that_are_none_are_refused(
    drop: float, duplicate: float, delay_ms: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match=r"chances|delay_ms"):
        Faults(drop, duplicate, delay_ms)
