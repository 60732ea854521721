"""Valid inputs for each target, from which the fuzzers start, and a way to damage them.

Random bytes are refused at the first byte; what is nearly right gets further.
"""

import pickle
import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from gofer.adapters.processes.frames import Chunk, Trouble
from gofer.adapters.processes.frames import Report as ChildReport
from gofer.adapters.processes.frames import encode as encode_frame
from gofer.adapters.redis import evidence
from gofer.adapters.redis.framing import frame
from gofer.adapters.zmq.batch import ASK, REPORT, pack_reply, pack_request
from gofer.adapters.zmq.codec import CHECKSUM_BYTES, encode
from gofer.domain.identifiers import WorkerId
from gofer.domain.protocol.messages import (
    Bye,
    Finished,
    FunctionBody,
    Orders,
    Refused,
    Report,
    Unknown,
    Welcome,
)
from gofer.domain.task import Cause, Failure, Success
from tests.fuzz.targets import FUNCTION_ID, TASK_ID, is_msgpack
from tests.support.messages import (
    DIGEST,
    SESSION,
    a_hello,
    a_report,
    an_attempt,
    some_orders,
)
from tests.support.original_client import serialize

KEY = b"k" * 16
WORKER = WorkerId("w1")
FAILURE = Failure(Cause.SIGNAL, "T", "message", "traceback", b"e", 1, 9, 5, 1.5, "w", 1, "out")

_to_dispatcher = [
    encode(a_hello()),
    encode(a_hello("w1", 9)),
    encode(a_report()),
    encode(
        Report(
            WORKER,
            SESSION,
            1,
            4,
            started=(an_attempt(),),
            finished=(Finished(an_attempt(), FAILURE), Finished(an_attempt(2), Success(b"r"))),
            returned=(an_attempt(3),),
        )
    ),
    encode(Bye(WORKER, SESSION)),
]
_to_worker = [
    encode(Welcome(SESSION, 30_000, 2_000, (an_attempt(),))),
    encode(some_orders()),
    encode(
        Orders(
            SESSION, 2, 1, 5, (FunctionBody(DIGEST, b"f"),), (), (an_attempt(),), (an_attempt(),)
        )
    ),
    encode(Unknown(SESSION)),
    encode(Refused(SESSION, "why", final=True)),
]
_head = f"0 5 {FUNCTION_ID} 0,2,1000 cpython-3.11".encode()
_claimed = b"17 0,0,0 1 5 %b 0,2, - cpython-3.11\n\nipayload" % FUNCTION_ID.encode()
_shown = [b"C", _head, b"1 token", b"0 1 2", b"1", b"2", b"9 3 w1", b"reason"]
_plain = [None, True, 1, -(2**70), 1.5, "text", b"bytes", [1, {"k": (2, 3)}], {4, 5}, bytearray(9)]


class _Thing:
    pass


_SEEDS: dict[str, list[bytes]] = {
    "dispatcher": [message[:-CHECKSUM_BYTES] for message in _to_dispatcher],
    "worker": [message[:-CHECKSUM_BYTES] for message in _to_worker],
    "batches": [
        pack_request(KEY, ASK, []),
        pack_request(KEY, REPORT, _to_dispatcher),
        pack_reply(_to_worker),
        pack_reply([]),
    ],
    "frames": [
        b"\xff" + encode_frame(ChildReport(0)) + encode_frame(ChildReport(1, result=b"r")),
        b"\x03" + encode_frame(ChildReport(2, trouble=Trouble("exit", "T", "m", exit_code=3))),
        b"\x00" + encode_frame(Chunk([("d", b"f", "e")], ["old"], [(1, "d", b"p")])),
    ],
    "store": [
        frame([*_shown, evidence.of_success(Success(b"", 5, 1.5, "out")), b"result"]),
        frame([b"F", *_shown[1:], evidence.of_failure(FAILURE), b"exception"]),
        frame([b"R", *_shown[1:6], b"", b""]),
        frame([b"name", b"payload", DIGEST.encode(), b"cpython", b"3.11", b"0.4.1", b"7"]),
        frame([b"100", b"", b"", TASK_ID.encode(), b"1", _claimed]),
        frame([TASK_ID.encode(), b"1 token", b"1"]),
        frame([_head, b"0 0 0"]),
    ],
    "inspector": [
        *(pickle.dumps(_plain, protocol) for protocol in range(2, 6)),
        pickle.dumps(_Thing, 4),
        pickle.dumps(_Thing(), 2),
        pickle.dumps(ValueError("x"), 4),
    ],
    "text": [serialize(_plain).encode(), b"gASV", b"gA==\n"],
    "rest": [
        b"\x00\ncontent-length: 40\n\n" + b'{"name": "f", "payload": "gARLAS4="}',
        b"\x01\n\n" + b'{"function_id": "%b", "payload": "gAR9Lg=="}' % FUNCTION_ID.encode(),
        b"\x02%b\naccept: */*\n\n" % TASK_ID.encode(),
        b"\x03%b\n\n" % TASK_ID.encode(),
        b"\x04\n\n",
        b"\x00\nexpect: 100-continue\ncontent-length: 99999\n\n" + b"x" * 300,
    ],
    "head": [
        b"\xffGET / HTTP/1.1\r\nhost: gofer\r\n\r\n",
        b"\x10POST /x HTTP/1.1\r\nhost: g\r\ncontent-length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n",
        b"\x20POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        b"\x01GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        b"\x07PUT /%00 HTTP/1.0\r\nexpect: 100-continue\r\nx: \xff\r\n\r\n",
    ],
}


def seeds(target: str) -> list[bytes]:
    """Return valid inputs of a target; messages without their checksum, which the target adds."""
    return _SEEDS[target]


# ---------------------------------------------------------------- damage

_ODD: list[Any] = [None, True, -1, 2**63, 2**53 + 1, 1e300, float("nan"), "", "\ud7ff" * 9, b"", []]


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Return the input with something changed: of its structure where it has one, or its bytes."""
    if generator.random() < 0.5 and is_msgpack(data):
        try:
            tree = _changed(msgspec.msgpack.decode(data), generator)
            return msgspec.msgpack.encode(tree)
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
            pass  # too deep, or a key that msgspec does not write: damage the bytes instead
    return _damaged_bytes(data, generator)


def _changed(tree: Any, generator: random.Random) -> Any:
    """Return a tree of lists with one node replaced, dropped, doubled or buried."""
    nodes: list[Any] = [*tree] if isinstance(tree, list) else []
    if not nodes or generator.random() < 0.15:
        return _replacement(tree, generator)
    at = generator.randrange(len(nodes))
    match generator.randrange(6):
        case 0:
            del nodes[at]
        case 1:
            nodes.insert(at, nodes[at])
        case _:
            nodes[at] = _changed(nodes[at], generator)
    return nodes


def _replacement(node: Any, generator: random.Random) -> Any:
    match generator.randrange(5):
        case 0:
            for _ in range(generator.choice([1, 50, 900])):
                node = [node]
            return node
        case 1 if isinstance(node, int):
            return max(-(2**63), min(2**64 - 1, node + generator.randint(-300, 300)))
        case 2 if isinstance(node, str | bytes):
            return node * generator.choice([0, 2, 3000])
        case _:
            return generator.choice(_ODD)


def _damaged_bytes(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data)
    edits: Sequence[Callable[[bytearray, int, random.Random], None]] = (_set, _cut, _put, _swap)
    for _ in range(generator.randint(1, 4)):
        generator.choice(edits)(changed, generator.randrange(len(changed) + 1), generator)
    if generator.random() < 0.1:
        del changed[generator.randrange(len(changed) + 1) :]
    return bytes(changed)


def _set(data: bytearray, at: int, generator: random.Random) -> None:
    data[at : at + 1] = bytes([generator.randrange(256)])


def _cut(data: bytearray, at: int, generator: random.Random) -> None:
    del data[at : at + generator.randint(1, 8)]


def _put(data: bytearray, at: int, generator: random.Random) -> None:
    data[at:at] = generator.choice(
        [b"\xff" * 8, b"\xdd\xff\xff\xff\xff", b"\x00" * 4, b"\n\n", b"("]
    )


def _swap(data: bytearray, at: int, generator: random.Random) -> None:
    other = generator.randrange(len(data) + 1)
    data[at : at + 8] = data[other : other + 8]
