"""Forms that follow what is named in them: the inputs of the flow that a step calls, the properties of a type."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from builder.actions import flows
from builder.errors import Path
from builder.flows.document import parse
from builder.tasks.catalogue import catalogue
from builder.web.editor.fields.controls import FieldView
from builder.web.editor.fields.view import form_of

SUBFLOW = "io.kestra.plugin.core.flow.Subflow"
LOG = "io.kestra.plugin.core.log.Log"
INPUTS = [
    {"id": "text", "type": "STRING", "displayName": "What to sum up", "description": "A letter, for example."},
    {"id": "words", "type": "INT", "defaults": 100},
    {"id": "tone", "type": "SELECT", "values": ["kind", {"value": "dry", "label": "Dry"}], "required": False},
    {"id": "who", "type": "FORM", "inputs": [{"id": "mail", "type": "EMAIL"}]},
]


def shown(data: Any, path: Path, name: str, **declared: Any) -> FieldView:
    def inputs(namespace: str, flow_id: str, revision: int | None) -> Any:
        return declared.get(f"{namespace}_{flow_id}_{revision or 0}")

    form = form_of(parse(json.dumps(data)), (), path, catalogue(), inputs)
    assert form is not None
    return next(one for one in (*(one for g in form.groups for one in g.fields), *form.more) if one.field.name == name)


def calling(**more: Any) -> dict[str, Any]:
    return {"tasks": [{"id": "call", "type": SUBFLOW, "namespace": "team", "flowId": "sum", **more}]}


def test_a_step_that_calls_a_flow_has_a_field_for_each_of_its_inputs() -> None:
    given = shown(
        calling(inputs={"text": "{{ inputs.letter }}", "other": 1}), ("tasks", 0), "inputs", team_sum_0=INPUTS
    )
    assert given.control == "section" and given.several
    fields = {one.field.name: one for one in given.nested}
    assert list(fields) == ["text", "words", "tone", "who", "other"]
    text, words, tone, who = (fields[name].field for name in ("text", "words", "tone", "who"))
    assert (text.label, text.description, text.required) == ("What to sum up", "A letter, for example.", True)
    assert fields["text"].text == "{{ inputs.letter }}" and fields["text"].path == ("tasks", 0, "inputs", "text")
    assert (words.control, words.default, words.required) == ("number", "100", False)
    assert tone.options == ("kind", "dry") and tone.free and not tone.required
    assert who.control == "section" and [one.field.name for one in fields["who"].nested] == ["mail"]
    assert fields["other"].control == "yaml", "what the flow does not declare stays in sight"


def test_a_revision_that_is_named_is_the_one_whose_inputs_are_asked_for() -> None:
    given = shown(calling(revision=2), ("tasks", 0), "inputs", team_sum_0=INPUTS, team_sum_2=INPUTS[:1])
    assert [one.field.name for one in given.nested] == ["text"]


@pytest.mark.parametrize("flow_id", ["gone", "{{ inputs.which }}", None])
def test_inputs_of_a_flow_that_cannot_be_told_are_a_map(flow_id: str | None) -> None:
    given = shown(calling(flowId=flow_id, inputs={"text": "x"}), ("tasks", 0), "inputs", team_sum_0=INPUTS)
    assert given.control == "map" and [one.name for one in given.entries] == ["text"]


def test_the_defaults_of_a_type_are_set_by_its_own_fields() -> None:
    defaults = [
        {"type": LOG, "values": {"level": "WARN", "wrong": 1}},
        {"type": "io.kestra.plugin.openai", "values": {"apiKey": "x"}},
    ]
    one, several = (row.fields for row in shown({"pluginDefaults": defaults}, (), "pluginDefaults").rows)
    values = next(view for view in one if view.field.name == "values")
    inside = {view.field.name: view for view in (*values.nested, *values.more)}
    assert values.control == "section" and inside["level"].control == "select" and inside["level"].text == "WARN"
    assert inside["message"].path == ("pluginDefaults", 0, "values", "message") and not inside["message"].field.required
    assert inside["wrong"].control == "yaml" and not {"id", "type"} & set(inside)
    assert next(view for view in several if view.field.name == "values").control == "map"


@pytest.mark.django_db
def test_the_page_asks_the_flow_that_is_called(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))
    log = {"id": "log", "type": LOG, "message": "x"}
    flows.save_flow(json.dumps({"id": "sum", "namespace": "team", "inputs": INPUTS, "tasks": [log]}), by="ann")
    flows.save_flow(json.dumps({"id": "main", "namespace": "team", **calling()}), by="ann")
    page = client.get(reverse("flow-editor", args=("team", "main")), {"step": "call"}).content.decode()
    assert "What to sum up" in page and 'id="field-tasks-0-inputs-who-mail"' in page
