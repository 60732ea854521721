"""One module a system under test; each runs in a process, and an environment, of its own."""
