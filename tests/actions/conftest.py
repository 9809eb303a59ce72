"""A published flow, and a doorbell that remembers who was rung."""

import pytest

from builder.actions import flows
from builder.runtime import queue

HELLO = """\
id: hello
namespace: team
labels:
  kind: greeting
inputs:
  - id: name
    type: STRING
    defaults: World
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "Hello {{ inputs.name }}"
"""


class Doorbell:
    """Who was rung, and who was told of a signal."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.told: list[str] = []


@pytest.fixture(autouse=True)
def doorbell(monkeypatch: pytest.MonkeyPatch) -> Doorbell:
    bell = Doorbell()
    monkeypatch.setattr(queue, "ring_on_commit", bell.rung.extend)
    monkeypatch.setattr(queue, "notify", bell.told.append)
    return bell


@pytest.fixture
def hello() -> str:
    flows.create_flow(HELLO, by="ada")
    return HELLO


def flow(tasks: str, head: str = "", flow_id: str = "work") -> str:
    return f"id: {flow_id}\nnamespace: team\n{head}tasks:\n{tasks}"
