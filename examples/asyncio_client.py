"""Many tasks from one event loop: submitted together, awaited together, no thread for any."""

import asyncio

from gofer import AsyncClient


async def main() -> None:
    """Have primes counted, each range as a task."""
    async with AsyncClient() as client:

        @client.function(timeout=60)
        def primes(first: int, last: int) -> int:
            """Return how many numbers of a range are prime."""
            return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(first, last))

        counts = await asyncio.gather(
            *[primes.remote(first, first + 1000) for first in range(2, 10_002, 1000)]
        )
        print(f"{sum(counts)} primes below 10 002")


if __name__ == "__main__":
    asyncio.run(main())
