"""A long job whose output is followed as it is printed, from here or from any other terminal."""

import time

from gofer import Client

client = Client()


@client.function(timeout=600)
def train(epochs: int) -> float:
    """Print how it goes, and return how it went."""
    loss = 1.0
    for epoch in range(1, epochs + 1):
        time.sleep(0.2)
        loss /= 2
        print(f"epoch {epoch}: loss {loss:.3f}", flush=True)
    return loss


def main() -> None:
    """Start it, follow it, and print its result."""
    task = train.spawn(5)
    print(f"follow it elsewhere with: gofer task logs -f {task.id}", flush=True)
    for line in task.follow():
        print(line, flush=True)
    print(f"it returned {task.result()}")


if __name__ == "__main__":
    main()
