"""``python -m gofer.entrypoints.workers.pull N URL``, the same as ``gofer worker pull N URL``."""

from ..cli import run_part

if __name__ == "__main__":
    run_part("worker", "pull")
