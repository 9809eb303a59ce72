"""Every ready-made flow runs as it is on the real runner, with its default inputs: models and mail are doubles here."""

from collections.abc import Iterator

import pytest

from builder.actions import flows, secrets, starters
from builder.engine.states import State
from builder.runtime.runner.runner import Runner
from builder.store import executions
from tests.doubles.openai_server import OpenAIServer
from tests.runtime.conftest import create, ended

KEYS = {name: "sk-test-0123456789" for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY", "EMAIL_PASSWORD")}
ENDS = {"local_news_by_mail": State.FAILED}
"""Nobody takes mail here; what it sends is looked at in tests/browser/test_seed_flows.py."""


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server


@pytest.mark.parametrize("name", [one.name for one in starters.all_starters()])
def test_the_starter_runs(runner: Runner, model: OpenAIServer, name: str) -> None:
    for key, value in KEYS.items():
        secrets.set_value("starters", key, value, by="ada")
    source = _redirected(starters.offer(name).source, model.url)
    published = flows.create_flow(source, by="ada")
    execution_id = create(name if published.flow.id == name else published.flow.id, "starters")
    runner.take([execution_id])
    execution = ended(execution_id)
    assert execution.state is ENDS.get(name, State.SUCCESS), [line.message for line in executions.logs(execution_id)]
    assert model.requests and not any(request.faults for request in model.requests)


def _redirected(source: str, url: str) -> str:
    """The flow with the address of this machine where a step has one of its own."""
    source = source.replace(
        "TextGenerationChat\n    setup:\n", f"TextGenerationChat\n    setup:\n      base-path: {url}\n"
    )
    provider = "type: io.kestra.plugin.ai.provider.OpenAI\n"
    return source.replace(provider, f"{provider}      baseUrl: {url}\n")
