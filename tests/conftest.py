"""What every test shares: the fixtures of tests.support, loaded as plug-ins."""

import signal

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import engine

settings.register_profile(
    "gofer",
    parent=settings.get_profile("default"),  # and not "ci", where each run tries the same examples
    deadline=None,  # how long an example takes is the machine's
    print_blob=True,
)
settings.load_profile("gofer")
engine.MAX_SHRINKING_SECONDS = 15
"""Of 300: a test has 60 in all, and one that is cut off while its example shrinks shows none."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell's job in the background: what tests start would ignore their Ctrl-C as well
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite("tests.contracts")  # so that a failed contract shows its values

pytest_plugins = [
    "tests.support.failure_logs",
    "tests.support.failover",
    "tests.support.figures",
    "tests.support.leaks",
    "tests.support.processes",
    "tests.support.redis_fixtures",
    "tests.support.sharing",
    "tests.support.suite",
    "tests.support.system",
]
