"""Why an installation could not be measured."""


class BenchFailed(Exception):
    """The installation did not do what it was asked; the message says what to do about it."""
