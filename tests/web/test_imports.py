"""Flows and recipes come in by the page for new flows: pasted, or as a file; and by the API."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builder.actions import accounts, drafts
from builder.actions import secrets as secret_actions
from builder.store import flows, secrets

pytestmark = pytest.mark.usefixtures("ada")
RECIPE = """\
version: v1beta
component:
  # The question
  openai:
    type: openai
    task: TASK_TEXT_GENERATION
    input: {model: gpt-4o, prompt: "About ${variable.topic}"}
    setup: ${connection.my-openai}
  search:
    type: google-search
    task: TASK_SEARCH
    input: {}
variable:
  topic: {title: Topic, type: string}
"""
FLOW = "id: one\nnamespace: lab\ntasks:\n  - {id: a, type: io.kestra.plugin.core.log.Log, message: Hi}\n"


def page(browser: Client, **sent: Any) -> tuple[int, str]:
    answer = browser.post("/flows/import", sent, follow=True)
    return answer.status_code, answer.content.decode()


def test_the_page_for_a_new_flow_offers_the_import(browser: Client) -> None:
    shown = browser.get("/flows/new").content.decode()
    assert "Paste a flow or a recipe" in shown and 'action="/flows/import"' in shown


def test_a_pasted_flow_is_published(browser: Client) -> None:
    status, shown = page(browser, source=FLOW)
    assert status == 200 and "Imported 1 flow." in shown
    assert flows.exists("lab", "one")


def test_two_flows_that_start_each_other_are_warned_of_as_they_come(browser: Client) -> None:
    after = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Flow, dependsOn: [{flowId: NAME}]}\n"
    both = (
        FLOW
        + after.replace("NAME", "two")
        + "---\n"
        + FLOW.replace("id: one", "id: two")
        + after.replace("NAME", "one")
    )
    _, shown = page(browser, source=both)
    assert "Imported 2 flows." in shown
    assert shown.count("these flows would start each other in a circle: the end of") == 2, "each of them"


def test_a_new_flow_is_begun_although_it_closes_a_circle(browser: Client) -> None:
    call = "  - {id: c, type: io.kestra.plugin.core.flow.Subflow, namespace: lab, flowId: two}\n"
    after = "triggers:\n  - {id: t, type: io.kestra.plugin.core.trigger.Flow, dependsOn: [{flowId: two}]}\n"
    page(browser, source=FLOW + call + after)
    assert browser.post("/flows/new", {"id": "two", "namespace": "lab"}).status_code == 302


def test_a_recipe_is_opened_in_the_editor_with_what_it_lost(browser: Client) -> None:
    status, shown = page(browser, source=RECIPE, id="topic", namespace="lab")
    assert status == 200 and "The recipe is translated" in shown
    assert "Line 9 of the recipe: search is left out: there is no task here for google-search" in shown
    text = drafts.open_draft("lab", "topic").text
    assert "  # The question\n  - id: openai\n    type: instill.openai.TextGeneration\n" in text
    assert not flows.exists("lab", "topic")


def test_a_file_gives_the_recipe_its_name(browser: Client) -> None:
    page(browser, file=SimpleUploadedFile("My topic.yaml", RECIPE.encode()), namespace="lab")
    assert drafts.open_draft("lab", "My_topic").text.startswith("id: My_topic\nnamespace: lab\n")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"source": RECIPE}, "This is an Instill recipe: say where the flow belongs"),
        ({"source": RECIPE, "id": "a b", "namespace": "lab"}, "letters, digits"),
        ({"source": RECIPE, "id": "a", "namespace": "la\nb: c"}, 'role="alert"'),
        (
            {"source": "version: v1beta\n", "id": "a", "namespace": "lab"},
            "no component of this recipe can be translated",
        ),
        ({"source": "component: {a: [\n", "id": "a", "namespace": "lab"}, "Line 2"),
        ({"source": ""}, "The text is empty"),
        ({}, "The text is empty"),
        ({"source": FLOW.replace("Hi", "'{{ x'")}, "Line 4"),
        ({"file": SimpleUploadedFile("a.yaml", b"\xff\xfe\x00")}, "is not a text in UTF-8"),
    ],
)
def test_what_cannot_come_in_is_said_beside_what_was_pasted(browser: Client, sent: dict[str, Any], said: str) -> None:
    status, shown = page(browser, **sent)
    assert status == 422 and said in shown
    assert "version: v1beta" in shown or not str(sent.get("source", "")).startswith("version")


def test_a_name_that_is_taken_is_left_alone(browser: Client) -> None:
    page(browser, source=FLOW)
    status, shown = page(browser, source=RECIPE, id="one", namespace="lab")
    assert status == 422 and "There is a flow or a draft lab.one already" in shown


def test_the_api_translates_a_recipe_and_stores_nothing(ada: User) -> None:
    client = Client(headers={"Authorization": f"Bearer {accounts.create_token('ada', 'tests')[1]}"})
    address = "/api/v1/flows/recipe?namespace=lab&id=topic"
    made = client.post(address, RECIPE, content_type="application/x-yaml").json()
    assert made["complete"] is False
    assert [(one["line"], one["severity"]) for one in made["problems"]] == [(9, "error")]
    assert "setup: \"{{ secret('MY_OPENAI') }}\"" in made["source"]
    assert not flows.exists("lab", "topic")
    assert client.post("/api/v1/flows", made["source"], content_type="application/x-yaml").status_code == 200
    assert client.post("/api/v1/flows/recipe", RECIPE, content_type="application/x-yaml").status_code == 422


def test_a_connection_is_kept_as_one_secret(browser: Client) -> None:
    given = {
        "namespace": "lab",
        "key": "MY_OPENAI",
        "connection": "yes",
        "api-key": "sk-42-SECRET",
        "project": "proj_1",
    }
    shown = browser.post("/secrets", given, follow=True).content.decode()
    assert "Saved the connection MY_OPENAI" in shown and "sk-42-SECRET" not in shown
    assert secrets.value("MY_OPENAI", "lab") == '{"api-key": "sk-42-SECRET", "project": "proj_1"}'
    refused = browser.post("/secrets", {**given, "api-key": "", "key": "OTHER"})
    assert refused.status_code == 422 and "needs its API key" in refused.content.decode()
    assert "OTHER" not in {one.key for one in secret_actions.listed("lab")}
