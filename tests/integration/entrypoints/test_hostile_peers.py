"""Whatever reaches the dispatcher's port: it is refused or dropped, and the work goes on."""

import random
import socket
import sys

import psutil
import pytest
import zmq

from gofer.adapters.zmq.codec import decode_to_worker, encode
from gofer.domain.function import Environment
from gofer.domain.identifiers import Session, WorkerId
from gofer.domain.protocol.messages import Bye, Hello, Refused, Report
from tests.integration.entrypoints.raw_peers import (
    MIB,
    MOST_MEMORY,
    assert_that_it_works,
    listening_dispatcher,
    raw,
)
from tests.support.ports import LOOPBACK
from tests.support.processes import ProcessRunner
from tests.support.system import REMOTE_MODES, System

FUTURE_WORKER = """
import gofer.domain.protocol.messages as messages
messages.PROTOCOL_VERSION = 99
from gofer.entrypoints.cli import main
main()
"""
"""A worker of a later release, as far as its dispatcher can tell."""

# ---------------------------------------------------------------- another protocol


def test_a_hello_of_another_protocol_version_is_refused_in_words(system: System) -> None:
    listening_dispatcher(system, "push")
    hello = Hello(
        protocol=99,
        worker=WorkerId("future"),
        session=Session("1", 0),
        slots=1,
        window=1,
        environment=Environment("cpython", (3, 11)),
    )
    with raw(zmq.DEALER, system.port) as peer:
        peer.send(encode(hello))
        answer = decode_to_worker(peer.recv())
    assert isinstance(answer, Refused)
    assert answer.final
    assert "protocol 1" in answer.reason
    assert "99" in answer.reason


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_of_another_protocol_version_ends_and_says_why(
    system: System, processes: ProcessRunner, mode: str
) -> None:
    dispatcher = listening_dispatcher(system, mode)
    url = f"tcp://{LOOPBACK}:{system.port}"
    command = [sys.executable, "-c", FUTURE_WORKER, "worker", mode, "1", url]
    worker = processes.start(command, name="a worker of the future")
    assert worker.wait() == 1
    assert "Traceback" not in worker.log()
    assert "protocol 1 to 2 and the worker 99" in worker.log()
    assert dispatcher.exit_code is None


# ---------------------------------------------------------------- garbage


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_random_bytes_over_tcp_harm_nothing(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01NULL" + bytes(48)
    for start in (b"", b"GET / HTTP/1.1\r\n\r\n", greeting):
        for _ in range(5):
            with socket.create_connection((LOOPBACK, system.port)) as connection:
                try:
                    connection.sendall(start + random.randbytes(random.randint(1, 5_000)))
                except ConnectionError:
                    continue  # hung up on in the middle, as it should be
    assert_that_it_works(system, mode)
    assert dispatcher.exit_code is None


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_messages_that_are_none_harm_nothing(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    with raw(zmq.DEALER, system.port) as peer:
        for parts in (1, 2, 3, 4, 500):
            for _ in range(5):
                frames = [random.randbytes(random.randint(0, 300)) for _ in range(parts)]
                peer.send_multipart(frames)
        for start in (b"\x93\x01\x01", b"\x93\x01\x02", b"\x93\x63\x01", b"", b"\x00"):
            peer.send_multipart([start + random.randbytes(50)])
            peer.send_multipart([b"", start + random.randbytes(50)])
    with raw(zmq.REQ, system.port) as peer:
        peer.send(random.randbytes(100))
    assert_that_it_works(system, mode)
    assert dispatcher.stop() == 0
    dispatcher.wait_for_log("counted: link.")


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_frame_over_the_limit_is_cut_off_and_not_kept(system: System, mode: str) -> None:
    dispatcher = listening_dispatcher(system, mode)
    with raw(zmq.DEALER, system.port) as peer:
        peer.send(bytes(80 * MIB))
        peer.send(bytes(10 * MIB))
    assert_that_it_works(system, mode)
    assert psutil.Process(dispatcher.pid).memory_info().rss < MOST_MEMORY


def test_a_stranger_that_claims_to_be_a_worker_takes_nothing_from_it(system: System) -> None:
    listening_dispatcher(system, "push")
    worker = system.start_worker("push", "--name", "ann")
    worker.wait_for_log("connected as ann")
    with raw(zmq.DEALER, system.port) as stranger:
        ann, session = WorkerId("ann"), Session("1", 0)
        for message in (Report(ann, session, seq=1, window=9), Bye(ann, session)):
            stranger.send(encode(message))
        caller = system.caller()
        task_ids = [caller.submit(len, "four") for _ in range(5)]
        assert [ending.value for ending in caller.endings(task_ids)] == [4] * 5
