"""What every test shares: the fixtures of tests.support, loaded as plug-ins."""

pytest_plugins = [
    "tests.support.failure_logs",
    "tests.support.leaks",
    "tests.support.processes",
    "tests.support.redis_fixtures",
    "tests.support.system",
]
