"""How sockets are made: advice for operators, and the seam for encryption."""

import asyncio
import errno
from dataclasses import dataclass

import pytest
import zmq

from gofer.adapters.telemetry import CountingTelemetry
from gofer.adapters.zmq.codec import encode
from gofer.adapters.zmq.lockstep import Lockstep
from gofer.adapters.zmq.push import PushLink, PushUplink
from gofer.adapters.zmq.sockets import (
    Socket,
    SocketOptions,
    advice,
    close_context,
    open_context,
    send_frames,
)
from gofer.domain.errors import AddressUnusable
from tests.contracts.link_net import heard
from tests.integration.zmq.raw import raw_socket
from tests.support.messages import a_hello, some_orders


@dataclass(frozen=True)
class Encryption:
    """CURVE with one server key, any client: enough to see that both ends are prepared."""

    public: bytes
    secret: bytes

    def secure_server(self, socket: Socket) -> None:
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.CURVE_SECRETKEY, self.secret)

    def secure_client(self, socket: Socket) -> None:
        public, secret = zmq.curve_keypair()
        socket.set(zmq.CURVE_SERVERKEY, self.public)
        socket.set(zmq.CURVE_PUBLICKEY, public)
        socket.set(zmq.CURVE_SECRETKEY, secret)


async def test_security_is_set_up_at_both_ends_before_they_meet() -> None:
    options = SocketOptions(security=Encryption(*zmq.curve_keypair()))
    link = PushLink(0, telemetry=CountingTelemetry(), options=options)
    uplink = PushUplink(link.endpoint, options=options)
    with raw_socket(zmq.DEALER, link.endpoint) as raw:
        raw.send(encode(a_hello("unencrypted")))
        assert uplink.send(a_hello("encrypted"))
        (arrival,) = await link.receive()
        assert arrival.message == a_hello("encrypted")
        assert link.send(arrival.peer, some_orders())
        assert await heard(uplink, 1) == [some_orders()]
    await uplink.close()
    await link.close()


async def test_a_host_that_nobody_knows_is_said_to_be() -> None:
    with pytest.raises(AddressUnusable, match=r"cannot listen on tcp://no-such-host\.invalid:0"):
        PushLink(0, "no-such-host.invalid", telemetry=CountingTelemetry())


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EADDRINUSE, "another process listens there"),
        (errno.EADDRNOTAVAIL, "no network interface"),
        (errno.ENODEV, "no network interface"),
        (errno.EACCES, "a port from 1024"),
        (errno.EINVAL, "expected an address of this machine"),
    ],
)
def test_every_reason_comes_with_advice(number: int, text: str) -> None:
    assert text in advice(zmq.ZMQError(number))


async def test_a_mistake_of_ours_is_not_taken_for_a_full_peer() -> None:
    context = open_context()
    socket = context.socket(zmq.DEALER)
    socket.close(0)
    with pytest.raises(zmq.ZMQError):
        send_frames(socket, b"frame")
    await close_context(context)


async def test_a_second_request_in_lockstep_is_refused() -> None:
    context = open_context()
    answers: list[list[zmq.Frame]] = []
    lockstep = Lockstep(context, "tcp://127.0.0.1:1", SocketOptions(), 60.0, answers.append)
    lockstep.request(b"first")
    assert lockstep.busy
    with pytest.raises(ValueError, match="under way"):
        lockstep.request(b"second")
    lockstep.close()
    await asyncio.sleep(0)  # what the watch has asked for comes to a closed socket
    await close_context(context)
    assert answers == []
