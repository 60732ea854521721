"""What every test shares: the fixtures of tests.support, loaded as plug-ins."""

import pytest

pytest.register_assert_rewrite("tests.contracts")  # so that a failed contract shows its values

pytest_plugins = [
    "tests.support.failure_logs",
    "tests.support.failover",
    "tests.support.figures",
    "tests.support.leaks",
    "tests.support.processes",
    "tests.support.redis_fixtures",
    "tests.support.system",
]
