"""The in-memory adapters: the reference of every port, and the supported testing kit."""
