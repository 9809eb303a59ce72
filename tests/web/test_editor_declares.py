"""The editor's forms for declaring inputs and outputs: the properties of each type, without a box of YAML."""

import html
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from builder.actions import drafts, flows
from builder.flows.catalogue import Kind
from builder.flows.check import check
from builder.flows.checks.head import FLOW_KEYS, PART_KEYS
from builder.flows.document import parse
from builder.flows.inputs.kinds import COMMON_INPUT_KEYS, FORM, FORM_KEYS, INPUT_KINDS
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import FormField
from builder.web.editor.changes import edit_of
from builder.web.editor.fields.declared import INPUT_TYPES, OUTPUT_TYPES, input_fields
from builder.web.editor.fields.flow import FLOW_FIELDS, LEFT_OUT
from builder.web.editor.fields.view import FormView, form_of
from builder.web.editor.steps.outline import SECTIONS

pytestmark = pytest.mark.django_db

TEXT = """\
id: hello
namespace: team
inputs:
  - id: about
    type: FORM
    inputs:
      - {id: mail, type: EMAIL}
  - id: lines
    type: TABLE
    columns:
      - {id: item, type: STRING}
tasks:
  - id: ask
    type: io.kestra.plugin.core.flow.Pause
    onResume:
      - {id: reason, type: STRING}
  - id: log
    type: io.kestra.plugin.core.log.Log
    message: "{{ outputs.ask.onResume.reason }} {{ inputs.about.mail }}"
outputs:
  - {id: log, type: STRING, value: x}
"""


@pytest.fixture
def ann(client: Client) -> Client:
    client.force_login(User.objects.create_user("ann"))
    flows.save_flow(TEXT, by="ann")
    return client


def change(client: Client, **body: Any) -> dict[str, Any]:
    base = client.get(reverse("flow-editor", args=("team", "hello"))).content.decode()
    facts = json.loads(base.split('<script id="editor-facts" type="application/json">')[1].split("</script>")[0])
    url = reverse("flow-editor-change", args=("team", "hello"))
    answer = client.post(url, json.dumps({"chosen": [], "base": facts["base"], **body}), "application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def now() -> Any:
    return parse(drafts.open_draft("team", "hello").text).data


def form(path: tuple[str | int, ...], text: str = TEXT) -> FormView:
    found = form_of(parse(text), (), path, catalogue())
    assert found is not None
    return found


def controls(view: FormView) -> dict[str, str]:
    shown = [field for group in view.groups for field in group.fields] + list(view.more)
    return {field.field.name: field.control for field in shown}


@pytest.mark.parametrize("kind", INPUT_TYPES)
def test_a_new_input_of_each_type_is_valid_and_has_all_its_properties_in_the_form(kind: str) -> None:
    edit, _ = edit_of({"do": "add", "kind": "input", "type": kind, "path": ["inputs"], "index": 0}, {})
    task = "{id: l, type: io.kestra.plugin.core.log.Log, message: x}"
    text = f"id: a\nnamespace: b\ninputs: [{json.dumps(edit.value)}]\ntasks: [{task}]\n"  # type: ignore[union-attr]
    assert check(text, catalogue()).problems == ()
    shown = controls(form(("inputs", 0), text))
    older = {"options", "allowInput", "extension"} | ({"isRadio"} if kind == "MULTISELECT" else set())
    assert set(INPUT_KINDS.get(kind, ())) - older <= set(shown)
    assert "yaml" not in {shown[name] for name in shown if name not in ("jsonSchema", "defaults", "prefill")}


@pytest.mark.parametrize("kind", OUTPUT_TYPES)
def test_a_new_output_of_each_type_has_its_form(kind: str) -> None:
    edit, _ = edit_of({"do": "add", "kind": "output", "type": kind, "path": ["outputs"], "index": 0}, {})
    text = f"id: a\nnamespace: b\noutputs: [{json.dumps(edit.value)}]\n"  # type: ignore[union-attr]
    shown = controls(form(("outputs", 0), text))
    assert shown["value"] == "textarea" and shown["required"] == "checkbox"
    assert ("itemType" in shown) is (kind == "ARRAY")


def test_inputs_stand_in_the_outline_wherever_they_are_declared(ann: Client) -> None:
    outline = html.unescape(change(ann, do="choose", path=[])["outline"])
    for path in ('["inputs",0,"inputs",0]', '["tasks",0,"onResume",0]', '["outputs",0]'):
        assert f'data-path="{path}"' in outline


def test_what_a_pause_asks_for_is_declared_like_the_flows_inputs(ann: Client) -> None:
    assert controls(form(("tasks", 0, "onResume", 0)))["validator"] == "text"
    assert "onResume" not in controls(form(("tasks", 0)))
    change(ann, do="add", kind="input", type="SELECT", path=["tasks", 0, "onResume"], index=1)
    assert now()["tasks"][0]["onResume"][1] == {"id": "select", "type": "SELECT", "values": ["first", "second"]}


def test_a_condition_and_a_column_are_written_by_their_own_fields(ann: Client) -> None:
    change(ann, do="field", path=["inputs", 1, "dependsOn", "condition"], control="text", raw="{{ inputs.x }}")
    change(ann, do="field", path=["inputs", 1, "dependsOn", "inputs"], control="list", raw="about.mail")
    change(ann, do="field", path=["inputs", 1, "columns", 0, "type"], control="select", raw="INT")
    change(ann, do="field", path=["inputs", 1, "rows", "max"], control="number", raw="3")
    assert now()["inputs"][1] == {
        "id": "lines",
        "type": "TABLE",
        "columns": [{"id": "item", "type": "INT"}],
        "dependsOn": {"condition": "{{ inputs.x }}", "inputs": ["about.mail"]},
        "rows": {"max": 3},
    }


def test_a_new_name_of_an_output_or_of_what_a_pause_asks_changes_no_expression(ann: Client) -> None:
    for path in (["outputs", 0, "id"], ["tasks", 0, "onResume", 0, "id"], ["inputs", 0, "inputs", 0, "id"]):
        change(ann, do="field", path=path, control="text", raw="other")
    assert now()["tasks"][1]["message"] == "{{ outputs.ask.onResume.reason }} {{ inputs.about.mail }}"
    assert now()["outputs"][0]["id"] == now()["tasks"][0]["onResume"][0]["id"] == "other"


def test_an_output_is_added_and_copied_with_a_name_of_its_own(ann: Client) -> None:
    change(ann, do="add", kind="output", type="INT", path=["outputs"], index=1)
    change(ann, do="duplicate", path=["outputs", 1])
    assert [one["id"] for one in now()["outputs"]] == ["log", "int", "int_2"]


FLOW_PARTS = {
    "concurrency": {"limit": 1, "key": "{{ inputs.count }}", "queueLimit": 3, "whenFull": "FAIL"},
    "checks": [{"when": "{{ inputs.count > 0 }}", "message": "Give a count above 0."}],
    "sla": [{"id": "in_time", "type": "MAX_DURATION", "behavior": "FAIL", "duration": "PT1H"}],
    "pluginDefaults": [{"type": "io.kestra.plugin.core.log.Log", "values": {"level": "WARN"}}],
    "retry": {"type": "constant", "interval": "PT30S"},
    "quotas": [{"duration": "P1D", "limit": 100, "behavior": "FAIL"}],
}


@pytest.mark.parametrize("name", FLOW_PARTS)
def test_each_part_of_a_flow_is_a_form_of_fields(name: str) -> None:
    data = {**parse(TEXT).data, name: FLOW_PARTS[name]}
    view = form((), json.dumps(data))
    shown = next(one for group in view.groups for one in group.fields if one.field.name == name)
    assert shown.control in ("section", "rows")
    inside = shown.nested or shown.rows[0].fields
    written = FLOW_PARTS[name][0] if isinstance(FLOW_PARTS[name], list) else FLOW_PARTS[name]
    assert {one.field.name for one in inside if one.written} == set(written) - {"type"} | (
        {"type"} if name == "pluginDefaults" else set()
    )
    assert not check(json.dumps(data), catalogue()).errors


@pytest.mark.parametrize("name", ["checks", "sla", "quotas", "pluginDefaults"])
def test_a_new_row_of_what_a_flow_demands_is_valid(name: str) -> None:
    view = form(())
    field = next(one for one in view.more if one.field.name == name)
    for blank in field.blanks.values():
        data = {**parse(TEXT).data, name: [json.loads(blank)]}
        assert not check(json.dumps(data), catalogue()).errors


def names(fields: Iterable[FormField]) -> set[str]:
    return {name for one in fields for name in (one.name, *one.other_names)}


def test_every_key_that_a_flow_and_its_parts_may_have_is_in_the_form() -> None:
    assert names((*FLOW_FIELDS, *LEFT_OUT)) | {name for name, _, _ in SECTIONS} == set(FLOW_KEYS)
    fields = {one.name: one for one in FLOW_FIELDS}
    for part, keys in PART_KEYS.items():
        known = {name for kind in fields[part].variants.values() for name in names(kind)}
        assert known | {"type"} == {*keys, "type"} - {"ref"}, part


@pytest.mark.parametrize("kind", [*INPUT_KINDS, FORM])
def test_every_key_that_an_input_may_have_is_in_its_form(kind: str) -> None:
    keys = {*FORM_KEYS} - {"inputs"} if kind == FORM else {*COMMON_INPUT_KEYS, *INPUT_KINDS[kind]}
    assert names(input_fields(kind)) >= keys - ({"isRadio"} if kind == "MULTISELECT" else set())


def test_what_a_form_leaves_out_is_shown_in_words_where_it_is_written() -> None:
    data = {**parse(TEXT).data, "revision": 3, "taskDefaults": [], "pluginDefaults": [], "wrong": 1}
    groups = {group.name: group for group in form((), json.dumps(data)).groups}
    assert [one.field.name for one in groups["rarely_used"].fields] == ["revision"]
    assert [one.field.name for one in groups["unknown"].fields] == ["taskDefaults", "wrong"]
    task = {"id": "a", "type": "io.kestra.plugin.core.log.Log", "message": "x", "workerGroup": {"key": "a"}}
    groups = {group.name: group for group in form(("tasks", 0), json.dumps({"tasks": [task]})).groups}
    assert "without effect here" in groups["rarely_used"].fields[0].field.description and "unknown" not in groups


def test_a_listener_is_added_with_a_step_and_its_conditions_are_rows(ann: Client) -> None:
    answer = change(ann, do="add", kind="listener", path=["listeners"], index=0, type="")
    assert answer["chosen"] == ["listeners", 0] and now()["listeners"][0]["tasks"][0]["type"].endswith("Log")
    view = form(("listeners", 0), drafts.open_draft("team", "hello").text)
    conditions = next(one for group in view.groups for one in group.fields if one.field.name == "conditions")
    assert conditions.control == "rows" and len(conditions.blanks) > 10
    for kind, blank in conditions.blanks.items():
        change(ann, do="insert", path=["listeners", 0, "conditions"], index=0, value=json.loads(blank))
        assert now()["listeners"][0]["conditions"][0]["type"] == kind
    found = check(drafts.open_draft("team", "hello").text, catalogue()).errors
    assert {one.message.split(": ")[1] for one in found} == {"it needs after, before or both"}


def test_conditions_of_a_trigger_are_rows_too() -> None:
    trigger = {"id": "t", "type": "io.kestra.plugin.core.trigger.Schedule", "cron": "* * * * *",
               "conditions": [{"type": "io.kestra.plugin.core.condition.Weekend"}]}  # fmt: skip
    view = form(("triggers", 0), json.dumps({**parse(TEXT).data, "triggers": [trigger]}))
    assert controls(view)["conditions"] == "rows"


def test_a_step_that_deletes_for_good_says_so_before_and_after_it_is_added(ann: Client) -> None:
    page = ann.get(reverse("flow-editor", args=("team", "hello"))).content.decode()
    assert page.count("data-deletes=") == sum(1 for one in catalogue().all() if one.plugin.deletes)
    deleting = next(one for one in catalogue().all(Kind.TASK) if one.plugin.deletes)
    answer = change(ann, do="add", kind="task", path=["tasks"], index=0, type=deleting.name)
    assert html.escape(deleting.plugin.deletes) in answer["form"] and "deletes · " in answer["outline"]
