"""wait_until and its asynchronous twin: what they return, and what they say when they give up."""

from itertools import count

import pytest

from tests.support.waiting import wait_until, wait_until_async


def test_it_returns_the_first_truthy_answer() -> None:
    answers = iter([0, "", None, 7, 8])
    assert wait_until(lambda: next(answers), "there is a number") == 7


def test_it_names_what_it_waited_for_and_the_last_answer() -> None:
    with pytest.raises(AssertionError, match=r"until the moon is blue; the last answer was 0"):
        wait_until(lambda: 0, "the moon is blue", timeout=0.03)


def test_it_asks_at_least_once_when_there_is_no_time_left() -> None:
    assert wait_until(lambda: "done", "it is done", timeout=0) == "done"


async def test_the_asynchronous_one_awaits_a_coroutine_function() -> None:
    numbers = count()

    async def third() -> bool:
        return next(numbers) == 2

    assert await wait_until_async(third, "the third call")
    assert next(numbers) == 3


async def test_the_asynchronous_one_takes_a_plain_function_too() -> None:
    answers = iter([None, "yes"])
    assert await wait_until_async(lambda: next(answers), "it says yes") == "yes"


async def test_the_asynchronous_one_gives_up_with_the_description() -> None:
    with pytest.raises(AssertionError, match="until the moon is blue"):
        await wait_until_async(lambda: False, "the moon is blue", timeout=0.03)
