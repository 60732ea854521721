"""What the dispatcher writes down of its workers, when, and how it drains them."""

from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.ports import Claim, Hint, Sighting, WorkerState
from gofer.domain.protocol.effects import CallClaim, CallListen, CallMuster, Note
from gofer.domain.protocol.messages import Orders
from gofer.domain.protocol.muster import LOOK_MS, REFRESH_MS, SHOW_LOST_MS
from tests.support.simulation.benches import DONE, WORKER, DispatcherBench, attempt, lease

HOUR_MS = 3_600_000.0


def musters(bench: DispatcherBench, *wishes: WorkerId) -> list[Sighting]:
    """Answer the only muster that is under way; return what it says."""
    call = bench.one(CallMuster)
    bench.does(bench.core.mustered(wishes, bench.now))
    return list(call.sightings)


def rings(bench: DispatcherBench) -> None:
    """Have the bell ring for the listen that is under way."""
    bench.one(CallListen)
    bench.does(bench.core.hinted(Hint(work=True), bench.now))


def beats(bench: DispatcherBench, session: Session, for_ms: float) -> int:
    """Let a worker beat once a second while musters are answered; return how many there were."""
    count = 0
    for _ in range(round(for_ms / 1_000)):
        bench.live(1_000)
        bench.report(session)
        for _ in bench.take(CallMuster):
            count += 1
            bench.does(bench.core.mustered((), bench.now))
    return count


def test_a_worker_that_joins_is_written_down_at_once() -> None:
    bench = DispatcherBench()
    bench.hello(slots=3)
    (seen,) = musters(bench)
    assert (seen.id, seen.incarnation, seen.slots) == (WORKER, f"{WORKER}.1", 3)
    assert (seen.state, seen.in_hand, seen.running) == (WorkerState.READY, 0, ())
    assert seen.connected_ago_ms == seen.seen_ago_ms == 0


def test_without_workers_nothing_is_written_and_nobody_wakes_up_for_it() -> None:
    bench = DispatcherBench()
    bench.tick()
    bench.take(CallListen)
    assert bench.core.next_tick_ms(bench.now) == bench.timers.renew_ms
    bench.tick(HOUR_MS)
    assert bench.take(CallMuster) == []


def test_where_nothing_changes_it_is_written_only_so_that_it_does_not_grow_old() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    musters(bench)
    assert beats(bench, session, for_ms=60_000) == 60_000 / REFRESH_MS


def test_what_changes_is_written_once_a_second_at_most() -> None:
    bench = DispatcherBench()
    session = bench.gives(*(lease(task=n) for n in range(50)))
    musters(bench)
    written: list[int] = []
    for n in range(50):
        bench.tick(LOOK_MS / 10)
        bench.report(session, window=50, finished={attempt(task=n): DONE})
        written += [musters(bench)[0].in_hand] if any_muster(bench) else []
    assert len(written) == 5
    assert written == sorted(written, reverse=True)


def any_muster(bench: DispatcherBench) -> bool:
    return any(isinstance(each, CallMuster) for each in bench.waiting)


def test_tasks_that_last_are_named() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease(task=1), lease(task=2))
    musters(bench)
    bench.report(session, window=2, started=[attempt(task=2)])
    bench.tick(LOOK_MS)
    (seen,) = musters(bench)
    assert (seen.in_hand, seen.running) == (2, (attempt(task=2).task_id,))


def test_ages_are_those_of_the_session_and_of_the_last_word() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    musters(bench)
    bench.live(4_000)
    bench.report(session)
    bench.live(REFRESH_MS - 4_000)
    (seen,) = musters(bench)
    assert (seen.connected_ago_ms, seen.seen_ago_ms) == (REFRESH_MS, REFRESH_MS - 4_000)


def test_a_store_that_does_not_answer_is_asked_again_a_second_later() -> None:
    bench = DispatcherBench()
    bench.hello()
    call = bench.one(CallMuster)
    bench.does(bench.core.failed(call, bench.now))
    assert not any_muster(bench)
    bench.tick(LOOK_MS)
    assert len(musters(bench)) == 1


def test_a_muster_that_is_under_way_is_waited_for() -> None:
    bench = DispatcherBench()
    bench.hello()
    bench.tick(REFRESH_MS)
    assert len(bench.take(CallMuster)) == 1


def test_a_silent_worker_is_shown_as_lost_for_a_while() -> None:
    bench = DispatcherBench()
    bench.gives(lease())
    musters(bench)
    states: list[list[tuple[WorkerState, int]]] = []
    for _ in range(round((bench.timers.silence_ms + SHOW_LOST_MS) / LOOK_MS) + 3):
        bench.tick(LOOK_MS)
        states += [[(s.state, s.in_hand) for s in musters(bench)]] if any_muster(bench) else []
    assert states[0] == [(WorkerState.READY, 1)]
    assert [(WorkerState.LOST, 0)] in states
    assert states[-1] == []


def test_a_worker_that_says_goodbye_is_gone_at_once() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    musters(bench)
    bench.bye(session)
    bench.tick(LOOK_MS)
    assert musters(bench) == []
    assert bench.core.next_tick_ms(bench.now) > bench.now + LOOK_MS


def test_a_lost_worker_that_comes_back_is_shown_once() -> None:
    bench = DispatcherBench()
    bench.hello()
    musters(bench)
    bench.live(bench.timers.silence_ms + 2_000)
    bench.take(CallMuster)
    bench.does(bench.core.mustered((), bench.now))
    bench.take(CallMuster)
    bench.hello(session=Session(f"{WORKER}.2", 0))
    bench.does(bench.core.mustered((), bench.now))
    bench.tick(LOOK_MS)
    assert [each.state for each in musters(bench)] == [WorkerState.READY]


# ---------------------------------------------------------------- draining


def test_a_worker_that_is_to_be_drained_is_given_nothing_more_and_shown_so() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    musters(bench, WORKER)
    bench.said(Orders)
    bench.take(CallClaim)
    bench.report(session, window=4)
    assert bench.take(CallClaim) == []
    assert bench.core.in_hand() == [attempt()]
    bench.tick(LOOK_MS)
    (seen,) = musters(bench)
    assert (seen.state, seen.in_hand) == (WorkerState.DRAINING, 1)


def test_a_worker_whose_drain_is_taken_back_is_given_tasks_again_and_shown_so() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    musters(bench, WORKER)
    bench.take(CallClaim)
    bench.tick(LOOK_MS)
    musters(bench)
    bench.report(session, window=4)
    assert bench.one(CallClaim).wants
    bench.tick(LOOK_MS)
    (seen,) = musters(bench)
    assert seen.state is WorkerState.READY


def test_what_a_draining_worker_finishes_is_recorded() -> None:
    bench = DispatcherBench()
    session = bench.gives(lease())
    musters(bench, WORKER)
    bench.report(session, finished={attempt(): DONE})
    bench.records()
    bench.report(session)
    (orders,) = (each for each in bench.said(Orders) if each.recorded)
    assert orders.recorded == (attempt(),)


def test_a_draining_worker_is_given_nothing_in_its_next_session_either() -> None:
    bench = DispatcherBench()
    bench.hello()
    musters(bench, WORKER)
    bench.take(CallClaim)
    bench.hello(session=Session(f"{WORKER}.1", 1))
    assert bench.take(CallClaim) == []


def test_another_process_of_the_same_name_is_not_drained() -> None:
    bench = DispatcherBench()
    bench.hello()
    musters(bench, WORKER)
    bench.claims()
    bench.undeliverable()
    bench.hello(session=Session(f"{WORKER}.2", 0))
    rings(bench)
    assert bench.one(CallClaim).wants


def test_the_bell_has_wishes_asked_for_within_a_second() -> None:
    bench = DispatcherBench()
    bench.hello()
    musters(bench)
    bench.claims()
    rings(bench)
    assert not any_muster(bench)
    bench.tick(LOOK_MS)
    (seen,) = musters(bench, WORKER)
    assert seen.state is WorkerState.READY


def test_a_wish_for_a_worker_that_has_left_changes_nothing() -> None:
    bench = DispatcherBench()
    session = bench.hello()
    bench.bye(session)
    musters(bench, WORKER)
    bench.hello(session=Session(f"{WORKER}.1", 1))
    assert bench.take(Note)
    assert WORKER in bench.core.workers


def test_a_dispatcher_that_leaves_says_that_nobody_is_here() -> None:
    bench = DispatcherBench()
    bench.hello()
    musters(bench)
    bench.take(CallClaim)
    bench.does(bench.core.claimed(Claim(()), {}, bench.now))
    bench.does(bench.core.drain(bench.now))
    before = bench.core.drained
    assert musters(bench) == []
    bench.hears_out()
    assert (before, bench.core.drained) == (False, True)
    bench.tick(HOUR_MS)
    assert not any_muster(bench)
