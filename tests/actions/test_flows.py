"""Publishing gives numbered revisions; nobody's text is overwritten in silence."""

from functools import partial

import pytest

from builder.actions import drafts, flows
from builder.errors import Conflict, InvalidFlow, NotFound, StaleRevision
from builder.store import flows as stored
from builder.store import triggers
from tests.actions.conftest import HELLO, flow

pytestmark = pytest.mark.django_db
SCHEDULED = (
    HELLO
    + """\
triggers:
  - id: hourly
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 * * * *"
"""
)


def test_the_first_save_is_revision_one_and_the_same_text_stays_it(hello: str):
    assert stored.get("team", "hello").revision == 1
    again = flows.update_flow("team", "hello", hello, by="ada")
    assert (again.revision.number, again.is_new) == (1, False)
    changed = flows.update_flow("team", "hello", hello + "description: more\n", by="bob")
    assert (changed.revision.number, changed.revision.created_by) == (2, "bob")
    assert stored.get("team", "hello").description == "more"


def test_an_id_is_taken_once(hello: str):
    with pytest.raises(Conflict, match="Flow id already exists"):
        flows.create_flow(hello, by="ada")


def test_ids_cannot_change_on_update(hello: str):
    with pytest.raises(InvalidFlow, match="Illegal flow id update") as caught:
        flows.update_flow("team", "hello", hello.replace("id: hello", "id: bye").replace("team", "other"), by="ada")
    assert "Illegal namespace update" in str(caught.value)


def test_a_bad_flow_is_refused_with_all_its_problems():
    with pytest.raises(InvalidFlow) as caught:
        flows.create_flow("id: x\nnamespace: team\ntasks:\n  - id: a\n    type: no.such.Type\n", by="ada")
    assert caught.value.problems[0].line == 5


def test_an_update_of_a_missing_flow_is_not_found():
    with pytest.raises(NotFound):
        flows.update_flow("team", "nowhere", HELLO, by="ada")


def test_deleting_is_a_revision_and_creating_again_goes_on_counting(hello: str):
    assert flows.delete_flow("team", "hello", by="ada").number == 2
    with pytest.raises(NotFound):
        stored.get("team", "hello")
    assert flows.create_flow(hello, by="ada").revision.number == 3
    assert [revision.deleted for revision in stored.revisions("team", "hello")] == [False, True, False]


def test_switching_off_is_an_edit_of_the_text(hello: str):
    published = flows.set_disabled("team", "hello", True, by="ada")
    assert stored.get("team", "hello").disabled
    assert "disabled: true" in published.revision.source
    assert flows.set_disabled("team", "hello", False, by="ada").revision.source == hello


def test_a_publish_from_an_old_base_is_refused(hello: str):
    drafts.save_draft("team", "hello", hello + "description: mine\n", by="ada")
    flows.update_flow("team", "hello", hello + "description: theirs\n", by="bob")
    assert drafts.open_draft("team", "hello").is_stale
    with pytest.raises(StaleRevision, match=r"bob published revision 2 .* both of you changed description"):
        flows.publish("team", "hello", by="ada")
    seen = flows.publish("team", "hello", by="ada", base_revision=2)
    assert (seen.revision.number, seen.merged) == (3, ())
    assert "mine" in seen.revision.source


def test_edits_of_different_steps_merge_and_are_named():
    step = "  - id: {0}\n    type: io.kestra.plugin.core.log.Log\n    message: {0}\n"
    text = flow("".join(step.format(name) for name in "abc"))
    flows.create_flow(text, by="ada")
    drafts.save_draft("team", "work", text.replace("message: a", "message: mine # why"), by="ada")
    flows.update_flow("team", "work", text.replace("message: c", "message: theirs"), by="bob")
    published = flows.publish("team", "work", by="ada")
    assert published.merged == ("tasks.c",)
    assert published.revision.source == text.replace("message: a", "message: mine # why").replace(
        "message: c", "message: theirs"
    )
    assert not drafts.open_draft("team", "work").changed


def test_publishing_a_new_draft_uses_the_ids_in_its_text():
    drafts.save_draft("team", "untitled", HELLO, by="ada")
    assert flows.publish("team", "untitled", by="ada").revision.flow_id == "hello"
    with pytest.raises(NotFound):
        drafts.open_draft("team", "untitled")


def test_publishing_declares_triggers_and_keeps_the_switch():
    flows.create_flow(SCHEDULED, by="ada")
    (hourly,) = triggers.of_flow("team", "hello")
    assert (hourly.id, hourly.active, hourly.next_at) == ("hourly", True, None)
    triggers.set_enabled("team", "hello", "hourly", False, hourly.since)
    flows.update_flow("team", "hello", SCHEDULED.replace("0 *", "5 *"), by="ada")
    (changed,) = triggers.of_flow("team", "hello")
    assert (changed.definition["cron"], changed.enabled, changed.revision) == ("5 * * * *", False, 2)
    flows.update_flow("team", "hello", HELLO, by="ada")
    assert triggers.of_flow("team", "hello") == []


def test_a_call_of_a_flow_that_is_not_there_is_a_warning(hello: str):
    calling = flow("  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: other}\n")
    published = flows.create_flow(calling, by="ada")
    assert [warning.where for warning in published.warnings] == ["tasks[0].flowId"]
    assert flows.validate(calling.replace("other", "hello")).problems == ()


def test_a_circle_by_a_call_is_warned_of_whichever_of_the_flows_is_saved(hello: str):
    calling = flow("  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: hello}\n")
    after = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Flow, dependsOn: [{flowId: hello}]}\n"
    (warning,) = flows.create_flow(calling + after, by="ada").warnings
    assert (
        warning.where == "triggers[0]" and "team.work calls team.hello, whose end starts team.work" in warning.message
    )
    (warning,) = flows.update_flow("team", "hello", HELLO, by="ada").warnings
    assert warning.where == "id" and "the end of team.hello starts team.work" in warning.message
    flows.set_disabled("team", "work", True, by="ada")
    assert flows.validate(HELLO).problems == ()


def test_several_flows_come_all_or_none():
    good = flow("  - id: a\n    type: io.kestra.plugin.core.log.Log\n    message: x\n")
    save = partial(flows.save_flow, by="ada")
    with pytest.raises(InvalidFlow):
        flows.save_flows([good, "id: y\n"], save)
    assert not stored.exists("team", "work")
    assert len(flows.save_flows([good, HELLO], save)) == 2


def test_a_call_of_a_flow_that_comes_later_in_the_same_text_is_not_warned_of():
    calling = flow("  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: team, flowId: hello}\n")
    made = flows.save_flows([calling, HELLO], partial(flows.create_flow, by="ada"))
    assert [one.warnings for one in made] == [(), ()]
