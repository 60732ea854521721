"""The codec: every message goes through it unchanged, and no bytes make it raise."""

import tracemalloc
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.zmq.codec import (
    BYE,
    CHECKSUM_BYTES,
    HELLO,
    ORDERS,
    REFUSED,
    REPORT,
    UNKNOWN,
    WELCOME,
    decode_to_dispatcher,
    decode_to_worker,
    encode,
    sealed,
    version_of,
)
from gofer.domain.errors import ProtocolViolation
from gofer.domain.function import Environment
from gofer.domain.protocol.messages import (
    PROTOCOL_VERSION,
    Bye,
    Finished,
    Hello,
    Orders,
    Refused,
    Report,
    ToDispatcher,
    ToWorker,
    Unknown,
    Welcome,
)
from gofer.domain.protocol.versions import OURS
from gofer.domain.task import Cause, Failure, Success
from tests.support.messages import (
    SESSION,
    a_hello,
    a_report,
    an_attempt,
    some_orders,
    to_dispatcher,
    to_worker,
)

KINDS = (HELLO, REPORT, BYE, WELCOME, ORDERS, UNKNOWN, REFUSED)
SOME_BYTES = 100_000
SESSION_ROW = ["incarnation", 1]


def frame(kind: int, row: object, version: int = PROTOCOL_VERSION) -> bytes:
    return sealed(msgspec.msgpack.encode((version, kind, row)))


def assert_read(rubbish: bytes) -> None:
    """Assert that both decoders make something of these bytes: a message or a violation."""
    assert isinstance(decode_to_dispatcher(rubbish), Hello | Report | Bye | ProtocolViolation)
    decoded = decode_to_worker(rubbish)
    assert isinstance(decoded, Welcome | Orders | Unknown | Refused | ProtocolViolation)


# ---------------------------------------------------------------- there and back


@given(to_dispatcher)
def test_every_message_of_a_worker_arrives_as_it_was(message: ToDispatcher) -> None:
    assert decode_to_dispatcher(encode(message)) == message


@given(to_worker)
def test_every_message_to_a_worker_arrives_as_it_was(message: ToWorker) -> None:
    assert decode_to_worker(encode(message)) == message


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_frame_may_be_any_kind_of_bytes(kind: type[bytes]) -> None:
    assert decode_to_dispatcher(kind(encode(a_report()))) == a_report()


def test_payloads_do_not_keep_the_frame_alive() -> None:
    decoded = decode_to_dispatcher(memoryview(encode(a_report(1, b"r" * 1_000))))
    assert isinstance(decoded, Report)
    (finished,) = decoded.finished
    assert isinstance(finished.outcome, Success)
    assert type(finished.outcome.result) is bytes


def test_text_that_is_no_unicode_arrives_with_escapes() -> None:
    failure = Failure(Cause.EXCEPTION, "ValueError", "half a pair: \udc80", output="\ud800 ok")
    report = replace(a_report(), finished=(Finished(an_attempt(), failure),))
    decoded = decode_to_dispatcher(encode(report))
    assert isinstance(decoded, Report)
    (finished,) = decoded.finished
    assert isinstance(finished.outcome, Failure)
    assert finished.outcome.message == "half a pair: \\udc80"
    assert finished.outcome.output == "\\ud800 ok"


# ---------------------------------------------------------------- other versions


@given(st.integers(0, 127).filter(lambda version: version not in OURS))
def test_a_hello_of_a_distant_version_can_be_answered(version: int) -> None:
    decoded = decode_to_dispatcher(encode(a_hello("w1", version)))
    assert decoded == Hello(version, a_hello().worker, SESSION, 1, 0, Environment("", (0, 0)))


def test_a_hello_of_the_next_version_is_read_whole() -> None:
    following = a_hello("w1", PROTOCOL_VERSION + 1)
    assert decode_to_dispatcher(encode(following)) == following


@pytest.mark.parametrize("version", [PROTOCOL_VERSION, PROTOCOL_VERSION + 1])
def test_a_message_is_written_in_the_version_of_its_receiver(version: int) -> None:
    written = encode(some_orders(), version)
    assert version_of(written) == version
    assert decode_to_worker(written) == some_orders()


def test_a_hello_of_the_future_may_go_on_as_it_likes() -> None:
    row = ["w1", SESSION_ROW, {"anything": [None, 1.5]}, "more"]
    decoded = decode_to_dispatcher(frame(HELLO, row, 9))
    assert isinstance(decoded, Hello)
    assert (decoded.protocol, decoded.worker, decoded.session) == (9, "w1", SESSION)


def test_a_refusal_of_the_future_is_understood() -> None:
    row = [SESSION_ROW, "speak 9", True, "more"]
    assert decode_to_worker(frame(REFUSED, row, 9)) == Refused(SESSION, "speak 9", final=True)


@pytest.mark.parametrize("kind", [REPORT, BYE, WELCOME])
def test_other_messages_of_another_version_are_violations(kind: int) -> None:
    decoded = decode_to_dispatcher(frame(kind, [SESSION_ROW], 9))
    assert str(decoded) == "a message of protocol 9, not 2"


@pytest.mark.parametrize("version", [-1, 128])
def test_a_version_that_the_head_cannot_hold_is_refused(version: int) -> None:
    with pytest.raises(ValueError, match="0 to 127"):
        encode(a_hello("w1", version))


# ---------------------------------------------------------------- damage


@given(to_dispatcher | to_worker, st.data())
def test_a_message_in_which_any_bit_has_changed_is_a_violation(
    message: ToDispatcher | ToWorker, data: st.DataObject
) -> None:
    damaged = bytearray(encode(message))
    bit = data.draw(st.integers(0, 8 * len(damaged) - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    assert isinstance(decode_to_dispatcher(damaged), ProtocolViolation)
    assert isinstance(decode_to_worker(damaged), ProtocolViolation)


# ---------------------------------------------------------------- rubbish


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(rubbish: bytes) -> None:
    assert isinstance(decode_to_dispatcher(rubbish), ProtocolViolation)
    assert isinstance(decode_to_worker(rubbish), ProtocolViolation)


@given(st.sampled_from(KINDS), st.binary(max_size=200), st.integers(0, 255))
def test_no_body_makes_it_raise(kind: int, body: bytes, version: int) -> None:
    for head in (bytes((0x93, PROTOCOL_VERSION, kind)), bytes((0x93, version, kind))):
        assert_read(sealed(head + body))


@given(to_dispatcher | to_worker, st.data())
def test_no_damage_to_a_message_makes_it_raise(
    message: ToDispatcher | ToWorker, data: st.DataObject
) -> None:
    damaged = bytearray(encode(message)[:-CHECKSUM_BYTES])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        match data.draw(st.sampled_from(["set", "cut", "insert", "end"])):
            case "set":
                damaged[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del damaged[at : at + data.draw(st.integers(1, 8))]
            case "insert":
                damaged[at:at] = data.draw(st.binary(min_size=1, max_size=8))
            case _:
                del damaged[at:]
    assert_read(sealed(bytes(damaged)))


BOMBS = {
    "an array of 4 billion": b"\xdd\xff\xff\xff\xff",
    "a map of 4 billion": b"\xdf\xff\xff\xff\xff",
    "4 GB of bytes": b"\xc6\xff\xff\xff\xff",
    "4 GB of text": b"\xdb\xff\xff\xff\xff",
    "4 GB of extension": b"\xc9\xff\xff\xff\xff\x01",
    "deep arrays": b"\x91" * SOME_BYTES,
    "deep maps": b"\x81\x00" * SOME_BYTES,
    "arrays of 4 billion in one another": b"\xdd\xff\xff\xff\xff" * 1_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [PROTOCOL_VERSION, 9])
def test_lengths_that_lie_allocate_nothing(version: int, kind: int, bomb: bytes) -> None:
    start = encode(a_hello())[3 : -CHECKSUM_BYTES - 1]
    tracemalloc.start()
    for body in (bomb, start + bomb, b"\x98" + bomb * 8):
        whole = sealed(bytes((0x93, version, kind)) + body)
        assert isinstance(decode_to_dispatcher(whole), ProtocolViolation)
        assert isinstance(decode_to_worker(whole), ProtocolViolation)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * len(start + bomb * 8) + SOME_BYTES, peak


def test_a_worker_s_message_is_none_for_a_worker() -> None:
    assert str(decode_to_worker(encode(a_report()))).endswith("which nobody sends this way")
    assert str(decode_to_dispatcher(encode(some_orders()))).endswith("which nobody sends this way")


def test_bytes_after_the_message_are_a_violation() -> None:
    assert isinstance(decode_to_dispatcher(encode(a_hello()) + b"\x00"), ProtocolViolation)
