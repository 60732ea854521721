"""The web service dies and comes back while an executor has tasks in flight: nobody notices."""

import time
from collections.abc import Callable

from gofer import Executor
from gofer.entrypoints.sdk.address import Address
from tests.support.system import System


def slow_square() -> Callable[[int], int]:
    """Return a function that travels whole, because no module has it by its name."""

    def square(number: int) -> int:
        time.sleep(0.01)
        return number * number

    return square


def test_a_web_service_that_is_killed_and_started_again_loses_no_future(
    fragile_system: System,
) -> None:
    fragile_system.start_all("local", slots=2)
    api = fragile_system.part("cli")
    port = Address.of(fragile_system.url).port
    square = slow_square()
    with Executor(fragile_system.url, patience_s=50) as pool:
        futures = [pool.submit(square, n) for n in range(200)]
        assert futures[0].result(30) == 0
        api.kill()
        futures += [pool.submit(square, n) for n in range(200, 250)]
        again = fragile_system.start("cli", "api", "--port", str(port))
        again.wait_for_log("listens on ")
        assert [future.result(30) for future in futures] == [n * n for n in range(250)]
        assert len({future.task_id for future in futures}) == 250
