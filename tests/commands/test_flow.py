"""`manage.py flow validate`: what it prints and how it exits."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from builder.actions import flows
from builder.clock import FixedClock, SystemClock

pytestmark = pytest.mark.django_db
LOG = "tasks:\n  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}\n"


def test_a_right_file_is_silent(tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("id: a\nnamespace: lab\n" + LOG)
    out, err = StringIO(), StringIO()
    call_command("flow", "validate", str(file), stdout=out, stderr=err)
    assert out.getvalue() == "" and "0 error(s)" in err.getvalue()


def test_each_problem_is_one_line_with_its_place_in_the_file(tmp_path: Path):
    file = tmp_path / "two.yaml"
    file.write_text("id: a\nnamespace: lab\n" + LOG + "---\nid: b c\nnamespace: lab\n" + LOG)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("flow", "validate", str(file), stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert out.getvalue().startswith(f"{file}:6:5: id may hold letters")


def test_problems_can_be_read_by_a_machine(tmp_path: Path):
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("flow", "validate", "--json", str(tmp_path / "missing.yaml"), stdout=out)
    assert json.loads(out.getvalue())[0]["message"] == "cannot be read: No such file or directory"


CALLING = "tasks:\n  - {id: sub, type: io.kestra.plugin.core.flow.Subflow, namespace: lab, flowId: other}\n"


@pytest.mark.django_db
def test_a_flow_that_is_called_must_be_in_the_files_or_in_the_database(tmp_path: Path):
    file = tmp_path / "calls.yaml"
    file.write_text("id: a\nnamespace: lab\n" + CALLING)
    alone, together = StringIO(), StringIO()
    call_command("flow", "validate", str(file), stdout=alone)
    assert "warning: the flow lab/other does not exist" in alone.getvalue()
    other = tmp_path / "other.yaml"
    other.write_text("id: other\nnamespace: lab\n" + LOG)
    call_command("flow", "validate", str(file), str(other), stdout=together)
    assert together.getvalue() == ""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the database is a server")
def test_without_a_database_no_flow_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    nowhere = tmp_path / "none.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(nowhere))
    file = tmp_path / "calls.yaml"
    file.write_text("id: a\nnamespace: lab\n" + CALLING)
    out = StringIO()
    call_command("flow", "validate", str(file), stdout=out)
    assert out.getvalue() == "" and not nowhere.exists()


def test_a_machine_is_told_the_dialect_of_each_flow_and_its_older_names(tmp_path: Path):
    file = tmp_path / "two.yaml"
    old = "inputs:\n  - {id: x, type: BOOLEAN, required: false}\n"
    file.write_text("id: a\nnamespace: lab\n" + LOG + "---\nid: b\nnamespace: lab\n" + old + LOG)
    out = StringIO()
    call_command("flow", "validate", "--json", str(file), stdout=out)
    found = json.loads(out.getvalue())
    assert [(one["severity"], one["line"], one.get("dialect")) for one in found] == [
        ("info", 0, "any"),
        ("info", 0, "1.x"),
        ("info", 9, None),
    ]
    assert found[2]["message"] == "BOOLEAN is the older name; Kestra 2.0 writes BOOL"


RECIPE = """\
version: v1beta
on: {}
component:
  a: {type: openai, task: TASK_TEXT_GENERATION, input: {model: gpt-4o, prompt: Hi}, setup: "${connection.mine}"}
"""


@pytest.mark.django_db(transaction=True)
def test_flows_and_recipes_are_imported(tmp_path: Path):
    flow, recipe, out, err = tmp_path / "one.yaml", tmp_path / "my recipe.yaml", StringIO(), StringIO()
    flow.write_text("id: one\nnamespace: lab\n" + LOG)
    recipe.write_text(RECIPE)
    call_command("flow", "import", str(flow), str(recipe), "--namespace", "lab", stdout=out, stderr=err)
    assert out.getvalue().splitlines() == [
        "published revision 1 of lab.one",
        "draft lab.my_recipe: look at it in the editor, then publish it",
    ]
    assert err.getvalue().startswith(f"{recipe}:2:1: on has no counterpart in a flow")


@pytest.mark.django_db(transaction=True)
def test_what_an_imported_flow_is_warned_of_is_told(tmp_path: Path):
    file, err = tmp_path / "one.yaml", StringIO()
    trigger = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Flow}\n"
    file.write_text("id: one\nnamespace: lab\n" + LOG + trigger)
    call_command("flow", "import", str(file), stdout=StringIO(), stderr=err)
    assert "warning: triggers[0]: this starts the flow after every execution of every other flow" in err.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_flow_that_is_imported_again_gets_a_new_revision_when_its_text_changed(tmp_path: Path):
    file, out = tmp_path / "one.yaml", StringIO()
    for text in (LOG, LOG, f"description: new\n{LOG}"):
        file.write_text(f"id: one\nnamespace: lab\n{text}")
        call_command("flow", "import", str(file), stdout=out)
    assert out.getvalue().splitlines() == [
        "published revision 1 of lab.one", "unchanged: lab.one", "published revision 2 of lab.one"
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("more", "said"), [([], "all noted as missed"), (["LAST"], "a backfill starts the last.")])
def test_an_import_that_switches_a_schedule_on_says_what_becomes_of_the_times_that_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], said: str
):
    file, out = tmp_path / "one.yaml", StringIO()
    schedule = 'triggers:\n  - {id: night, type: io.kestra.plugin.core.trigger.Schedule, cron: "@daily"}\n'
    text = f"id: one\nnamespace: lab\n{LOG}{schedule}"
    monkeypatch.setattr(flows, "_CLOCK", FixedClock(SystemClock().now() - timedelta(days=2)))
    flows.create_flow(text, by="ada")
    flows.set_disabled("lab", "one", True, by="ada")
    monkeypatch.undo()
    file.write_text(text)
    asked = ["--recover-missed-schedules", *more] if more else []
    call_command("flow", "import", str(file), *asked, stdout=out)
    first, second = out.getvalue().splitlines()
    assert first == "published revision 3 of lab.one"
    assert second.startswith("  night: 2 times passed while it was off; ") and said in second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("text", "said"),
    [("id: a b\nnamespace: lab\n" + LOG, ":1:5: id may hold"), (RECIPE, "namespace"), (None, "cannot be read")],
)
def test_what_cannot_be_imported_is_said_with_its_place(tmp_path: Path, text: str | None, said: str):
    file = tmp_path / "a.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("flow", "import", str(file))
