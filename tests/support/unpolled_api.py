"""The web service, in a process whose waiting clients are woken by what is told, never by looking.

    python unpolled_api.py ARGUMENTS...      (ARGUMENTS of ``gofer``; the store by GOFER_STORE)

The slow look that mends lost messages comes once an hour here, so a test that ends before has seen
none of it.
"""

import os
from typing import Any

from dependency_injector import providers

from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore

HOUR_S = 3600.0

if __name__ == "__main__":
    from gofer.entrypoints.cli import main
    from gofer.entrypoints.container import Container

    container: Any = Container  # its providers are typed in part only
    made = providers.Singleton(
        RedisStore.from_url, os.environ["GOFER_STORE"], StoreOptions(poll_s=HOUR_S)
    )
    container.store.override(made)
    main()
