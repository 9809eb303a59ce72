"""The recipes of the document are imported as they are and run on the real runner, with the server's address alone."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from builder.actions import drafts, recipes, secrets
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import png
from tests.flows.recipes.test_translate import ITERATOR
from tests.runtime.conftest import create, ended, publish

RECIPES = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "seed_flows"
KEY = "sk-test-0123456789-secret"
SAID = "Here is an answer to: "
pytestmark = pytest.mark.skipif(not RECIPES.exists(), reason="the shared corpus is not here")


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


def imported(name: str) -> str:
    """The text that the editor opens."""
    source = (RECIPES / f"instill_recipe_{name}.yaml").read_text()
    made = recipes.bring_in(source, namespace="team", flow_id=name, by="ada")
    assert made.draft == ("team", name)
    return drafts.open_draft("team", name).text


def run(runner: Runner, name: str, text: str, **inputs: str) -> Execution:
    publish(text, name)
    execution_id = create(name, inputs=inputs)
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is State.SUCCESS, (execution.message, list(executions.logs(execution_id)))
    return execution


def _outputs(execution: Execution) -> Mapping[str, Any]:
    assert execution.outputs is not None
    return execution.outputs


def test_a_topic_is_explained_in_another_language(runner: Runner, model: OpenAIServer) -> None:
    secrets.set_value("team", "INSTILL_SECRET", KEY, by="ada")
    execution = run(runner, "explain_topic", imported("explain_topic"), language="French", prompt="Small LLMs")
    asked = "Talk about this topic in French  in a concise and beginner-friendly way:\nSmall LLMs"
    body = {key: value for key, value in model.requests[0].body.items() if not key.startswith("stream")}
    assert body == {
        "model": "gpt-4o-mini", "n": 1, "temperature": 1, "top_p": 1, "response_format": {"type": "text"},
        "messages": [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": asked}],
    }  # fmt: skip
    assert _outputs(execution)["result"] == [SAID + asked]


def test_a_picture_is_made_of_a_prompt_that_mistral_wrote(runner: Runner, model: OpenAIServer) -> None:
    secrets.set_value("team", "INSTILL_SECRET", KEY, by="ada")
    text = imported("picasso").replace(
        "TextGenerationChat\n    setup:\n",
        f"TextGenerationChat\n    setup:\n      base-path: {model.url.replace('/v1', '/mistral')}\n",
    )
    execution = run(runner, "picasso", text, colour="blue", period="Rose", prompt="A cute baby wombat")
    written, drawn = model.requests
    assert written.path == "/mistral/v1/chat/completions" and drawn.path == "/v1/images/generations"
    assert (written.body["max_tokens"], written.body["safe_prompt"]) == (100, False)
    assert "A cute baby wombat" in written.body["messages"][-1]["content"]
    assert drawn.body["prompt"].startswith("Using this primary color palette: blue\n\n" + SAID)
    assert (drawn.body["style"], drawn.body["n"]) == ("vivid", 1)
    image = _outputs(execution)["image"][0]["image"]
    assert storage.read(image, {execution.id}) == png(0)


def test_a_connection_is_one_secret_of_which_every_part_is_masked(runner: Runner, model: OpenAIServer) -> None:
    source = (RECIPES / "instill_recipe_explain_topic.yaml").read_text()
    source = source.replace("setup:\n      api-key: ${secret.INSTILL_SECRET}", "setup: ${connection.my-openai}")
    recipes.bring_in(source, namespace="team", flow_id="connected", by="ada")
    parts = {"api-key": KEY, "organization": "org-of-mine", "base-url": model.url}
    secrets.set_connection("team", "MY_OPENAI", parts, by="ada")
    text = drafts.open_draft("team", "connected").text
    assert "setup: \"{{ secret('MY_OPENAI') }}\"" in text
    execution = run(runner, "connected", text, language="French", prompt=f"{KEY} and org-of-mine")
    headers = model.requests[0].headers
    assert (headers["authorization"], headers["openai-organization"]) == (f"Bearer {KEY}", "org-of-mine")
    shown = _outputs(execution)["result"][0]
    assert shown.endswith("****** and ******")


def test_an_iterator_asks_for_each_element(runner: Runner, model: OpenAIServer) -> None:
    secrets.set_value("team", "KEY", KEY, by="ada")
    recipes.bring_in(ITERATOR, namespace="team", flow_id="each", by="ada")
    execution = run(runner, "each", drafts.open_draft("team", "each").text, topics='["tea", "milk"]')
    assert _outputs(execution)["all"] == [[f"{SAID}About tea"], [f"{SAID}About milk"]]
