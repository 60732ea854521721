"""``python -m gofer.entrypoints.workers.push N URL``, the same as ``gofer worker push N URL``."""

from ..cli import run_part

if __name__ == "__main__":
    run_part("worker", "push")
