"""``python -m gofer.entrypoints.cli``: the same as ``gofer``."""

from .root import main

if __name__ == "__main__":
    main()
