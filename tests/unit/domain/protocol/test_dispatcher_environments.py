"""Workers of several Pythons: who gets which function, and in which form it travels."""

from dataclasses import replace

from gofer.domain.function import Environment, family_of
from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.protocol.effects import CallClaim, CallRelease
from gofer.domain.protocol.messages import PROTOCOL_VERSION, FunctionBody, Hello, Orders
from tests.support.simulation.benches import FUNCTION, DispatcherBench, lease

OURS = FUNCTION.environment
LATER = Environment("cpython", (3, 13))
PORTABLE = replace(FUNCTION, source="def f(): pass", entry="f")
BYTECODE = FunctionBody(FUNCTION.digest, FUNCTION.payload)
SOURCE = FunctionBody(FUNCTION.digest, b"def f(): pass", "f")


def joined(
    bench: DispatcherBench, name: str, environment: Environment, *, new: bool = True
) -> None:
    bench.tick()
    session = Session(name, 1)
    hello = Hello(PROTOCOL_VERSION, WorkerId(name), session, 2, 2, environment, takes_source=new)
    bench.hears(hello, peer=name.encode())


def forms(bench: DispatcherBench) -> list[FunctionBody]:
    return [body for orders in bench.said(Orders) for body in orders.functions]


def test_a_worker_of_the_version_that_made_it_gets_bytecode() -> None:
    bench = DispatcherBench()
    joined(bench, "ours", OURS)
    bench.claims(lease(), functions=[PORTABLE])
    assert forms(bench) == [BYTECODE]


def test_a_worker_of_another_version_gets_source_and_never_bytecode() -> None:
    bench = DispatcherBench()
    joined(bench, "later", LATER)
    bench.claims(lease(), functions=[PORTABLE])
    assert forms(bench) == [SOURCE]


def test_without_source_no_other_version_gets_it() -> None:
    bench = DispatcherBench()
    joined(bench, "later", LATER)
    bench.claims(lease(), functions=[FUNCTION])
    assert forms(bench) == []
    (release,) = bench.take(CallRelease)
    assert "no connected worker runs cpython-3.11" in release.reason


def test_a_worker_of_an_older_gofer_is_sent_no_source() -> None:
    bench = DispatcherBench()
    joined(bench, "older", LATER, new=False)
    bench.claims(lease(), functions=[PORTABLE])
    assert forms(bench) == []
    bench.tick()
    assert all(family_of(tag) != tag for call in bench.take(CallClaim) for tag, _ in call.wants)


def test_what_one_version_alone_can_run_is_placed_before_what_any_can() -> None:
    bench = DispatcherBench()
    joined(bench, "ours", OURS)
    joined(bench, "later", LATER)
    tasks = [lease(task=n) for n in range(4)]
    plain = replace(FUNCTION, id=lease(task=9).function_id)
    portable = replace(PORTABLE, id=type(plain.id)("portable"))
    wanted = [each._replace(function_id=portable.id) for each in tasks[:2]] + tasks[2:]
    bench.claims(*wanted, functions=[plain, portable])
    assert bench.take(CallRelease) == []
    assert sorted(len(orders.assign) for orders in bench.said(Orders) if orders.assign) == [2, 2]


def test_the_room_of_all_versions_is_claimed_for_once() -> None:
    bench = DispatcherBench()
    joined(bench, "ours", OURS)
    assert bench.one(CallClaim) == CallClaim(((OURS.tag, 2), (OURS.family, 2)))
