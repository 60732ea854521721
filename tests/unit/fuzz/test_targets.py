"""Every fuzz target on its valid inputs and on a few hundred damaged ones: nothing is found.

``make fuzz`` goes on where this ends.
"""

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.payload import PickleInspector, decode_payload
from gofer.adapters.processes.frames import Frames
from gofer.adapters.zmq.batch import unpack_reply, unpack_request
from gofer.adapters.zmq.codec import decode_to_dispatcher, decode_to_worker, sealed
from gofer.domain.errors import ProtocolViolation
from tests.fuzz.campaign import NAMES
from tests.fuzz.http import the_loop
from tests.fuzz.seeds import damaged, seeds
from tests.fuzz.targets import FRAME_LIMIT, TARGETS
from tests.support.pieces import deliver

CASES = [(name, number) for name in NAMES for number in range(len(seeds(name)))]


@pytest.fixture(autouse=True, scope="module")
def the_loop_is_closed() -> Iterator[None]:
    the_loop()
    yield
    the_loop().close()
    the_loop.cache_clear()


def test_the_campaign_knows_every_target() -> None:
    assert set(NAMES) == set(TARGETS)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_valid_input_is_no_finding(name: str, number: int) -> None:
    TARGETS[name](seeds(name)[number])
    assert seeds(name)[number]


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0, 2**64), st.data())
def test_a_damaged_input_is_no_finding(name: str, number: int, data: st.DataObject) -> None:
    given_bytes = data.draw(st.sampled_from(seeds(name)) | st.binary(max_size=100))
    TARGETS[name](damaged(given_bytes, random.Random(number)))
    assert number >= 0


# ---------------------------------------------------------------- the seeds are what they seem

REACHES: dict[str, Callable[[bytes], object]] = {
    "dispatcher": lambda data: decode_to_dispatcher(sealed(data)),
    "worker": lambda data: decode_to_worker(sealed(data)),
    "inspector": PickleInspector().inspect,
    "text": lambda data: decode_payload(data.decode()),
}


@pytest.mark.parametrize("name", REACHES)
def test_seeds_get_through_to_the_end(name: str) -> None:
    answers = [REACHES[name](data) for data in seeds(name)]
    assert not any(isinstance(answer, ProtocolViolation) for answer in answers)


def test_seeds_of_batches_and_frames_get_through_to_the_end() -> None:
    first, second, third, fourth = seeds("batches")
    assert unpack_request(memoryview(first))[2] == []
    assert len(unpack_request(memoryview(second))[2]) == len(seeds("dispatcher"))
    assert len(unpack_reply(memoryview(third))) == len(seeds("worker"))
    assert unpack_reply(memoryview(fourth)) == []
    for data, count in zip(seeds("frames")[:2], (2, 1), strict=True):
        frames = Frames(FRAME_LIMIT)
        assert len(deliver(frames, data[1:], frames.reports)) == count


def test_damage_changes_most_inputs_and_is_the_same_for_the_same_number() -> None:
    (data, *_) = seeds("dispatcher")
    changed = [damaged(data, random.Random(number)) for number in range(100)]
    assert changed == [damaged(data, random.Random(number)) for number in range(100)]
    assert sum(one != data for one in changed) > 90
