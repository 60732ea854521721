"""How the application is put together with its store: when it waits, and when it gives up."""

import asyncio
import logging
from typing import Any, cast

import pytest
from dependency_injector import providers

from gofer.domain.errors import InvalidInput, StoreIncompatible, StoreUnavailable
from gofer.entrypoints.container import Container
from gofer.entrypoints.rest.app import container_for, store_of
from gofer.entrypoints.settings import Settings
from tests.support.waiting import wait_until_async
from tests.support.web import WebStore


class ScriptedStore(WebStore):
    """A store that gives these answers when it is opened, the last one for ever."""

    def __init__(self, *answers: Exception | list[str]) -> None:
        super().__init__()
        self._answers = list(answers)
        self.asked = 0
        self.closed = False

    async def examine(self) -> list[str]:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


def container_over(store: ScriptedStore, wait_for_store_s: float = 60) -> Container:
    settings = Settings(wait_for_store_s=wait_for_store_s)
    container = container_for(settings)
    cast("Any", container.store).override(providers.Object(store))
    return container


async def test_a_store_that_is_there_is_asked_once_and_closed_in_the_end() -> None:
    store = ScriptedStore(["a warning"])
    async with store_of(container_over(store)):
        assert not store.closed
    assert (store.asked, store.closed) == (1, True)


async def test_a_store_that_is_away_is_waited_for_while_the_service_runs() -> None:
    store = ScriptedStore(StoreUnavailable("away"), StoreUnavailable("away"), [])
    async with store_of(container_over(store)):
        await wait_until_async(lambda: store.asked == 3, "the store was found")
    assert store.closed


async def test_a_service_that_ends_while_it_waits_leaves_nothing_running() -> None:
    store = ScriptedStore(StoreUnavailable("away"))
    async with store_of(container_over(store)):
        pass
    assert store.closed
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_store_that_is_away_is_an_error_if_nobody_waits() -> None:
    store = ScriptedStore(StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        async with store_of(container_over(store, wait_for_store_s=0)):
            pytest.fail("the block must not be entered")
    assert store.closed


async def test_a_store_that_cannot_be_used_is_an_error_at_once() -> None:
    store = ScriptedStore(StoreIncompatible("layout 9"))
    with pytest.raises(StoreIncompatible):
        async with store_of(container_over(store)):
            pytest.fail("the block must not be entered")
    assert store.closed


async def test_a_store_that_comes_back_unusable_is_said_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = ScriptedStore(StoreUnavailable("away"), StoreIncompatible("layout 9"))
    with caplog.at_level(logging.CRITICAL, "gofer.rest"):
        async with store_of(container_over(store)):
            await wait_until_async(lambda: "layout 9" in caplog.text, "it is said")
    assert store.asked == 2


async def test_a_bug_while_it_waits_is_said_aloud(caplog: pytest.LogCaptureFixture) -> None:
    store = ScriptedStore(StoreUnavailable("away"), ZeroDivisionError("a bug"))
    async with store_of(container_over(store)):
        await wait_until_async(lambda: "ZeroDivisionError: a bug" in caplog.text, "it is said")
    assert store.closed


@pytest.mark.parametrize("store", ["memory://", "embedded://", "embedded:///somewhere"])
def test_a_store_that_no_dispatcher_shares_is_refused(store: str) -> None:
    with pytest.raises(InvalidInput, match="belongs to one process"):
        container_for(Settings(store=store))  # type: ignore[arg-type] # pydantic reads the text
