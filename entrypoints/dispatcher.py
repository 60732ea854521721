"""``python -m gofer.entrypoints.dispatcher -m MODE -p PORT -w N``, or ``gofer dispatcher``."""

from .cli import run_part

if __name__ == "__main__":
    run_part("dispatcher")
