"""Flows damaged at random: a check answers with problems, never an exception, and every place is in the text."""

import random

import pytest

from builder.flows.check import check
from builder.flows.document import Document
from tests.doubles.catalogue import FakeCatalogue

FLOW = """\
id: a
namespace: lab
labels: &l {team: ml}
inputs:
  - {id: n, type: SELECT, values: [a, b], dependsOn: {inputs: [m], condition: "{{ inputs.m }}"}}
  - id: m
    type: INT
    min: 1
tasks:
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: |
      hello {{ inputs.n | upper }}
  - id: par
    type: io.kestra.plugin.core.flow.Parallel
    tasks:
      - {id: s, type: io.kestra.plugin.core.flow.Subflow, namespace: lab, flowId: b}
triggers:
  - id: t
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * *"
    inputs: {n: a}
pluginDefaults:
  - {type: io.kestra, values: {retry: {type: constant}}}
variables: {<<: *l}
"""
PIECES = ("null", "[]", "{}", "[1]",
          "true", "12", "- ", "'", '"', "&a ", "*l", "<<: *l", "{{", "}}", "!!int ", "|\n", "? ",
          ": ", "\t", "\r", "\u2028", "\ufeff", "---\n", "1e5", "[[", "\U0001f600", "|+\n\n")  # fmt: skip


def damaged(chance: random.Random) -> str:
    text = FLOW
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        until = min(len(text), at + chance.choice((0, 0, 1, 12)))
        text = text[:at] + chance.choice(PIECES) + text[until:]
    return text


def assert_places_fit(document: Document) -> None:
    waiting = [((), document.data)] if document.nodes else []
    while waiting:
        path, value = waiting.pop()
        span = document.span(path)
        assert span is not None and 0 <= span.start <= span.content <= span.end <= len(document.text)
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        waiting += [((*path, key), item) for key, item in inner]


@pytest.mark.parametrize("seed", range(4))
def test_damage_is_always_answered(seed: int):
    chance = random.Random(seed)
    for _ in range(100):
        result = check(damaged(chance), FakeCatalogue())
        assert (result.flow is None) is bool(result.errors)
        assert_places_fit(result.document)
