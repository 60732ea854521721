"""gofer runs any Python function on any of your machines, through one REST API."""

__version__ = "0.1.0"

__all__ = ["__version__"]
