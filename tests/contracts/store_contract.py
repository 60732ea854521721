"""The fixtures of the store contracts, on top of the ``open_backend`` of an adapter's tests."""

import pytest

from gofer.domain.identifiers import TaskId, uuid7
from gofer.domain.ports import Store
from tests.contracts.store_backend import Backend, OpenBackend

UNKNOWN = TaskId(uuid7(0, 1))


class StoreContract:
    """The fixtures of the contract classes."""

    @pytest.fixture
    def backend(self, open_backend: OpenBackend) -> Backend:
        return open_backend()

    @pytest.fixture
    def store(self, backend: Backend) -> Store:
        return backend.store
