"""The graph on the editor's page, and what an answer leaves out because the page has it already."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from builder.actions import drafts
from builder.web.parts.graph import cut

pytestmark = pytest.mark.django_db

TEXT = """\
id: hello
namespace: team
tasks:
  - id: block
    type: io.kestra.plugin.core.flow.Sequential
    tasks:
      - {id: "<inner>", type: io.kestra.plugin.core.log.Log}
  - {id: last, type: io.kestra.plugin.core.log.Log, message: hi}
"""
URL = "/flows/team/hello/edit"


@pytest.fixture
def ann(client: Client) -> Client:
    client.force_login(User.objects.create_user("ann"))
    drafts.save_draft("team", "hello", TEXT, by="ann")
    return client


def page(client: Client, query: str = "?view=graph") -> str:
    return client.get(URL + query).content.decode()


def facts(client: Client) -> dict[str, Any]:
    script = page(client).split('<script id="editor-facts" type="application/json">')[1]
    return dict(json.loads(script.split("</script>")[0]))


def change(client: Client, **body: Any) -> dict[str, Any]:
    known = facts(client)
    body = {"chosen": [], "base": known["base"], "view": "graph", "outline": known["outline_sign"],
            "drawn": known["graph_sign"], **body}  # fmt: skip
    answer = client.post(reverse("flow-editor-change", args=("team", "hello")), json.dumps(body), "application/json")
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_page_draws_the_graph_only_when_it_is_looked_at(ann: Client) -> None:
    assert '<svg class="graph"' not in page(ann, "")
    drawn = page(ann)
    assert '<svg class="graph"' in drawn and 'data-path="[&quot;tasks&quot;,0,&quot;tasks&quot;,0]"' in drawn
    assert "&lt;inner&gt;" in drawn and "<inner>" not in drawn
    assert " style=" not in drawn and " onclick=" not in drawn


def test_blocks_are_folded_by_the_address_and_what_it_says_wrong_is_left_out(ann: Client) -> None:
    folded = page(ann, '?view=graph&close=["tasks",0]&close=nothing&open=[[]]&open={')
    assert "Show the 1 step inside block" in folded and "&lt;inner&gt;</text>" not in folded


def test_an_answer_has_outline_and_graph_only_when_they_changed(ann: Client) -> None:
    answer = change(ann, do="field", path=["tasks", 1, "message"], control="textarea", raw="other")
    assert answer["outline"] is None and answer["graph"] is None and answer["form"]
    answer = change(ann, do="field", path=["tasks", 1, "id"], control="text", raw="renamed")
    assert "renamed" in answer["outline"] and "renamed" in answer["graph"]
    assert change(ann, do="choose", to=[], view="list", outline="")["graph"] is None


def test_a_step_that_is_chosen_is_never_folded_away(ann: Client) -> None:
    answer = change(ann, do="choose", to=[], chosen=["tasks", 0, "tasks", 0], closed=[["tasks", 0]])
    assert "Show the 1 step" in answer["graph"]
    assert change(ann, do="choose", chosen=[], closed=[["tasks", 0]], opened=[["tasks", 0]])["graph"]


def test_listeners_stand_in_the_outline_and_missing_places_can_be_filled(ann: Client) -> None:
    assert "More places for steps" in page(ann)
    listener = "listeners:\n  - conditions:\n      - {type: x}\n    tasks:\n      - {id: heard, type: y.Z}\n"
    drafts.save_draft("team", "hello", TEXT + listener, by="ann")
    shown = page(ann, "?step=heard")
    assert "listener 1" in shown and "if 1 condition holds" in shown and 'data-id="heard"' in shown


@pytest.mark.parametrize(
    ("text", "fits"), [("short", "short"), ("a_name_too_long", "a_name_t…"), ("日本語日本語", "日本語…")]
)
def test_a_long_name_is_cut_to_what_fits(text: str, fits: str) -> None:
    assert cut(text, 9) == fits
