"""Which dialect a flow is written in, and what the newer release calls things."""

from pathlib import Path

import pytest
from django.conf import settings

from builder.errors import dotted
from builder.flows.check import check
from builder.flows.dialects.signs import Dialect, Spoken, spoken
from builder.flows.document import parse
from builder.tasks.catalogue import catalogue

LOG = "  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"
HEAD = "id: a\nnamespace: b\ntasks:\n"


def said(text: str) -> Spoken:
    def canonical(name: str) -> str | None:
        found = catalogue().find(name)
        return found.name if found else None

    return spoken(parse(text).data, canonical)


@pytest.mark.parametrize(
    ("text", "where", "written", "instead"),
    [
        (HEAD + "  - {id: e, type: io.kestra.plugin.core.flow.ForEach}\n", "tasks[0].type", "core.flow.ForEach",
         "core.flow.Loop"),
        (HEAD + "  - {id: e, type: io.kestra.core.tasks.log.Log}\n", "tasks[0].type", "io.kestra.core.tasks.log.Log",
         "io.kestra.plugin.core.log.Log"),
        (HEAD + LOG + "inputs: [{name: x, type: STRING}]\n", "inputs[0].name", "name", "id"),
        (HEAD + LOG + "inputs: [{id: x, type: BOOLEAN}]\n", "inputs[0].type", "BOOLEAN", "BOOL"),
        (HEAD + LOG + "taskDefaults: []\n", "taskDefaults", "taskDefaults", "the properties in each task"),
        (HEAD + LOG + "retry: {type: constant, interval: PT1S, maxAttempt: 2}\n", "retry.maxAttempt", "maxAttempt",
         "maxAttempts"),
        (HEAD + LOG + "checks: [{condition: x, message: m}]\n", "checks[0].condition", "condition", "when"),
        (HEAD + LOG + "triggers: [{id: t, type: io.kestra.plugin.core.trigger.Schedule, conditions: []}]\n",
         "triggers[0].conditions", "conditions", "when"),
        (HEAD + LOG.replace("hi", '"{{ json(x) }}"'), "tasks[0].message", "json()", "fromJson()"),
        (HEAD + LOG.replace("hi", '"{{ x | json }}"'), "tasks[0].message", "| json", "| toJson"),
        (HEAD + LOG.replace("hi", '"{{ schedule.date }}"'), "tasks[0].message", "schedule.", "trigger."),
    ],
)  # fmt: skip
def test_an_older_name_is_told_with_the_newer_one(text: str, where: str, written: str, instead: str) -> None:
    found = said(text)
    assert found.dialect is Dialect.OLD
    assert [(dotted(one.path), one.written, one.instead) for one in found.hints] == [(where, written, instead)]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "  - {id: l, type: io.kestra.plugin.core.flow.Loop}\n",
        HEAD + LOG + "triggers: [{id: t, type: io.kestra.plugin.core.trigger.Schedule, when: x}]\n",
        HEAD + LOG + "triggers: [{id: t, type: io.kestra.plugin.core.trigger.Flow, dependsOn: []}]\n",
        HEAD + LOG + "inputs: [{id: f, type: FORM, inputs: []}]\n",
        HEAD + LOG + "quotas: []\n",
        HEAD + LOG.replace("hi", '"{{ item.value }}"'),
    ],
)
def test_a_name_that_only_the_newer_release_has_is_a_sign_of_it(text: str) -> None:
    assert said(text).dialect is Dialect.NEW


def test_a_text_without_signs_is_of_any_release() -> None:
    assert said(HEAD + LOG) == Spoken(Dialect.ANY, ())
    assert said(HEAD + LOG.replace("hi", '"{{ fromJson(x) | toJson }} item.value json(x)"')).dialect is Dialect.ANY
    assert said("[]").dialect is Dialect.ANY and said("").dialect is Dialect.ANY


def test_a_key_is_a_sign_only_where_it_has_that_meaning() -> None:
    text = HEAD + "  - {id: t, type: io.kestra.plugin.core.execution.Assert, conditions: ['x'], when: 'true'}\n"
    assert said(text).dialect is Dialect.ANY


def test_a_flow_that_mixes_dialects_is_valid_and_told_so() -> None:
    text = (
        HEAD
        + "  - id: each\n    type: io.kestra.plugin.core.flow.ForEach\n    values: [1]\n    tasks:\n"
        + "      - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"
        + "inputs:\n  - id: f\n    type: FORM\n    inputs: [{id: x, type: BOOLEAN, required: false}]\n"
    )
    assert check(text, catalogue()).flow is not None
    assert said(text).dialect is Dialect.MIXED


CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus" / "flows"


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_the_flows_of_0_21_never_speak_the_newer_dialect() -> None:
    for file in CORPUS.rglob("*.y*ml"):
        assert said(file.read_text()).dialect in (Dialect.ANY, Dialect.OLD), file
