"""Blocks in the editor: what a DAG's steps wait for, the cases of a Switch, more places for steps, entries of maps."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string

from builder.errors import InvalidInput, Path
from builder.flows.check import check
from builder.flows.document import parse
from builder.flows.edit import Edit, Move, Remove, SetValue, Several, apply
from builder.tasks.catalogue import catalogue
from builder.web.editor.changes import edit_of
from builder.web.editor.fields.controls import FieldView, FormView
from builder.web.editor.fields.view import form_of
from builder.web.editor.steps.outline import outline, walk

LOG = "io.kestra.plugin.core.log.Log"
FLOW = f"""\
id: blocks
namespace: team
variables:
  region: eu   # ours
  count: 3
tasks:
  - id: graph
    type: io.kestra.plugin.core.flow.Dag
    tasks:
      # the beginning
      - task:
          id: fetch   # first
          type: {LOG}
          message: a
      - task:
          id: report
          type: {LOG}
          message: "{{{{ vars.region }}}}"
        dependsOn: [fetch]   # needs it
      - task:
          id: clean
          type: {LOG}
          message: c
        dependsOn:
          - fetch
          - report
  - id: by_kind
    type: io.kestra.plugin.core.flow.Switch
    value: "{{{{ vars.region }}}}"
    cases:
      # the old world
      eu:
        - id: old
          type: {LOG}
          message: x
  - id: ask
    type: io.kestra.plugin.core.flow.Pause
"""


def changed(text: str = FLOW, **body: Any) -> tuple[str, Path | None]:
    edit, chosen = edit_of(body, parse(text).data)
    done = apply(text, edit)
    assert not done.rewritten
    return done.text, chosen


def form(path: Path, text: str = FLOW) -> FormView:
    found = form_of(parse(text), check(text, catalogue()).problems, path, catalogue())
    assert found is not None
    return found


def field(path: Path, name: str, text: str = FLOW) -> FieldView:
    view = form(path, text)
    shown = [one for group in view.groups for one in group.fields] + list(view.more)
    return next(one for one in shown if one.field.name == name)


def test_a_step_of_a_dag_chooses_from_the_others_and_not_from_those_that_wait_for_it() -> None:
    assert "dependsOn" not in {one.field.name for group in form(("tasks", 2)).groups for one in group.fields}
    waits = field(("tasks", 0, "tasks", 1, "task"), "dependsOn")
    assert waits.path == ("tasks", 0, "tasks", 1, "dependsOn") and waits.control == "siblings"
    assert [(one.id, one.chosen, one.waits) for one in waits.siblings] == [
        ("fetch", True, False),
        ("clean", False, True),
    ]
    first = field(("tasks", 0, "tasks", 0, "task"), "dependsOn")
    assert first not in form(("tasks", 0, "tasks", 0, "task")).more
    assert [(one.id, one.waits) for one in first.siblings] == [("report", True), ("clean", True)]


def test_what_is_chosen_is_spliced_and_its_comment_stays() -> None:
    place = ["tasks", 0, "tasks", 2, "dependsOn"]
    text, _ = changed(do="field", path=place, control="siblings", raw=["report"])
    assert text == FLOW.replace("          - fetch\n          - report\n", "          - report\n")
    text, _ = changed(do="field", path=["tasks", 0, "tasks", 1, "dependsOn"], control="siblings", raw=[])
    assert text == FLOW.replace("        dependsOn: [fetch]   # needs it\n", "")


def test_a_cycle_and_a_missing_step_are_named_at_the_choice() -> None:
    text = FLOW.replace("        dependsOn: [fetch]   # needs it", "        dependsOn: [clean]")
    (problem,) = field(("tasks", 0, "tasks", 1, "task"), "dependsOn", text).problems
    assert "a cycle: report -> clean -> report" in problem.message
    text = FLOW.replace("dependsOn: [fetch]", "dependsOn: [gone]")
    waits = field(("tasks", 0, "tasks", 1, "task"), "dependsOn", text)
    assert [one.id for one in waits.siblings if one.missing] == ["gone"] and waits.problems
    marked = {step.id: step.errors for step in walk(outline(parse(text).data, waits.problems, catalogue()))}
    assert marked["report"] == 1 and marked["graph"] == 0


def test_steps_of_a_dag_are_added_moved_copied_and_removed_as_its_items() -> None:
    text, chosen = changed(do="add", kind="task", type=LOG, path=["tasks", 0, "tasks"], index=3)
    assert chosen == ("tasks", 0, "tasks", 3, "task")
    assert list(parse(text).data["tasks"][0]["tasks"][3]) == ["task"]
    text, chosen = changed(do="move", path=["tasks", 0, "tasks", 1, "task"], by=-1)
    assert chosen == ("tasks", 0, "tasks", 0, "task") and text.index("needs it") < text.index("# the beginning")
    text, chosen = changed(do="duplicate", path=["tasks", 0, "tasks", 1, "task"])
    copy = parse(text).data["tasks"][0]["tasks"][2]
    assert copy["task"]["id"] == "report_2" and copy["dependsOn"] == ["fetch"]
    assert chosen == ("tasks", 0, "tasks", 2, "task")
    text, chosen = changed(do="remove", path=["tasks", 0, "tasks", 1, "task"])
    assert chosen == ("tasks", 0, "tasks", 0, "task")
    assert parse(text).data["tasks"][0]["tasks"][1]["dependsOn"] == ["fetch"] and not check(text, catalogue()).errors


def test_a_step_moves_out_of_a_dag_and_into_one_with_its_comments() -> None:
    text, chosen = changed(do="move", path=["tasks", 0, "tasks", 0, "task"], to=["tasks"], index=1)
    assert chosen == ("tasks", 1) and not check(text, catalogue()).errors
    moved = f"  # the beginning\n  - id: fetch   # first\n    type: {LOG}\n    message: a\n"
    assert moved in text and parse(text).data["tasks"][0]["tasks"][1]["dependsOn"] == ["report"]
    back, chosen = changed(text, do="move", path=["tasks", 1], to=["tasks", 0, "tasks"], index=0)
    assert chosen == ("tasks", 0, "tasks", 0, "task")
    assert back == FLOW.replace("        dependsOn: [fetch]   # needs it\n", "").replace("          - fetch\n", "")
    flow = "tasks:\n  - {id: a, type: x}  # one\n  - id: d\n    type: io.kestra.plugin.core.flow.Dag\n"
    text, _ = changed(flow, do="move", path=["tasks", 0], to=["tasks", 1, "tasks"], index=0)
    assert text.endswith("    tasks:\n      - task: {id: a, type: x}  # one\n")
    text, _ = changed(text, do="move", path=["tasks", 0, "tasks", 0, "task"], to=["tasks"], index=1)
    assert "\n  - {id: a, type: x}  # one\n" in text


def test_a_renamed_step_of_a_dag_is_followed_by_those_that_wait_for_it() -> None:
    text, _ = changed(do="field", path=["tasks", 0, "tasks", 0, "task", "id"], control="text", raw="load")
    assert text == FLOW.replace("id: fetch", "id: load").replace("[fetch]", "[load]").replace("- fetch\n", "- load\n")


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ({"do": "remove", "path": ["tasks", 0, "tasks", 0, "task"]}, Remove(("tasks", 0, "tasks", 0))),
        ({"do": "move", "path": ["tasks", 0, "tasks", 0, "task"], "to": ["tasks"]},
         Move(("tasks", 0, "tasks", 0), ("tasks",), 0, take="task")),
        ({"do": "field", "path": ["tasks", 0, "tasks", 0, "task", "id"], "control": "text", "raw": "load"},
         SetValue(("tasks", 0, "tasks", 0, "task", "id"), "load")),
    ],
)  # fmt: skip
def test_a_change_that_others_follow_is_still_the_one_that_was_meant(body: dict[str, Any], meant: Edit) -> None:
    edit, _ = edit_of(body, parse(FLOW).data)
    while isinstance(edit, Several):
        edit = edit.main
    assert edit == meant


def test_cases_are_added_renamed_filled_and_removed() -> None:
    cases = field(("tasks", 1), "cases")
    assert cases.control == "ways" and [(one.name, one.steps) for one in cases.entries] == [("eu", 1)]
    text, chosen = changed(do="add", kind="way", path=["tasks", 1, "cases"], index=0)
    assert chosen == ("tasks", 1) and parse(text).data["tasks"][1]["cases"]["case"] == []
    text, _ = changed(text, do="key", path=["tasks", 1, "cases", "case"], raw="no")
    text, chosen = changed(text, do="add", kind="task", type=LOG, path=["tasks", 1, "cases", "no"], index=0)
    assert chosen == ("tasks", 1, "cases", "no", 0) and '      "no":\n        - id: log\n' in text
    text, chosen = changed(text, do="remove", path=["tasks", 1, "cases", "no", 0])
    assert chosen == ("tasks", 1)
    text, _ = changed(text, do="take-out", path=["tasks", 1, "cases", "no"])
    assert text == FLOW
    text, _ = changed(do="put", path=["tasks", 1, "cases"], name="us")
    assert parse(text).data["tasks"][1]["cases"]["us"] == []
    with pytest.raises(InvalidInput, match="There is eu already"):
        changed(do="put", path=["tasks", 1, "cases"], name=" eu ")


def test_every_block_offers_the_places_for_steps_that_it_lacks() -> None:
    steps = {step.id: step for step in walk(outline(parse(FLOW).data, (), catalogue()))}
    assert [place.label for place in steps["by_kind"].places] == [
        "A case",
        "Otherwise",
        "If a step fails",
        "At the end, always",
    ]
    assert "onPause" in [place.name for place in steps["ask"].places] and steps["old"].places == ()
    text, chosen = changed(do="add", kind="task", type=LOG, path=["tasks", 1, "errors"], index=0)
    assert chosen == ("tasks", 1, "errors", 0) and not check(text, catalogue()).errors
    after = {step.id: step for step in walk(outline(parse(text).data, (), catalogue()))}
    assert "errors" not in [place.name for place in after["by_kind"].places]


def test_the_one_step_before_a_pause_is_added_and_removed_like_any_other() -> None:
    place = ["tasks", 2, "onPause"]
    text, chosen = changed(do="add", kind="task", type=LOG, path=place, index=0)
    assert chosen == tuple(place) and not check(text, catalogue()).errors
    (branch,) = [one for step in walk(outline(parse(text).data, (), catalogue())) for one in step.branches if one.alone]
    assert branch.full and branch.steps[0].path == tuple(place)
    for verb in ("move", "duplicate"):
        with pytest.raises(InvalidInput, match="room for one step"):
            changed(text, do=verb, path=place, by=1)
    assert changed(text, do="remove", path=place) == (FLOW, ("tasks", 2))


def test_entries_of_a_map_keep_their_kind_and_are_followed_by_their_readers() -> None:
    shown = field((), "variables")
    assert [(one.name, one.value.text) for one in shown.entries] == [("region", "eu"), ("count", "3")]
    assert changed(do="entry", path=["variables", "count"], raw="4")[0] == FLOW.replace("count: 3", "count: 4")
    assert changed(do="entry", path=["variables", "region"], raw="1")[0] == FLOW.replace("eu   #", '"1"   #')
    text, _ = changed(do="put", path=["variables"], name="deep", raw="true")
    assert parse(text).data["variables"]["deep"] is True
    text, _ = changed(do="put", path=["labels"], name="sure", raw="true", plain=True)
    assert parse(text).data["labels"] == {"sure": "true"}
    text, _ = changed(do="key", path=["variables", "region"], raw="place")
    assert text == FLOW.replace("region", "place")


@pytest.mark.parametrize(("written", "shape"), [("[1, 2]", "yaml"), ("{a: 1}", "yaml"), ('"a\\nb"', "entry-lines")])
def test_what_is_no_single_word_in_a_map_keeps_a_box_of_its_own(written: str, shape: str) -> None:
    text = FLOW.replace("count: 3", f"count: {written}")
    assert field((), "variables", text).entries[1].value.control == shape


def test_no_property_of_the_language_itself_is_left_to_a_box_of_yaml() -> None:
    """Models' own parameters, as JSON people copy, and values of any kind are what YAML is for."""
    boxes = set()
    for entry in catalogue().all():
        if entry.name.startswith("io.kestra.plugin.core.") and not entry.plugin.deprecated:
            boxes |= {(entry.plugin.short_name(), one.name) for one in entry.fields if one.control == "yaml"}
    taken = {name for _, name in boxes} - {"conditions", "onResume", "inputs"}
    assert taken == {"condition"}


@pytest.mark.parametrize("do", ["move", "remove", "duplicate", "shift", "key", "entry", "put", "take-out"])
@pytest.mark.parametrize("path", [[], ["id"], ["nothing", 3], ["tasks"], ["tasks", 0, "tasks", 7, "task"]])
def test_a_change_of_what_is_not_there_is_refused_or_harmless(do: str, path: list[Any]) -> None:
    try:
        text, _ = changed(do=do, path=path, name="new", raw="new", by=1)
    except InvalidInput:
        return
    assert parse(text).data is not None


@pytest.mark.parametrize("value", ["x", 2.5, [1], {"every": "week", "weekdays": 5}])
def test_what_no_page_sends_is_refused_in_words(value: Any) -> None:
    for do in ("insert", "add", "move", "shift", "field"):
        body = {"do": do, "path": ["tasks", 0], "to": ["tasks"], "kind": "task", "type": LOG, "control": "cron"}
        try:
            changed(**body, index=value, raw=value)
        except InvalidInput:
            continue
        assert do == "field"
    with pytest.raises(InvalidInput, match="nothing of the kind"):
        changed(do="add", path=["tasks"], kind=value)
    with pytest.raises(InvalidInput):
        changed(do="field", path=["nothing", 3, "id"], control="text", raw=value)


def test_lists_whose_items_no_model_names_are_rows_and_what_a_row_has_besides_is_kept_in_sight() -> None:
    chat = "openai.CreateChatCompletion"
    step = {"id": "c", "type": chat, "messages": [{"role": "user", "content": "x", "name": "ann"}]}
    text = f"id: a\nnamespace: b\nlabels: [{{key: k, value: v}}]\ntasks: [{step}]\n"
    messages = field(("tasks", 0), "messages", text)
    assert messages.control == "rows"
    assert [(one.field.name, one.control) for one in messages.rows[0].fields] == [
        ("role", "select"),
        ("content", "textarea"),
        ("name", "yaml"),
    ]
    labels = field((), "labels", text)
    assert labels.control == "rows" and [one.text for one in labels.rows[0].fields] == ["k", "v"]


def test_a_section_of_a_kind_that_is_not_known_is_a_box_of_yaml() -> None:
    step = {"id": "l", "type": LOG, "message": "x", "retry": {"type": "sometimes", "interval": "PT1S"}}
    retry = field(("tasks", 0), "retry", f"id: a\nnamespace: b\ntasks: [{step}]\n")
    assert retry.control == "yaml" and "sometimes" in retry.text


def test_no_two_parts_of_a_form_have_one_name_whatever_entries_are_called() -> None:
    text = FLOW.replace("  count: 3", "  in: 1\n  new: 2\n  name: 3\n  new-name: 4\n  region-in: 5\n  count-name: 6")
    shown = render_to_string("flow/_form.html", {"form": form((), text)})
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert len(ids) > 20 and len(ids) == len(set(ids))
