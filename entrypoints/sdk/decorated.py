"""A decorated function: called, it runs here; ``remote``, ``spawn`` and ``map`` run it there."""

import copy
import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, Unpack

from . import calls, outcomes
from .errors import Refused
from .handles import Task
from .options import TaskOptions, defaults_of, spoken
from .packing import Parcel, Shelf

if TYPE_CHECKING:
    from .batches import Batch, Result
    from .client import Client
    from .wire import Payload

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

VERSIONS_MOST = 8
"""Versions of a function whose ids are remembered: one that changes back is not sent again."""


class Decorated(Generic[P, T]):
    """What decorated functions of both clients have: the function itself, and its options.

    It pickles as the plain function, so that a function may call itself, or another decorated one,
    on the worker as it does here.
    """

    def __init__(
        self, client: Any, function: Callable[P, T], name: str, options: TaskOptions
    ) -> None:
        """Stand for ``function``; raise TypeError for an option that there is not."""
        self._client = client
        self._name = name
        self._options = options
        self._said = spoken(options)
        self._shelf = Shelf(name, defaults_of(self._said), VERSIONS_MOST)
        self.__gofer_function__ = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the function here, in this process."""
        return self.__gofer_function__(*args, **kwargs)

    def __repr__(self) -> str:
        """Show the function."""
        return f"<{type(self).__name__} {getattr(self, '__qualname__', self._name)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the plain function; ``copy`` gives back the very function that it is given."""
        return copy.copy, (self.__gofer_function__,)

    def options(self, **options: Unpack[TaskOptions]) -> Self:
        """Return the same function with other options; those that are not named stay."""
        merged: TaskOptions = {**self._options, **options}
        return type(self)(self._client, self.__gofer_function__, self._name, merged)

    def _parcel(self) -> Parcel:
        """Return the function as it is now, packed anew if it has changed; raise Unpicklable."""
        return self._shelf.parcel(self.__gofer_function__)


def forget(parcel: Parcel, function_id: str, refusal: Refused) -> None:
    """Forget an id that the service has lost, or was told to delete; raise other refusals."""
    if refusal.status not in calls.LOST:
        raise refusal
    if parcel.id == function_id:  # else another thread has been here
        parcel.id = ""


class RemoteFunction(Decorated[P, T]):
    """A function of ``Client.function``."""

    _client: "Client"

    _registering = threading.Lock()

    def remote(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have it run by a worker, wait, and return what it returned or raise what it raised."""
        payload = outcomes.dump_call(args, kwargs)
        result: Result = self._at_service(
            lambda function_id: self._client.call_payload(function_id, payload, self._said)
        )
        value: T = result.value()
        return value

    def spawn(self, *args: P.args, **kwargs: P.kwargs) -> Task[T]:
        """Have it run by a worker; return a handle at once: then the task is not lost."""
        batch = self._submit([outcomes.dump_call(args, kwargs)])
        batch.insist()
        return Task(self._client, str(batch.task_ids[0]))

    def map(
        self,
        *iterables: Iterable[Any],
        timeout: float | None = None,
        progress: bool | None = None,
    ) -> Iterator[T]:
        """Return its results over ``iterables``, in their order; all is submitted at once.

        A bar shows how far it is where there is a terminal, unless ``progress`` says otherwise.
        What is left is cancelled when the iterator is closed or fails. Raises TimeoutError if not
        all are there within ``timeout`` seconds, and whatever a call raised.
        """
        from .gathering import gathered  # noqa: PLC0415 - who maps nothing needs none of it

        return gathered(self._submit, iterables, timeout, progress)

    def register(self) -> str:
        """Register it, if that was not done yet or it has changed since, and return its id.

        Raises Refused, Unpicklable, Unreachable.
        """
        return self._registered(self._parcel())

    def _registered(self, parcel: Parcel) -> str:
        with self._registering:
            if not parcel.id:
                parcel.id = self._client.register_parcel(parcel)
            return parcel.id

    def _submit(self, payloads: "Sequence[Payload]") -> "Batch":
        """Submit calls as one batch; registers it again, once, if the service knows it no more.

        Raises Refused if not one of them is accepted, Unpicklable, Unreachable.
        """
        return self._at_service(
            lambda function_id: self._client.submit_payloads(function_id, payloads, self._said)
        )

    def _at_service(self, ask: Callable[[str], R]) -> R:
        """Ask for something with the function's id; once more if the service knows it no more."""
        parcel = self._parcel()
        function_id = self._registered(parcel)
        try:
            return ask(function_id)
        except Refused as refusal:
            forget(parcel, function_id, refusal)
        return ask(self._registered(parcel))
