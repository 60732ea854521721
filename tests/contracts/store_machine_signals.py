"""The store machine's rules for those who listen: hints, credit, and what is handed over."""

from collections.abc import Mapping

from hypothesis.stateful import rule

from gofer.domain.identifiers import Attempt
from gofer.domain.ports import Credit, Store
from tests.contracts.store_backend import FOREIGN_TAG, TAG
from tests.contracts.store_choices import leases, owners, wishes
from tests.contracts.store_machine import StoreMachine


class SignalsMachine(StoreMachine):
    """What was handed over is an attempt like all others, once it was fetched."""

    @rule(owner=owners, wants=wishes, lease_ms=leases)
    def listen(self, owner: str, wants: Mapping[str, int], lease_ms: int = 1_000) -> None:
        self.claims += 1
        credit = Credit(f"token {self.claims}", wants, lease_ms) if wants else None
        hint = self.both(lambda store: store.listen(owner, 0, credit))
        self.attempts.extend(leased.attempt for leased in hint.tasks)

    @rule(owner=owners, wants=wishes)
    def give_credit(self, owner: str, wants: Mapping[str, int]) -> None:
        """Take whatever waits, hear whatever rang, and then give credit."""
        self.claim("d3", {TAG: 9, FOREIGN_TAG: 9}, 10)
        self.listen(owner, {})
        self.listen(owner, {})
        self.listen(owner, wants)

    @rule(owner=owners)
    def hush(self, owner: str) -> None:
        hint = self.both(lambda store: store.hush(owner))
        self.attempts.extend(leased.attempt for leased in hint.tasks)

    @rule(owner=owners)
    def leased(self, owner: str) -> None:
        async def ours(store: Store) -> list[Attempt]:
            return sorted(await store.leased(owner))

        self.both(ours)
