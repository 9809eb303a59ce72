"""What can be said to the fault suite on the command line, and how often its rows are played."""

import random

import pytest


def add_options(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "the fault suite (manage.py test -m faults)")
    group.addoption("--seed", type=int, default=None, help="the random moments of an earlier run, which printed it")
    group.addoption("--repeat", type=int, default=3, metavar="N", help="how often each kill row is played (default 3)")
    group.addoption("--long", action="store_true", help="outages, loads and leases as long as the plan says")
    group.addoption("--table", metavar="PATH", help="write the rows' results into this guide")
    group.addoption("--database", metavar="URL", help="postgres://user:password@host/name instead of SQLite")
    group.addoption("--redis", metavar="PROGRAM", help="a server program such as redis-server instead of Valkey")
    group.addoption("--workers", type=int, default=1, metavar="N", help="worker processes (default 1)")


def is_wanted(config: pytest.Config) -> bool:
    """Rows run only where somebody asks for them by their mark."""
    return "faults" in str(config.getoption("markexpr"))


def seed_of(config: pytest.Config) -> int:
    """The given seed, or one for this run."""
    if config.getoption("seed") is None:
        config.option.seed = random.randrange(1_000_000)
    return int(config.getoption("seed"))
