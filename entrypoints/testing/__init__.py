"""A whole gofer inside a test's process; users import it as ``gofer.testing``."""
