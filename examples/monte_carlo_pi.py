"""Pi by throwing darts, on all workers at once: ``map`` over many independent pieces of work."""

import random
import sys

from gofer import Client

client = Client()


@client.function(timeout=60)
def hits(seed: int, throws: int) -> int:
    """Return how many of the throws land within the quarter circle."""
    chance = random.Random(seed)
    return sum(chance.random() ** 2 + chance.random() ** 2 <= 1 for _ in range(throws))


def main(pieces: int = 100, throws: int = 10_000) -> None:
    """Throw, and print what pi is by that."""
    found = hits.map(range(pieces), [throws] * pieces)
    print(f"pi is about {4 * sum(found) / (pieces * throws):.4f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
