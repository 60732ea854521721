"""The Redis-compatible server that a bare ``pip install`` brings, run as a child process."""

from .server import EmbeddedServer

__all__ = ["EmbeddedServer"]
