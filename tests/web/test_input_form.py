"""The form of inputs: every type has its control, what is entered is what the run gets, nothing typed is lost."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builder.actions import flows
from builder.store import executions

pytestmark = pytest.mark.django_db

FLOW = """\
id: form
namespace: team
inputs:
  - {id: kind, type: SELECT, isRadio: true, values: [plain, {label: With reason, value: why}], defaults: plain}
  - id: reason
    type: STRING
    dependsOn: {inputs: [kind], condition: "{{ inputs.kind == 'why' }}"}
  - {id: tags, type: MULTISELECT, values: [a, b], allowCustomValue: true, defaults: [a]}
  - {id: numbers, type: ARRAY, itemType: INT, required: false}
  - {id: size, type: SELECT, expression: "{{ inputs.kind == 'why' ? ['L', 'XL'] : ['S', 'M'] }}", autoSelectFirst: true,
     dependsOn: {inputs: [kind], condition: "{{ true }}"}}
  - {id: at, type: DATETIME, defaults: "2026-05-01T10:00:00Z"}
  - {id: day, type: DATE, defaults: "{{ '2026-05-02' }}"}
  - {id: key, type: SECRET, required: false}
  - id: person
    type: OBJECT
    properties: [{id: name, type: STRING}, {id: adult, type: BOOL}]
    required: false
  - id: lines
    type: TABLE
    columns: [{id: item, type: STRING}, {id: count, type: INT, min: 1}]
    required: false
  - id: about
    type: FORM
    displayName: About you
    inputs: [{id: mail, type: EMAIL, required: false}]
  - {id: paper, type: FILE, required: false, allowedFileExtensions: [.csv]}
tasks:
  - {id: log, type: io.kestra.plugin.core.log.Log, message: hi}
"""
RUN = "/flows/team/form/edit/run"


@pytest.fixture
def ann(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("builder.runtime.queue.ring_on_commit", lambda ids: None)
    client.force_login(User.objects.create_user("ann"))
    flows.save_flow(FLOW, by="ann")
    return client


def page(client: Client) -> str:
    return client.get(RUN).content.decode()


def checked(client: Client, **given: Any) -> dict[str, Any]:
    answer = client.post(f"{RUN}/check", {"draft": "0", **given})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["fields"]
    return found


def run(client: Client, **given: Any) -> dict[str, Any]:
    answer = client.post(RUN, {"draft": "0", **given})
    assert answer.status_code == 302, answer.content.decode()
    return dict(executions.load(answer.url.rpartition("/")[2] or answer.url.split("/")[-2])[0].inputs)


def control(html: str, name: str) -> str:
    found = re.search(rf'<(?:input|select|textarea)[^>]*name="{re.escape(name)}"[^>]*>', html)
    assert found, name
    return found[0]


def test_every_type_has_its_own_control_with_what_holds_at_first(ann: Client) -> None:
    html = page(ann)
    assert 'type="radio"' in control(html, "kind")
    assert re.search(r'value="plain"\s+checked', html) and "With reason" in html
    assert re.search(r'name="tags" value="a"\s+checked', html) and 'name="tags:more"' in html
    assert 'type="datetime-local" value="2026-05-01T10:00:00"' in re.sub(r' id="[^"]*"', "", control(html, "at"))
    assert 'value="2026-05-02"' in control(html, "day")
    assert 'type="password"' in control(html, "key")
    assert 'name="person:name"' in html and 'name="lines:0:item"' in html and 'name="lines:N:count"' in html
    assert "<legend>About you</legend>" in html and 'name="about.mail"' in html
    assert 'accept=".csv"' in control(html, "paper")
    assert re.search(r'<option value="S"\s+selected', html)


def test_a_field_that_is_not_asked_for_is_hidden_and_comes_back_with_another_choice(ann: Client) -> None:
    assert re.search(r'data-input="reason"\s+hidden', page(ann))
    plain, why = checked(ann, kind="plain"), checked(ann, kind="why")
    assert plain["reason"] == {"hidden": True, "fault": "", "choices": None}
    assert why["reason"] == {"hidden": False, "fault": "reason needs a value.", "choices": None}
    assert plain["size"]["choices"] == ["S", "M"] and why["size"]["choices"] == ["L", "XL"]


def test_what_is_wrong_is_told_for_each_field_before_anything_is_sent(ann: Client) -> None:
    found = checked(
        ann, kind="plain", numbers="1\nx", **{"about.mail": "no", "lines:0:item": "pen", "lines:0:count": "0"}
    )
    assert "Unable to parse array element as `INT` on `x`" in found["numbers"]["fault"]
    assert "must be a valid email" in found["about.mail"]["fault"]
    assert "row 1: its column `count`: it must be more than `1`" in found["lines"]["fault"]
    assert ".csv" in checked(ann, **{"paper:name": "a.txt"})["paper"]["fault"]
    assert checked(ann, **{"paper:name": "a.csv"})["paper"]["fault"] == ""


def test_what_is_entered_is_what_the_run_gets(ann: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    inputs = run(
        ann,
        kind="why",
        reason="because",
        tags=["b"],
        numbers="1\n2\n",
        size="XL",
        at="2026-06-01T08:30",
        day="",
        paper=SimpleUploadedFile("a.csv", b"x"),
        **{
            "tags:more": "c, d",
            "person:name": "Ada",
            "person:adult": "on",
            "lines:0:item": "pen",
            "lines:0:count": "2",
            "lines:3:item": "ink",
            "lines:3:count": "1",
            "lines:4:item": "",
            "lines:4:count": "",
            "about.mail": "a@b.c",
        },
    )
    assert str(inputs.pop("paper")).endswith("/a.csv")
    assert inputs == {
        "kind": "why",
        "reason": "because",
        "tags": ["b", "c", "d"],
        "numbers": [1, 2],
        "size": "XL",
        "at": "2026-06-01T08:30:00Z",
        "day": "2026-05-02",
        "key": None,
        "person": {"name": "Ada", "adult": True},
        "lines": [{"item": "pen", "count": 2}, {"item": "ink", "count": 1}],
        "about": {"mail": "a@b.c"},
    }


def test_a_list_whose_choices_are_all_taken_away_is_empty_and_not_its_default(ann: Client) -> None:
    assert run(ann, kind="plain")["tags"] == []


def test_the_next_form_has_the_last_values_but_no_secret(ann: Client) -> None:
    run(ann, kind="why", reason="because", key="hidden-word", **{"lines:0:item": "pen", "lines:0:count": "2"})
    html = page(ann)
    assert (
        re.search(r'value="why"\s+checked', html)
        and "because" in html
        and 'value="2"' in control(html, "lines:0:count")
    )
    assert "hidden-word" not in html


def test_a_refused_run_keeps_what_was_typed_and_says_what_is_wrong_at_its_field(ann: Client) -> None:
    answer = ann.post(RUN, {"draft": "0", "kind": "why", "numbers": "x", "person:name": "Ada"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "reason needs a value." in html and "on `x`" in html.replace("&#x27;", "'")
    assert re.search(r"<textarea[^>]*person:name[^>]*>\s*Ada", html)


def test_hostile_names_and_numbers_of_rows_are_passed_over(ann: Client) -> None:
    found = checked(
        ann, kind="plain", **{"lines:": "x", "lines:99999999999:item": "x", "lines:-1:item": "x", "nope": "x"}
    )
    assert found["lines"]["fault"] == ""
