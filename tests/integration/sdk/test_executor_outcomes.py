"""Results and callbacks that would end the thread they come in on: they end only themselves."""

import sys

import pytest

from gofer import Executor, RemoteError
from gofer.testing import RunningSystem, returned


class ExitsWhenOpened:
    """A result that ends whatever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return sys.exit, (3,)


class Interrupts:
    """One that looks like a user's ^C to whatever opens it."""

    def __reduce__(self) -> tuple[object, ...]:
        return _interrupt, ()


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("result", "error"), [(ExitsWhenOpened, RemoteError), (Interrupts, KeyboardInterrupt)]
)
def test_a_result_that_ends_who_opens_it_ends_its_own_future_alone(
    holding: RunningSystem, result: type, error: type[BaseException]
) -> None:
    with Executor(holding.url) as pool:
        bad, good = pool.submit(abs, -1), pool.submit(abs, -2)
        holding.finish(bad.task_id, returned(result()))
        with pytest.raises(error):
            bad.result(30)
        holding.finish(good.task_id, returned(2))
        assert good.result(30) == 2


def test_a_callback_that_exits_harms_nobody(
    holding: RunningSystem, caplog: pytest.LogCaptureFixture
) -> None:
    with Executor(holding.url) as pool:
        first, second = pool.submit(abs, -1), pool.submit(abs, -2)
        first.add_done_callback(lambda _: sys.exit(1))
        for future in (first, second):
            holding.finish(future.task_id, returned(7))
        assert (first.result(30), second.result(30)) == (7, 7)
    assert "has tried to end its thread" in caplog.text
