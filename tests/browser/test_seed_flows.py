"""The example flows of the documents run unchanged on the whole product, started from the browser and from the API."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from playwright.sync_api import expect

from builder.flows.edit import SetValue, apply
from tests.browser.api_client import ApiClient
from tests.doubles.product import free_port

pytestmark = pytest.mark.browser
FLOWS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "seed_flows"
if not FLOWS.exists():
    pytest.skip("the shared corpus is not here", allow_module_level=True)

SAID = "Here is an answer to: "


@pytest.mark.parametrize(
    ("name", "flow_id", "said"),
    [
        ("responses_simple_text.yaml", "simple_text", SAID + "Explain what is Kestra in 3 sentences"),
        ("responses_web_search.yaml", "web_search", SAID + "List recent trends in workflow orchestration"),
        ("chat_return_older_page.yaml", "openai", SAID + "What is data orchestration?"),
    ],
)
def test_it_runs_unchanged_from_the_browser(site, tab, openai, name, flow_id, said):
    tab.goto("/flows")
    tab.get_by_label("Import YAML").set_input_files(FLOWS / name)
    expect(tab.get_by_text("Imported 1 flow.")).to_be_visible()
    tab.get_by_role("row").filter(has=tab.get_by_role("link", name=flow_id, exact=True)).get_by_text("Run").click()
    tab.get_by_role("dialog", name="Run").get_by_role("button", name="Run").click()
    tab.get_by_role("link", name="Execution", exact=True).click()
    site.wait_for("SUCCESS")
    expect(tab.locator("#content")).to_contain_text(said)
    expect(tab.locator("#facts")).to_contain_text("tokens · $")


@pytest.fixture(scope="session")
def api(product):
    return ApiClient(product)


def run(api, name, **inputs):
    """The execution of a flow file, which must succeed, and the outputs of its steps."""
    execution = api.run(api.publish((FLOWS / name).read_text()), **inputs)
    assert execution["state"]["current"] == "SUCCESS", execution
    return execution, {run["taskId"]: run.get("outputs", {}) for run in execution["taskRunList"]}


@pytest.mark.parametrize(
    ("name", "step", "prompt"),
    [
        ("chat_prompt_log.yaml", "completion", "What is data orchestration?"),
        ("chat_prompt_jq.yaml", "prompt", "Explain in one sentence why data engineers build data pipelines"),
        ("responses_simple_text.yaml", "explain", "Explain what is Kestra in 3 sentences"),
        ("responses_web_search.yaml", "trends", "List recent trends in workflow orchestration"),
    ],
)
def test_what_the_model_said_is_logged(api, openai, name, step, prompt):
    execution, outputs = run(api, name)
    assert api.logs(execution)[-1] == SAID + prompt
    assert step in outputs and len(openai.requests) == 1 and openai.requests[0].faults == []


def test_an_answer_is_returned(api, openai):
    _, outputs = run(api, "chat_return_older_page.yaml")
    assert outputs["response"]["value"] == SAID + "What is data orchestration?"


def test_a_review_is_sorted_by_the_arguments_of_the_function_call(api, openai):
    _, outputs = run(api, "chat_functions_review.yaml", prompt="Never again!")
    assert outputs["response_urgency"]["value"] == "reply_immediately"
    assert "text to post online" in outputs["response_text"]["value"]
    assert openai.requests[0].body["messages"][-1]["content"] == "Never again!"


def test_functions_of_responses_become_outputs_of_the_step(api, openai):
    _, outputs = run(api, "responses_functions.yaml")
    assert outputs["output"]["values"]["urgency"] == "reply_immediately"
    assert "text to post online" in outputs["output"]["values"]["response"]


def test_structured_output_fits_its_schema(api, openai):
    _, outputs = run(api, "responses_structured_output.yaml", food="Mango")
    answer = json.loads(outputs["generate_structured_response"]["outputText"])
    assert answer["macronutrients"] == {"carbohydrates": 7.5, "proteins": 7.5, "fats": 7.5}
    assert "Mango" in json.dumps(openai.requests[0].body["input"])


def test_a_chat_goes_on_where_it_was_until_it_is_reset(api, openai):
    _, first = run(api, "responses_stateful_chat.yaml")
    run(api, "responses_stateful_chat.yaml", user_input="And then?")
    third, _ = run(api, "responses_stateful_chat.yaml", reset_conversation="true")
    before = [request.body.get("previous_response_id") for request in openai.requests]
    assert before == [None, first["chat_request"]["responseId"], None]
    states = {run["taskId"]: run["state"]["current"] for run in third["taskRunList"]}
    assert states["maybe_reset_conversation"] == "SUCCESS"
    assert api.logs(third)[-1].startswith(f"Response: {SAID}")


class Mailbox:
    """Keeps the letters it gets."""

    def __init__(self):
        self.letters, self.logins = [], []

    async def handle_DATA(self, server, session, envelope):
        self.logins.append(session.authenticated)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


def knows(server, session, envelope, mechanism, login):
    right = isinstance(login, LoginPassword) and login == LoginPassword(b"your_email", b"pw")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def mail_server():
    server = Controller(Mailbox(), hostname="127.0.0.1", port=free_port(), authenticator=knows, auth_require_tls=False)
    server.start()
    yield server
    server.stop()


def test_the_news_are_sent_by_mail_and_scheduled(api, openai, mail_server):
    text = (FLOWS / "responses_local_news_mail.yaml").read_text()
    for key, value in {"host": "127.0.0.1", "port": mail_server.port, "transportStrategy": "SMTP"}.items():
        text = apply(text, SetValue(("tasks", 1, key), value)).text
    execution = api.run(api.publish(text))
    assert execution["state"]["current"] == "SUCCESS", execution
    (letter,) = mail_server.handler.letters
    assert (letter["Subject"], letter["To"]) == ("Daily News Summary", "your_email")
    assert mail_server.handler.logins == [True]
    assert SAID + "Summarize top 5 news from my region" in letter.get_content()
    assert openai.requests[0].body["tools"][0]["user_location"]["city"] == "Berlin"
    _, found = api.send("GET", "/triggers/company.team/fetch_local_news")
    assert "fetch_local_news" in json.dumps(found) and "nextExecutionDate" in json.dumps(found)
