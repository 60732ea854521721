"""The best parameters of a model, by trying all: results as they come, with a bar on a terminal."""

from itertools import product

from gofer import Client

client = Client()

MEASURED = [(x, 3 * x + 2) for x in range(20)]


@client.function(timeout=60, retries=1, tags=["sweep"])
def loss(slope: float, intercept: float) -> float:
    """Return how far a line is from what was measured."""
    return sum((slope * x + intercept - y) ** 2 for x, y in MEASURED)


def main() -> None:
    """Try a grid, and print the best."""
    grid = list(product([n / 2 for n in range(13)], [n / 2 for n in range(9)]))
    losses = loss.map(*zip(*grid, strict=True))
    best, (slope, intercept) = min(zip(losses, grid, strict=True))
    print(f"tried {len(grid)}: y = {slope} x + {intercept}, loss {best}")


if __name__ == "__main__":
    main()
