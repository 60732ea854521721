"""The digest by which a request is known again when its idempotency key comes back."""

import pytest

from gofer.entrypoints.rest.v1.submitting import LARGE_BYTES, known_by


@pytest.mark.parametrize("size", [10, LARGE_BYTES, LARGE_BYTES + 1, 3 * LARGE_BYTES])
def test_a_request_is_told_from_one_that_differs_in_a_byte_or_in_length(size: int) -> None:
    said = bytes(size)
    others = [said + b"\0"]
    others += [said[:at] + b"\1" + said[at + 1 :] for at in (0, size // 2, size - 1)]
    assert len({known_by(b"/a\n", each) for each in (said, *others)}) == len(others) + 1
    assert known_by(b"/a\n", bytes(size)) == known_by(b"/a\n", said) != known_by(b"/b\n", said)
