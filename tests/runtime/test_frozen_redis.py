"""A Redis that takes connections and says nothing holds nobody up for long."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from builder.runtime import live, queue
from tests.doubles.patience import quickest
from tests.doubles.threads import ClosingThreads
from tests.runtime.conftest import create, publish

LOG = "tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: hello}\n"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def frozen(settings: Any) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield


def test_a_hundred_rings_wait_no_longer_than_one() -> None:
    publish(LOG)

    def ring() -> None:
        assert not any(queue.notify(f"e{number}") for number in range(100))

    assert quickest(ring, 3) < 3


def test_an_execution_is_accepted_within_three_seconds() -> None:
    publish(LOG)
    client = Client()
    client.force_login(User.objects.create_user("ada"))
    client.get("/health/live")  # loads every page

    def start() -> None:
        answer = client.post("/api/v1/main/executions/team/one")
        assert answer.status_code == 200 and answer.json()["id"]

    assert quickest(start, 3) < 3


def test_a_page_that_watches_is_told_from_the_database() -> None:
    publish(LOG)
    execution_id = create()

    async def first() -> str:
        asyncio.get_running_loop().set_default_executor(ClosingThreads())
        async with aclosing(live.follow(execution_id)) as watched:
            return (await anext(watched)).kind

    def watch() -> None:
        assert asyncio.run(first()) in ("state", "runs")

    assert quickest(watch, 3) < 3
