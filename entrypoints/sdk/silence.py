"""What an executor does about a service that does not answer: says so, and in time gives up.

A service that has answered before is waited for as long as the executor's patience says; one that
nobody has ever reached is more likely a wrong URL.
"""

WARN_S = 5.0
"""How long nobody may answer until that is told on stderr (or wherever logging goes), once."""

FIRST_S = 10.0
"""How long the very first connection is tried where nobody takes it."""


class Silence:
    """How long a service has not answered; shared by all connections of one event loop to it."""

    def __init__(self, url: str) -> None:
        """Take the ``url`` for the warning; nobody has answered there yet."""
        self._url = url
        self._met = False
        self._since: float | None = None
        self._warned = False

    def answered(self) -> None:
        """Take note that somebody answers, if only with a refusal."""
        self._met = True
        self._since = None
        self._warned = False

    def broken(self, trouble: Exception, now: float) -> bool:
        """Take note at ``now``, in seconds, that a try came to nothing; tell whether to give up.

        One whose time was up found somebody, or something on its way is slow: that is waited for.
        """
        if self._since is None:
            self._since = now
        quiet_s = now - self._since
        if quiet_s >= WARN_S and not self._warned:
            self._warned = True
            self._warn(trouble)
        refused = isinstance(trouble, OSError) and not isinstance(trouble, TimeoutError)
        return refused and not self._met and quiet_s >= FIRST_S

    def _warn(self, trouble: Exception) -> None:
        import logging  # noqa: PLC0415 - seldom needed, and a good part of the SDK's import

        logging.getLogger("gofer").warning(
            "gofer: nobody has answered at %s for %g s (%s); it is tried again. Is the web service "
            "there, and the URL right?",
            self._url,
            WARN_S,
            trouble,
        )
