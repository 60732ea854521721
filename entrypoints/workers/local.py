"""``python -m gofer.entrypoints.workers.local N``: a local worker and its dispatcher."""

from ..cli import run_part

if __name__ == "__main__":
    run_part("dispatcher", "--mode", "local", "--workers")
