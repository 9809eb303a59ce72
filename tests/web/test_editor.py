"""The editor's addresses: one draft, edited by form and by text, and never lost."""

import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from builder.actions import drafts, flows

pytestmark = pytest.mark.django_db

TEXT = """\
id: hello
namespace: company.team
# say it once
inputs:
  - id: name
    type: STRING
tasks:
  - id: greet   # politely
    type: io.kestra.plugin.core.log.Log
    message: |
      Hello {{ inputs.name }}
  - id: choose
    type: io.kestra.plugin.core.flow.If
    condition: "{{ inputs.name == 'Ann' }}"
    then:
      - id: yes
        type: io.kestra.plugin.core.log.Log
        message: It is Ann
"""
PLACE = ("company.team", "hello")
LOG = "io.kestra.plugin.core.log.Log"


@pytest.fixture
def ann(client):
    client.force_login(User.objects.create_user("ann"))
    flows.save_flow(TEXT, by="ann")
    return client


def url(name="flow-editor"):
    return reverse(name, args=PLACE)


def facts(client):
    page = client.get(url()).content.decode()
    return json.loads(page.split('<script id="editor-facts" type="application/json">')[1].split("</script>")[0])


def post(client, name="flow-editor-change", **body):
    body.setdefault("base", facts(client)["base"])
    body.setdefault("chosen", [])
    return client.post(url(name), json.dumps(body), content_type="application/json")


def change(client, **body):
    response = post(client, **body)
    assert response.status_code == 200, response.content
    return response.json()


def now():
    return drafts.open_draft(*PLACE).text


def test_the_page_shows_steps_form_and_text(ann):
    page = ann.get(url() + "?step=yes")
    assert page.status_code == 200
    body = page.content.decode()
    assert 'data-id="greet"' in body and "It is Ann" in body and "# say it once" in body
    assert "<script>" not in body and " style=" not in body and " onclick=" not in body


def test_a_person_who_is_not_logged_in_is_sent_to_the_login(client):
    assert client.get(url()).status_code == 302


def test_a_field_changes_only_its_bytes(ann):
    answer = change(ann, do="field", path=["tasks", 0, "level"], control="select", raw="WARN", chosen=["tasks", 0])
    assert now() == TEXT.replace("      Hello {{ inputs.name }}\n", "      Hello {{ inputs.name }}\n    level: WARN\n")
    assert answer["text"] == now() and not answer["rewritten"]
    assert "draft saved" in answer["status"]


def test_a_block_of_text_keeps_its_last_line_break(ann):
    change(ann, do="field", path=["tasks", 0, "message"], control="textarea", raw="Good day\r\nto you")
    assert "    message: |\n      Good day\n      to you\n  - id: choose" in now()


def test_an_emptied_field_takes_its_key_away(ann):
    change(ann, do="field", path=["tasks", 0, "message"], control="textarea", raw="")
    assert "message: |" not in now() and "# politely" in now()


def test_a_ticked_box_writes_true_and_its_default_writes_nothing(ann):
    change(ann, do="field", path=["tasks", 0, "disabled"], control="checkbox", raw=True, default="false")
    assert "    disabled: true\n" in now()
    change(ann, do="field", path=["tasks", 0, "disabled"], control="checkbox", raw=False, default="false")
    assert now() == TEXT


@pytest.mark.parametrize(
    ("control", "raw", "written"),
    [
        ("number", "3", "fresh: 3\n"),
        ("number", "{{ n }}", 'fresh: "{{ n }}"\n'),
        ("list", "a\nb\n", "fresh:\n      - a\n      - b\n"),
        ("yaml", "a: [1]", "fresh:\n      a:\n        - 1\n"),
        ("text", " no ", 'fresh: "no"\n'),
        ("yaml", "{{ a == 'b' }}", "fresh: \"{{ a == 'b' }}\"\n"),
        ("siblings", ["a"], "fresh:\n      - a\n"),
    ],
)
def test_each_control_means_what_it_shows(ann, control, raw, written):
    change(ann, do="field", path=["tasks", 0, "fresh"], control=control, raw=raw)
    assert written in now()


def test_a_condition_is_shown_as_people_write_it(ann):
    page = ann.get(url(), {"step": "choose"}).content.decode()
    assert "\n{{ inputs.name == &#x27;Ann&#x27; }}</textarea>" in page


def test_the_answer_of_a_chat_step_is_offered_ready_to_use(ann):
    change(ann, do="add", kind="task", path=["tasks"], index=0, type="io.kestra.plugin.openai.ChatCompletion")
    answer = change(ann, do="choose", chosen=["tasks", 1])
    assert 'data-chip="outputs.chat_completion.choices[0].message.content"' in answer["form"]


def test_steps_that_ask_a_model_are_offered_first(ann):
    page = ann.get(url()).content.decode()
    assert page.index('io.kestra.plugin.openai.ChatCompletion" data-words') < page.index('core.log.Log" data-words')


def test_a_box_with_bad_yaml_is_refused_with_its_line(ann):
    answer = change(ann, do="field", path=["tasks", 0, "fresh"], control="yaml", raw="a: [")
    assert "Line 1 of this box" in answer["refused"] and now() == TEXT


def test_a_step_is_added_with_what_its_type_requires(ann):
    answer = change(ann, do="add", path=["tasks", 1, "else"], kind="task", type="io.kestra.plugin.core.log.Log")
    assert answer["chosen"] == ["tasks", 1, "else", 0]
    assert "    else:\n      - id: log\n        type: io.kestra.plugin.core.log.Log\n        message:" in now()
    assert flows.validate(now()).flow is not None


def test_a_new_log_line_reads_nothing_that_its_flow_may_not_have(ann):
    flows.save_flow(f"{TEXT[: TEXT.index('#')]}tasks: [{{id: a, type: {LOG}, message: a}}]\n", by="ann")
    assert change(ann, do="add", path=["tasks"], index=1, kind="task", type=LOG)["problems"] == []


def test_every_type_that_is_offered_can_be_added(ann):
    from builder.flows.catalogue import Kind
    from builder.tasks.catalogue import catalogue

    for kind, place in ((Kind.TASK, "tasks"), (Kind.TRIGGER, "triggers")):
        for entries in catalogue().categories(kind).values():
            for entry in entries:
                answer = change(ann, do="add", path=[place], index=0, kind=kind.value, type=entry.name)
                assert "refused" not in answer, entry.name
                assert answer["form"], entry.name


def test_inputs_and_triggers_are_added_by_form(ann):
    change(ann, do="add", path=["inputs"], index=1, kind="input", type="SELECT")
    change(ann, do="add", path=["triggers"], index=0, kind="trigger", type="io.kestra.plugin.core.trigger.Schedule")
    checked = flows.validate(now())
    assert not checked.errors
    assert checked.document.data["inputs"][1]["values"] == ["first", "second"]
    assert checked.document.data["triggers"][0]["cron"]


def test_steps_move_with_their_comments_and_the_choice_follows(ann):
    answer = change(ann, do="move", path=["tasks", 0], by=1)
    assert answer["chosen"] == ["tasks", 1] and now().index("choose") < now().index("greet   # politely")
    answer = change(ann, do="move", path=["tasks", 1], to=["tasks", 0, "then"], index=1)
    assert answer["chosen"] == ["tasks", 0, "then", 1] and "      - id: greet   # politely\n" in now()


def test_a_copy_gets_ids_of_its_own(ann):
    answer = change(ann, do="duplicate", path=["tasks", 1])
    assert answer["chosen"] == ["tasks", 2] and not flows.validate(now()).errors


def test_a_removed_step_comes_back_by_undo(ann):
    assert change(ann, do="remove", path=["tasks", 1])["chosen"] == ["tasks", 0]
    assert "choose" not in now()
    change(ann, do="undo")
    assert now() == TEXT
    change(ann, do="redo")
    assert "choose" not in now()


def test_unreadable_yaml_is_kept_and_its_line_is_told(ann):
    answer = change(ann, do="text", text=TEXT + "  bad: [\n")
    assert now().endswith("bad: [\n") and not answer["readable"] and answer["outline"] is None
    assert answer["problems"][0]["line"] and "cannot be read" in answer["status"]
    assert "refused" in change(ann, do="field", path=["id"], control="text", raw="x")
    assert ann.get(url()).status_code == 200
    assert change(ann, do="text", text=TEXT)["readable"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "just words",
        "tasks: 5\n",
        "tasks: [1, null]\ninputs: {a: 1}\n",
        "a: &x {b: *x}\n",
        "id: x\ntasks:\n  - type: nope\n",
        "tasks:\n  - id: [1]\n    type: {}\n",
        "triggers: 1\nlabels: 2\n",
    ],
)
def test_any_text_can_be_shown(ann, text):
    change(ann, do="text", text=text)
    assert ann.get(url()).status_code == 200


def test_a_change_made_for_an_older_text_is_not_applied(ann):
    stale = facts(ann)["base"]
    change(ann, do="text", text=TEXT + "# other tab\n")
    answer = change(ann, do="field", base=stale, path=["id"], control="text", raw="x")
    assert answer["conflict"] and answer["text"] == now() == TEXT + "# other tab\n"
    change(ann, do="text", base=stale, text=TEXT, force=True)
    assert now() == TEXT


def test_publishing_makes_a_revision(ann):
    change(ann, do="field", path=["description"], control="textarea", raw="Greets")
    answer = post(ann, "flow-editor-publish").json()
    assert answer["message"] == "Published as revision 2." and "rev 2" in answer["status"]
    assert "nothing to publish" in post(ann, "flow-editor-publish").json()["message"]


def test_a_draft_with_errors_is_not_published(ann):
    change(ann, do="field", path=["tasks", 0, "type"], control="text", raw="nope")
    assert post(ann, "flow-editor-publish").status_code == 422


def test_a_draft_can_be_discarded_and_had_back(ann):
    change(ann, do="field", path=["description"], control="textarea", raw="Greets")
    assert post(ann, "flow-editor-discard").json()["text"] == TEXT
    assert "Greets" in post(ann, "flow-editor-discard", back=True).json()["text"]


def test_the_text_can_be_saved_without_scripts(ann):
    assert ann.post(url("flow-editor-text"), {"text": TEXT.replace("\n", "\r\n") + "# end\r\n"}).status_code == 302
    assert now() == TEXT + "# end\n"


def test_the_run_form_asks_for_the_inputs(ann):
    page = ann.get(url("flow-editor-run")).content.decode()
    assert 'name="name"' in page and "revision 1" in page


def test_a_run_without_a_needed_input_says_so_at_its_field(ann):
    response = ann.post(url("flow-editor-run"), {"draft": "0"})
    assert response.status_code == 422 and b'<p class="error" data-fault>name needs a value.</p>' in response.content


@pytest.mark.django_db(transaction=True)
def test_a_run_starts_and_remembers_its_inputs(ann, valkey):
    response = ann.post(url("flow-editor-run"), {"draft": "0", "name": "Ann"}, headers={"HX-Request": "true"})
    started = json.loads(response["HX-Trigger"])["editor:run"]
    panel = ann.get(started["beside"] + "?step=greet").json()
    assert "Waiting for a worker" in panel["html"] and not panel["ended"]
    assert "Ann" in ann.get(url("flow-editor-run")).content.decode()


def publish_elsewhere(old, new):
    flows.update_flow(*PLACE, TEXT.replace(old, new), by="bob")


def test_edits_of_different_steps_merge_when_published(ann):
    change(ann, do="field", path=["tasks", 0, "level"], control="select", raw="WARN")
    publish_elsewhere("It is Ann", "It is you")
    answer = post(ann, "flow-editor-publish").json()
    assert "tasks.choose" in answer["message"]
    assert "It is you" in answer["text"] and "level: WARN" in answer["text"]


def test_edits_of_the_same_step_are_shown_side_by_side(ann):
    change(ann, do="field", path=["tasks", 0, "level"], control="select", raw="WARN")
    publish_elsewhere("Hello", "Welcome")
    stale = post(ann, "flow-editor-publish").json()["stale"]
    assert "Welcome" in stale and "level: WARN" in stale
    assert "revision 3" in post(ann, "flow-editor-publish", over=True).json()["message"]


def test_the_words_for_completion_come_from_the_catalogue(ann):
    words = ann.get(reverse("editor-vocabulary")).json()
    assert any(one["name"] == "message" for one in words["keys"]["io.kestra.plugin.core.log.Log"])
    assert words["types"] and words["filters"] and words["functions"]


@pytest.mark.parametrize("body", ["", "[]", '{"do": "jump", "base": "x"}', '{"do": "text", "chosen": "a"}'])
def test_what_the_page_would_not_send_is_refused_in_words(ann, body):
    response = ann.post(
        url("flow-editor-change"), body, content_type="application/json", headers={"Accept": "application/json"}
    )
    assert response.status_code in (200, 422)


def test_a_renamed_input_is_followed_by_the_expressions_that_read_it(ann):
    change(ann, do="field", path=["inputs", 0, "id"], control="text", raw="person")
    assert now() == TEXT.replace("id: name", "id: person").replace("inputs.name", "inputs.person")
    change(ann, do="undo")
    assert now() == TEXT


@pytest.mark.django_db(transaction=True)
def test_the_run_of_a_flow_that_was_never_published_leads_back_to_its_editor(ann, valkey):
    drafts.save_draft("company.team", "fresh", TEXT.replace("id: hello", "id: fresh"), by="ann")
    run = ann.post(reverse("flow-editor-run", args=("company.team", "fresh")), {"draft": "1", "name": "Ann"})
    assert run.status_code == 302
    page = ann.get(run.url).content.decode()
    assert reverse("flow-editor", args=("company.team", "fresh")) in page and "rev 0" not in page


def test_the_editor_says_which_dialect_a_flow_is_written_in(ann):
    assert "data-dialect" not in ann.get(url()).content.decode()
    drafts.save_draft(*PLACE, TEXT.replace("STRING", "BOOLEAN"), by="ann")
    page = ann.get(url()).content.decode()
    assert 'data-dialect="1.x"' in page and "BOOLEAN is the older name; Kestra 2.0 writes BOOL" in page


SCHEDULE = "io.kestra.plugin.core.trigger.Schedule"


def cron(ann, raw):
    place = ["triggers", 0]
    return change(ann, do="field", path=[*place, "cron"], control="cron", chosen=place, raw=raw)


def test_a_choice_of_times_writes_the_cron_and_tells_its_next_runs(ann):
    change(ann, do="add", path=["triggers"], index=0, kind="trigger", type=SCHEDULE)
    change(ann, do="field", path=["triggers", 0, "timezone"], control="zone", raw="Europe/Paris")
    answer = cron(ann, {"every": "week", "time": "08:30", "weekdays": ["1", "3"]})
    assert 'cron: "30 8 * * 1,3"' in now() or "cron: 30 8 * * 1,3" in now()
    assert "At 08:30 on Monday and Wednesday, Europe/Paris time" in answer["form"]
    assert answer["form"].count("<li><time") == 10
    assert "the clocks go" in cron(ann, {"every": "month", "time": "08:30", "day": "1"})["form"]
    assert "choose it again" in cron(ann, {"every": "day", "time": "99:99"})["refused"]


def test_a_cron_that_no_choice_says_stays_as_text(ann):
    change(ann, do="add", path=["triggers"], index=0, kind="trigger", type=SCHEDULE)
    answer = cron(ann, "0 9-17 * * 1-5")
    assert 'value="text" selected' in answer["form"] and "Next 10 runs" in answer["form"]
    answer = cron(ann, "{{ vars.when }}")
    assert "Next 10 runs" not in answer["form"]


def test_a_webhook_shows_its_address_and_gets_another_key(ann):
    answer = change(ann, do="add", path=["triggers"], kind="trigger", type="io.kestra.plugin.core.trigger.Webhook")
    key = flows.validate(now()).document.data["triggers"][0]["key"]
    assert f"http://testserver/api/v1/main/executions/webhook/company.team/hello/{key}" in answer["form"]
    assert "curl -X POST" in answer["form"] and answer["chips"][0] == "trigger.body"
    field, inputs = (answer["form"].partition(f'id="field-triggers-0-{name}"')[2][:200] for name in ("key", "when"))
    assert "data-dynamic" in inputs and "data-dynamic" not in field  # the call is not known yet where its key is read
    written = {"path": ["triggers", 0, "signature"], "control": "yaml", "raw": "{style: GITHUB, secret: a}"}
    signed = change(ann, do="field", chosen=["triggers", 0], **written)
    assert "gives a line for a terminal that signs" in signed["form"] and "curl" not in signed["form"]
    change(ann, do="anew", path=["triggers", 0, "key"])
    assert flows.validate(now()).document.data["triggers"][0]["key"] not in (key, "")
    assert "type it" in change(ann, do="anew", path=["triggers", 0, "id"])["refused"]


def test_a_new_flow_trigger_asks_for_a_flow_and_listens_to_none_until_then(ann):
    answer = change(ann, do="add", path=["triggers"], kind="trigger", type="io.kestra.plugin.core.trigger.Flow")
    assert "say which flow: write its id" in answer["form"] and flows.validate(now()).errors
    change(ann, do="field", path=["triggers", 0, "dependsOn", 0, "flowId"], control="text", raw="other")
    assert not flows.validate(now()).errors


def test_what_is_added_stands_under_headings_with_the_usual_first(ann):
    from builder.flows.catalogue import Kind
    from builder.tasks.catalogue import catalogue
    from builder.web.editor.steps.adding import OFTEN, offered, often

    found = offered(catalogue(), Kind.TASK)
    assert [entry.title for entry in found["OpenAI"][:2]] == ["Chat completion", "Responses"]
    headings = list(found)
    assert (headings[0], headings[-2:]) == ("OpenAI", ["OpenAI, call by call", "Instill"])
    assert sum(map(len, found.values())) == sum(map(len, catalogue().categories(Kind.TASK).values()))
    assert [entry.name for entry in often(catalogue())] == list(OFTEN)
