"""A call that often fails, tried again with growing pauses: no line of the function knows of it."""

import random

from gofer import Client

client = Client()


@client.function(retries=20, backoff={"initial_s": 0.05, "factor": 1.5, "max_s": 0.5})
def fetch(number: int) -> int:
    """Stand for a service that is not there two times out of three."""
    if random.random() < 2 / 3:
        raise ConnectionError("nobody answers")
    return number


def main() -> None:
    """Call it, and print how many attempts that took."""
    task = fetch.spawn(42)
    print(f"got {task.result(timeout=60)}, after {len(task.attempts())} attempts")


if __name__ == "__main__":
    main()
