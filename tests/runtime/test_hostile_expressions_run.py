"""Hostile expressions of the shared corpus as tasks of real executions: nothing leaks, all end, the runner goes on."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.runtime.runner.runner import Runner
from builder.store import births, flows, kv, secrets
from tests.runtime.conftest import create, ended, messages

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus" / "hostile_expressions.yaml"
SECRET = "s3cr3t-VALUE-42"
FORMS = (
    SECRET, SECRET.upper(), SECRET.lower(), SECRET[::-1], base64.b64encode(SECRET.encode()).decode().rstrip("="),
    quote(SECRET, safe=""), SECRET.encode().hex(),
)  # fmt: skip
LEAKS = (
    "<class", "<function", "object at 0x", "builtin_", "Traceback", "site-packages", "root:x", "os.environ",
    "django", "SECRET_KEY=", "/usr/lib", "PATH=",
)  # fmt: skip
SECONDS = 2.0
"""For one task; a flow here has two of them."""

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")


def _cases() -> Iterator[tuple[str, str, str]]:
    """Id, what must hold, and the expression; a model's answer is stood for by a key's value."""
    for case in yaml.safe_load(CORPUS.read_text())["expressions"]:
        expression = case.get("expr") or eval(case["expr_python"])  # noqa: S307 - the corpus is ours
        yield case["id"], case["must"], expression.replace("outputs.ai.text", "outputs.ai.value")


def _flow(case_id: str, expression: str) -> str:
    return yaml.safe_dump({
        "id": case_id.replace("_", "-"), "namespace": "lab",
        "inputs": [{"id": "name", "type": "STRING", "defaults": "Ada"}],
        "tasks": [
            {"id": "ai", "type": "io.kestra.plugin.core.kv.Get", "key": "answer"},
            {"id": "give", "type": "io.kestra.plugin.core.debug.Return", "format": expression, "allowFailure": True},
            {"id": "say", "type": "io.kestra.plugin.core.log.Log", "message": expression, "allowFailure": True},
        ],
        "outputs": [{"id": "out", "type": "STRING", "required": False,
                     "value": "{{ outputs.give.value ?? 'nothing' }}"}],
    }, sort_keys=False)  # fmt: skip


def _shown(execution: Execution, browser: Client) -> dict[str, str]:
    """Everything that anybody can see of an execution, beside the text of the flow itself."""
    found = {"log": "\n".join(messages(execution.id)), "record": repr(execution)}
    for name in ("", "/logs", "/live"):
        answer = browser.get(f"/executions/{execution.id}{name}")
        assert answer.status_code == 200
        found[f"page{name}"] = answer.content.decode()
    for path in (f"executions/{execution.id}", f"logs/{execution.id}"):
        answer = browser.get(f"/api/v1/main/{path}")
        assert answer.status_code == 200, path
        found[path] = json.dumps(answer.json(), ensure_ascii=False)
    return found


def _problem(must: str, expression: str, execution: Execution, shown: dict[str, str]) -> str:
    """What does not hold, or nothing."""
    give = execution.runs["give"]
    result = (give.outputs or {}).get("value")
    leaked = [
        (where, form)
        for where, text in shown.items()
        for form in (*FORMS, *LEAKS)
        if form in text and form not in expression and not (where.startswith("page") and form == "django")
    ]
    if leaked:
        return f"leaks {leaked[:3]}"
    if must == "error" and (result is not None or not give.message):
        return f"no error but {result!r}"
    if must == "no_internal" and result is not None and "__" in result:
        return f"gives {result!r}"
    if must == "bounded" and result is not None and len(result) > 100:
        return f"gives {result[:100]!r}"
    if must == "text" and result is not None:
        if "49" in result:
            return "rendered twice"
        if "<script>" in result and "<script>alert" in shown["page"]:
            return "the page holds it unescaped"
    return ""


@pytest.fixture
def browser(runner: Runner) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ada", password="a long enough password"))
    return client


def test_hostile_expressions_get_nothing_and_the_runner_goes_on(runner: Runner, browser: Client) -> None:
    now = SystemClock().now()
    secrets.set_value("lab", "TEST", SECRET, by="tests", now=now)
    kv.set_value("lab", "answer", '{{ secret("TEST") }} {{ 7*7 }}', now)
    wrong: dict[str, str] = {}
    ran = 0
    for case_id, must, expression in _cases():
        text = _flow(case_id, expression)
        checked = births.checked(text)
        if checked.flow is None:
            if any(SECRET in problem.message for problem in checked.errors):
                wrong[case_id] = "the check quotes the secret"
            continue
        flows.publish(namespace="lab", flow_id=checked.flow.id, source=text, by="tests", now=now)
        began = time.process_time()  # of work: an expression cannot wait, a busy machine can
        execution_id = create(checked.flow.id, "lab")
        runner.take([execution_id])
        execution = ended(execution_id)
        seconds = time.process_time() - began
        ran += 1
        found = _problem(must, expression, execution, _shown(execution, browser))
        if found or seconds > 2 * SECONDS:
            wrong[case_id] = found or f"took {seconds:.1f} s"
    assert not wrong
    assert ran > 30
