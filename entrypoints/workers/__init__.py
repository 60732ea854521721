"""One entry point per kind of worker: push, pull and local."""
