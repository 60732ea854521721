"""The gate: each token goes to one side, and tells it for which task."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes.gate import Gate, Turnstile


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.close()


def test_tasks_are_admitted_in_order_as_often_as_tokens_were_given(gate: Gate) -> None:
    turnstile = Turnstile(gate.reader)
    gate.give(range(1, 4))
    assert [turnstile.admits(number) for number in range(1, 5)] == [True, True, True, False]


def test_what_was_withdrawn_is_not_admitted(gate: Gate) -> None:
    turnstile = Turnstile(gate.reader)
    gate.give(range(1, 6))
    assert turnstile.admits(1)
    assert gate.withdraw() == 4
    assert [turnstile.admits(number) for number in range(2, 6)] == [False] * 4
    assert gate.withdraw() == 0


def test_a_later_task_s_token_is_kept_for_it_while_withdrawn_ones_are_skipped(gate: Gate) -> None:
    turnstile = Turnstile(gate.reader)
    gate.give(range(250, 260))
    gate.withdraw()
    gate.give(range(260, 262))
    answers = {number: turnstile.admits(number) for number in range(250, 262)}
    assert [number for number, admitted in answers.items() if admitted] == [260, 261]


class Child:
    """Takes tokens as a child does: for each task in order, once."""

    def __init__(self, gate: Gate) -> None:
        self.asked = 0
        self.admitted: set[int] = set()
        self._turnstile = Turnstile(gate.reader)

    def go_on(self, until: int) -> None:
        while self.asked < until:
            self.asked += 1
            if self._turnstile.admits(self.asked):
                self.admitted.add(self.asked)


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 200)), max_size=8))
def test_every_task_is_either_admitted_or_withdrawn(turns: list[tuple[int, int]]) -> None:
    gate = Gate()
    child = Child(gate)
    given = 0
    withdrawn: set[int] = set()
    for count, steps in turns:
        gate.give(range(given + 1, given + count + 1))
        given += count
        child.go_on(min(given, child.asked + steps))
        left = [n for n in range(1, given + 1) if n not in child.admitted | withdrawn]
        withdrawn.update(left[len(left) - gate.withdraw() :])
    child.go_on(given)
    gate.close()
    assert child.admitted.isdisjoint(withdrawn)
    assert child.admitted | withdrawn == set(range(1, given + 1))
