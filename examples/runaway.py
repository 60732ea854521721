"""A function that never ends, and is ended: the process that runs it is killed."""

import time

from gofer import Client

client = Client()


@client.function
def spin() -> None:
    """Run for ever."""
    while True:
        pass


def main() -> None:
    """Start it, see it run, and cancel it."""
    task = spin.spawn()
    while task.status() == "QUEUED":
        time.sleep(0.05)
    print(f"it is {task.status()}")
    print(f"cancelled: {task.cancel()}")
    print(f"it is {task.status()}")


if __name__ == "__main__":
    main()
