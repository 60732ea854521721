"""A dispatcher under fire from whoever reaches its port: bounded memory, and the work goes on."""

import random

import psutil
import pytest
import zmq

from gofer.adapters.zmq.batch import ASK, REPORT, pack_request
from gofer.adapters.zmq.codec import decode_to_worker, encode
from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.protocol.messages import Bye, Hello, Refused, Report
from tests.fuzz.seeds import damaged, seeds
from tests.integration.entrypoints.raw_peers import (
    MIB,
    assert_that_it_works,
    listening_dispatcher,
    raw,
)
from tests.support.messages import ENVIRONMENT
from tests.support.processes import StartedProcess
from tests.support.system import REMOTE_MODES, System
from tests.support.waiting import wait_until

GROWTH = 96 * MIB
"""What a flood may add to a dispatcher's memory; what libzmq has buffered is given back later."""


def memory_of(process: StartedProcess) -> int:
    return psutil.Process(process.pid).memory_info().rss


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_message_of_50_000_frames_is_dropped_and_not_kept(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    before = memory_of(dispatcher)
    with raw(zmq.DEALER, system.port) as peer:
        for size in (0, 1, 900):
            peer.send_multipart([b"x" * size] * 50_000, copy=False)
    assert_that_it_works(system, mode)
    assert memory_of(dispatcher) - before < GROWTH
    assert dispatcher.exit_code is None


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_thousands_of_identities_are_not_kept(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    before = memory_of(dispatcher)
    session = Session("1", 0)
    for number in range(60):
        with raw(zmq.DEALER, system.port) as peer:
            for each in range(50):
                name = WorkerId(f"stranger-{number}-{each}")
                report = encode(Report(name, session, seq=1, window=1))
                key = random.randbytes(16)
                peer.send_multipart([b"", pack_request(key, REPORT, [report])])
                peer.send(report)
    assert_that_it_works(system, mode)
    assert memory_of(dispatcher) - before < GROWTH
    assert dispatcher.exit_code is None


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_damaged_messages_by_the_thousand_harm_nothing(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    before = memory_of(dispatcher)
    generator = random.Random(7)
    for _ in range(40):  # each peer is struck out soon
        with raw(zmq.DEALER, system.port) as peer:
            for _ in range(50):
                message = damaged(generator.choice(seeds("dispatcher")), generator)
                request = damaged(generator.choice(seeds("batches")), generator)
                peer.send_multipart([b"", request] if mode == "pull" else [message])
                kind = generator.choice([ASK, REPORT])
                peer.send_multipart([b"", pack_request(b"k" * 16, kind, [message])])
    assert_that_it_works(system, mode)
    assert memory_of(dispatcher) - before < GROWTH
    assert dispatcher.exit_code is None


def test_a_stranger_who_says_hello_as_a_worker_is_refused_and_that_one_keeps_its_tasks(
    system: System,
) -> None:
    dispatcher = listening_dispatcher(system, "push")
    worker = system.start_worker("push", "--name", "ann", slots=1)
    worker.wait_for_log("connected as ann")
    caller = system.caller()

    def nap() -> str:
        import time  # noqa: PLC0415

        time.sleep(1)
        return "rested"

    task = caller.submit(nap)
    caller.wait_for(task, {"RUNNING"})
    with raw(zmq.DEALER, system.port) as stranger:
        ann, session = WorkerId("ann"), Session("another", 5)
        stranger.send(encode(Hello(1, ann, session, 1, 1, ENVIRONMENT)))
        answer = decode_to_worker(stranger.recv())
        assert isinstance(answer, Refused)
        assert not answer.final
        assert "another worker is connected as ann" in answer.reason
        stranger.send(encode(Report(ann, session, seq=1, window=9)))
        stranger.send(encode(Bye(ann, session)))
        assert caller.ending(task).value == "rested"
    assert worker.log().count("connected as ann") == 1
    assert dispatcher.exit_code is None


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_is_not_harmed_by_a_dispatcher_that_talks_nonsense(
    system: System, mode: str
) -> None:
    """A ROUTER that answers everything with damaged messages stands where a dispatcher was."""
    generator = random.Random(11)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as fake:
        fake.set(zmq.LINGER, 0)
        fake.bind(f"tcp://127.0.0.1:{system.port}")
        worker = system.start_worker(mode)
        answered = 0
        before = 0
        poller = zmq.Poller()
        poller.register(fake, zmq.POLLIN)

        def answer() -> bool:
            nonlocal answered, before
            if poller.poll(10):
                address, *_ = fake.recv_multipart()
                before = before or memory_of(worker)
                pool = seeds("worker") if mode == "push" else seeds("batches")
                for _ in range(200 if mode == "push" else 1):
                    message = damaged(generator.choice(pool), generator)
                    fake.send_multipart(
                        [address, message] if mode == "push" else [address, b"", message]
                    )
                    answered += 1
            return answered >= 60

        wait_until(answer, "many answers were given", 20)
        assert memory_of(worker) - before < GROWTH
        assert worker.exit_code is None
    system.start_dispatcher(mode)
    caller = system.caller()
    assert caller.ending(caller.submit(len, "four"), timeout=40).value == 4
