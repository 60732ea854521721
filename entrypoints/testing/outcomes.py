"""How tasks end in a test: run for real by the code of a worker's child, or as the test says.

Payloads are opened and results pickled by ``adapters/processes/child.py``, so that what a function
sees, and what its client gets, is what a real worker would give. There is no process around it:
what kills a process (a signal, memory, an exit in C code) would kill the test, so it is played
with a ``Failure`` of that cause instead.
"""

import asyncio
import inspect
import sys
import time
from collections.abc import Coroutine
from typing import Any, cast

from ...adapters.processes import troubles
from ...adapters.processes.child import Pickling
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Cause, Failure, Outcome, Success


def returned(value: object) -> Success:
    """Return the outcome of a function that returned ``value``; raise what pickling it raises."""
    return Success(Pickling().dump(value))


def raised(error: Exception) -> Failure:
    """Return the outcome of a function that raised ``error``."""
    text = troubles.traceback_of(error, __file__)
    return Failure(
        Cause.MEMORY if isinstance(error, MemoryError) else Cause.EXCEPTION,
        type=troubles.type_name(type(error)),
        message=troubles.message_of(error),
        traceback=text,
        exception=Pickling().dump_exception(error, text),
    )


def held(_function: FunctionBody, _assignment: Assignment) -> None:
    """Let a task begin and not end, until the test says how: ``running(run=held)``."""


def run_here(function: FunctionBody, assignment: Assignment, result_limit_bytes: int) -> Outcome:
    """Open the payloads, call the function, and return how it ended; raises nothing."""
    began = time.perf_counter()
    try:
        value = _value(function, assignment)
    except SystemExit as error:
        trouble = troubles.exit_trouble(error, troubles.traceback_of(error, __file__))
        return Failure(
            Cause.EXIT,
            trouble.type,
            trouble.message,
            trouble.traceback,
            exit_code=trouble.exit_code,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the task's failure
        return raised(error)
    try:
        result = Pickling().dump(value)
    except Exception as error:  # noqa: BLE001 - any code of the user's may run here
        name, why = troubles.type_name(type(value)), troubles.message_of(error)
        message = f"the result, of type {name}, cannot be pickled: {why}"
        return Failure(Cause.UNSERIALIZABLE, troubles.type_name(type(error)), message)
    if len(result) > result_limit_bytes:
        message = f"the result has {len(result)} bytes; the limit is {result_limit_bytes}"
        return Failure(Cause.TOO_LARGE, "TooLarge", message)
    return Success(result, run_ms=(time.perf_counter() - began) * 1000)


def _value(function: FunctionBody, assignment: Assignment) -> object:
    pickling = Pickling()
    try:
        loaded = pickling.function(function.payload, function.entry, function.digest)
        args, kwargs = pickling.arguments(assignment.payload, loaded)
    except ModuleNotFoundError as error:
        raise troubles.missing_module(error, sys.path) from None
    value: object = loaded.call(*args, **kwargs)
    if inspect.iscoroutine(value):
        value = asyncio.run(cast("Coroutine[Any, Any, object]", value))
    return value
