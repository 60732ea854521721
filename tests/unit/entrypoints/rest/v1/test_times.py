"""Times as the web service tells them."""

from gofer.entrypoints.rest.v1.times import LAST_MS, at


def test_a_time_after_all_calendars_is_told_as_the_last() -> None:
    assert at(2**60) == at(LAST_MS) == "9999-01-01T00:00:00.000Z"
