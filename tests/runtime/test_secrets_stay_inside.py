"""A secret that a flow uses is afterwards in no log, output, error, page, answer, file, row or message of Redis."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from redis import Redis

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.flows.inputs import ENCRYPTED_TYPE
from builder.runtime.runner.runner import Runner
from builder.store import executions, kv, secrets
from builder.store.triggers import Trigger
from builder.triggers.opening import Opening
from tests.doubles.openai_server import Answer, OpenAIServer
from tests.runtime.conftest import create, ended, messages, publish, wait_until

SECRET = "s3cr3t-VALUE/42+ü"
FORMS = (
    SECRET, SECRET.upper(), SECRET.lower(), SECRET[::-1], quote(SECRET, safe=""), quote(SECRET, safe="").lower(),
    quote(SECRET), json.dumps(SECRET)[1:-1], base64.b64encode(SECRET.encode()).decode().rstrip("="),
    base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="), SECRET.encode().hex(),
)  # fmt: skip


def rows() -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield table, " ".join(map(str, row))


def places(execution_id: str) -> Iterator[tuple[str, str]]:
    """Everything that is kept or shown, with where."""
    yield from rows()
    for file in Path(settings.MEDIA_ROOT).rglob("*"):
        if file.is_file():
            yield f"file {file.name}", file.read_bytes().decode("utf-8", "replace")
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.keys("*"):
            yield "redis", f"{key!r} {redis.dump(key)!r}"
    browser = Client()
    browser.force_login(User.objects.get_or_create(username="ada")[0])
    paths = (f"/executions/{execution_id}", f"/executions/{execution_id}/logs", f"/api/v1/executions/{execution_id}",
             f"/api/v1/logs/{execution_id}", f"/api/v1/executions/{execution_id}/flow", "/kv", "/secrets")  # fmt: skip
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        yield path, answer.content.decode()


def leaks(execution_id: str) -> list[tuple[str, str]]:
    return [(where, form) for where, text in places(execution_id) for form in FORMS if form in text]


class _Echo(BaseHTTPRequestHandler):
    """Sends back what it was sent; under /fail with the status 500."""

    def do_GET(self) -> None:
        said = f"{self.path} {self.headers.get('X', '')}".encode()
        self.send_response(500 if self.path.startswith("/fail") else 200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """A real HTTP server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def secret(transactional_db: None) -> None:
    secrets.set_value("team", "TEST", SECRET, by="tests", now=SystemClock().now())


def run(runner: Runner, source: str, **inputs: Any) -> Execution:
    publish(source)
    execution_id = create(inputs=inputs)
    runner.take([execution_id])
    return ended(execution_id)


LOG = "type: io.kestra.plugin.core.log.Log"
EVERYWHERE = f"""
inputs:
  - {{id: plain, type: STRING, defaults: "{{{{ secret('TEST') }}}}"}}
  - {{id: hidden, type: SECRET, defaults: "{{{{ secret('TEST') }}}}"}}
  - {{id: nested, type: JSON, defaults: '{{"a": ["{{{{ secret("TEST") }}}}"]}}'}}
variables:
  v: "{{{{ secret('TEST') }}}}"
tasks:
  - id: log
    {LOG}
    message: "{{{{ inputs.plain }}}} {{{{ inputs.hidden }}}} {{{{ inputs.nested }}}} {{{{ render(vars.v) }}}}"
  - id: forms
    type: io.kestra.plugin.core.debug.Return
    format: "{{{{ [secret('TEST') | upper, secret('TEST') | base64encode, secret('TEST') | urlencode] | toJson }}}}"
  - id: out
    type: io.kestra.plugin.core.output.OutputValues
    values: {{a: "x{{{{ secret('TEST') }}}}y", "{{{{ secret('TEST') }}}}": 1}}
  - {{id: if, type: io.kestra.plugin.core.flow.If, condition: "{{{{ secret('TEST') == 'a' }}}}",
      then: [{{id: never, {LOG}, message: x}}]}}
  - {{id: switch, type: io.kestra.plugin.core.flow.Switch, value: "{{{{ secret('TEST') }}}}",
      defaults: [{{id: usual, {LOG}, message: x}}]}}
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["{{{{ secret('TEST') }}}}", b]
    tasks:
      - {{id: turn, {LOG}, message: "{{{{ taskrun.value }}}}"}}
  - {{id: skipped, {LOG}, message: x, runIf: "{{{{ secret('TEST') == 'x' }}}}"}}
  - id: web
    type: io.kestra.plugin.core.http.Request
    uri: "http://127.0.0.1:1/?key={{{{ secret('TEST') | urlencode }}}}"
    headers: {{X: "{{{{ secret('TEST') | base64encode }}}}"}}
    body: "{{{{ secret('TEST') }}}}"
    method: POST
    allowFailure: true
  - {{id: divide, {LOG}, message: "{{{{ secret('TEST') / 0 }}}}", allowFailure: true}}
  - {{id: deep, {LOG}, message: "{{{{ secret('TEST').nope.nope }}}}", allowFailure: true}}
  - {{id: number, type: io.kestra.plugin.core.flow.Sleep, duration: "{{{{ secret('TEST') }}}}", allowFailure: true}}
  - {{id: fail, type: io.kestra.plugin.core.execution.Fail, errorMessage: "failed with {{{{ secret('TEST') }}}}"}}
outputs:
  - {{id: o, type: STRING, value: "{{{{ secret('TEST') }}}}"}}
"""


def test_a_secret_used_everywhere_is_nowhere_afterwards(runner: Runner) -> None:
    execution = run(runner, EVERYWHERE)
    assert execution.state is State.FAILED and execution.runs["fail"].state is State.FAILED
    assert execution.runs["fail"].message == "failed with ******"
    assert "******" in messages(execution.id)[0]
    assert execution.runs["each[1]/turn"].state is State.SUCCESS
    assert leaks(execution.id) == []


def test_what_is_needed_again_is_encrypted_and_read_back(runner: Runner) -> None:
    """A paused execution is loaded anew; its loop's value and its inputs are what they were."""
    publish(f"""
inputs:
  - {{id: key, type: STRING, defaults: "{{{{ secret('TEST') }}}}"}}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: ["{{{{ secret('TEST') }}}}"]
    tasks:
      - {{id: wait, type: io.kestra.plugin.core.flow.Pause}}
      - {{id: same, {LOG}, message: "{{{{ taskrun.value == inputs.key and taskrun.value == secret('TEST') }}}}"}}
""")
    execution_id = create()
    runner.take([execution_id])
    wait_until(lambda: executions.item(execution_id).state is State.PAUSED and not executions.item(execution_id).owner)
    assert leaks(execution_id) == []
    executions.send(execution_id, executions.RESUME, SystemClock().now(), {})
    runner.take([execution_id])
    assert ended(execution_id).state is State.SUCCESS
    assert messages(execution_id) == ["true"]


def test_a_secret_handed_to_a_subflow_stays_one(runner: Runner) -> None:
    publish(f"""
inputs:
  - {{id: name, type: STRING}}
tasks:
  - {{id: say, {LOG}, message: "child has {{{{ inputs.name }}}}"}}
""", "child")  # fmt: skip
    parent = run(runner, """
tasks:
  - id: call
    type: io.kestra.plugin.core.flow.Subflow
    namespace: team
    flowId: child
    wait: false
    inputs: {name: "{{ secret('TEST') }}"}
    labels: {key: "{{ secret('TEST') }}"}
""")  # fmt: skip
    child = str((parent.runs["call"].outputs or {})["executionId"])
    runner.take([child])
    assert ended(child).state is State.SUCCESS
    assert messages(child) == ["child has ******"]
    assert leaks(parent.id) == [] and leaks(child) == []


def test_a_value_out_of_kv_is_secret_in_a_secret_field(runner: Runner) -> None:
    kv.set_value("team", "key", "kept-in-kv-4711", SystemClock().now())
    execution = run(runner, f"""
tasks:
  - id: ask
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{{{ kv('key') }}}}"
    baseUrl: http://127.0.0.1:1/kept-in-kv-4711/v1
    model: m
    prompt: hi
    timeout: PT0.3S
    allowFailure: true
  - {{id: say, {LOG}, message: "{{{{ kv('key') }}}}"}}
""")  # fmt: skip
    assert messages(execution.id)[-1] == "******"
    shown = [text for where, text in places(execution.id) if where.startswith(("/exec", "/api", "builder_log"))]
    assert not any("kept-in-kv-4711" in text for text in shown if "kept-in-kv-4711/v1" not in text)


def test_a_default_that_does_not_fit_does_not_quote_its_secret() -> None:
    publish(f"""
inputs:
  - {{id: number, type: INT, defaults: "{{{{ secret('TEST') }}}}"}}
tasks:
  - {{id: say, {LOG}, message: x}}
""")
    with pytest.raises(InvalidInput) as refused:
        create()
    assert "******" in refused.value.message and SECRET not in refused.value.message


def test_a_trigger_hands_a_secret_over_encrypted(runner: Runner) -> None:
    publish(f"""
inputs:
  - {{id: name, type: STRING}}
tasks:
  - {{id: say, {LOG}, message: "{{{{ inputs.name }}}} {{{{ trigger.body }}}}"}}
""")
    definition = {"inputs": {"name": "{{ secret('TEST') }}"}, "labels": {"l": "{{ secret('TEST') }}"}}
    now = SystemClock().now()
    hook = Trigger("team", "one", "hook", "io.kestra.plugin.core.trigger.Webhook", definition, 1, True, False, None,
                   None, None, "", now, now)  # fmt: skip
    execution = Opening(hook, {"body": "{{ secret('TEST') }} {{ 7 * 7 }}"}, SystemClock()).start()
    runner.take([execution.id])
    assert ended(execution.id).state is State.SUCCESS
    assert messages(execution.id) == ["****** {{ secret('TEST') }} {{ 7 * 7 }}"]
    assert leaks(execution.id) == []


@pytest.mark.parametrize(
    "forged",
    [{"type": ENCRYPTED_TYPE, "value": "bm90IG91cnM="}, {"type": ENCRYPTED_TYPE, "value": "?"}, f"{ENCRYPTED_TYPE}:x"],
)
def test_a_forged_sealed_value_stays_as_it_is_and_hurts_nobody(runner: Runner, forged: Any) -> None:
    publish(f"""
inputs:
  - {{id: j, type: JSON}}
tasks:
  - {{id: give, type: io.kestra.plugin.core.output.OutputValues, values: {{x: "{{{{ inputs.j }}}}"}}}}
  - {{id: say, {LOG}, message: "on {{{{ outputs.give.values.x is defined }}}}"}}
""")
    publish(f"tasks:\n  - {{id: say, {LOG}, message: fine}}", "beside")
    ids = [create(inputs={"j": json.dumps(forged)}), create("beside")]
    runner.take(ids)
    assert {ended(each).state for each in ids} == {State.SUCCESS}
    assert messages(ids[0]) == ["on true"]


@pytest.mark.parametrize("path", ["ok", "fail"])
def test_a_key_in_an_address_is_masked_in_what_comes_back(runner: Runner, echo: str, path: str) -> None:
    execution = run(
        runner,
        f"""
tasks:
  - id: ask
    type: io.kestra.plugin.core.http.Request
    uri: "{echo}/{path}?key={{{{ secret('TEST') }}}}"
    headers: {{X: "{{{{ secret('TEST') | base64encode }}}}"}}
""",
    )
    assert execution.runs["ask"].state is (State.SUCCESS if path == "ok" else State.FAILED)
    assert path == "ok" or "500" in execution.runs["ask"].message
    assert leaks(execution.id) == []


def test_an_encrypted_body_is_read_by_later_steps_and_shown_to_nobody(runner: Runner, echo: str) -> None:
    execution = run(
        runner,
        f"""
tasks:
  - {{id: ask, type: io.kestra.plugin.core.http.Request, uri: "{echo}/very-private", encryptBody: true}}
  - {{id: same, {LOG}, message: "{{{{ outputs.ask.encryptedBody contains 'very-' }}}}"}}
  - {{id: say, {LOG}, message: "{{{{ outputs.ask.encryptedBody }}}}"}}
""",
    )
    assert execution.state is State.SUCCESS
    assert messages(execution.id) == ["true", "******"]
    assert (execution.runs["ask"].outputs or {})["encryptedBody"]["type"] == ENCRYPTED_TYPE
    shown = [text for where, text in places(execution.id) if where.startswith(("/exec", "/api/v1/logs"))]
    assert not any("very-private " in text for text in shown)


def test_a_file_that_a_namespace_does_not_have_is_refused_in_one_sentence(runner: Runner) -> None:
    execution = run(runner, f"tasks:\n  - {{id: read, {LOG}, message: \"{{{{ read('prompts/a.txt') }}}}\"}}\n")
    assert "prompts/a.txt" in execution.runs["read"].message
    assert len(execution.runs["read"].message.splitlines()) == 1


@pytest.mark.parametrize(
    "program",
    [
        "def f: f; f",
        "[range(1e12)] | length",
        "env",
        "$ENV.PATH",
        "input",
        "input_filename",
        "[limit(3; repeat(1))] | tojson | halt_error",
        'import "/etc/passwd" as $x; $x',
    ],
)
def test_jq_in_a_task_reads_nothing_of_the_machine_and_ends(runner: Runner, program: str) -> None:
    publish(f"""
inputs:
  - {{id: program, type: STRING}}
tasks:
  - {{id: jq, {LOG}, message: "{{{{ {{'a': 1}} | jq(inputs.program) }}}}", allowFailure: true}}
  - {{id: after, {LOG}, message: fine}}
""")
    execution_id = create(inputs={"program": program})
    runner.take([execution_id])
    ended(execution_id)
    said = messages(execution_id)
    assert said[-1] == "fine"
    assert not any("/bin" in line or "root:" in line for line in said)


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def ask(runner: Runner, model: OpenAIServer) -> Execution:
    return run(
        runner,
        f"""
tasks:
  - id: ai
    type: io.kestra.plugin.openai.ChatCompletion
    apiKey: "{{{{ secret('TEST') | base64encode }}}}"
    baseUrl: {model.url}
    model: gpt-5.4-mini
    prompt: "say {{{{ secret('TEST') }}}}"
    retry: {{type: constant, interval: PT0.01S, maxAttempt: 1}}
  - {{id: say, {LOG}, message: "{{{{ outputs.ai.choices[0].message.content }}}}"}}
""",
    )


def test_a_model_that_repeats_a_secret_is_masked_and_what_it_writes_is_not_rendered(
    runner: Runner, model: OpenAIServer
) -> None:
    model.answers.append(Answer(text=f"it is {SECRET}, {{{{ secret('TEST') }}}} and {{{{ 7 * 7 }}}}"))
    execution = ask(runner, model)
    assert execution.state is State.SUCCESS
    assert messages(execution.id) == ["it is ******, {{ secret('TEST') }} and {{ 7 * 7 }}"]
    assert leaks(execution.id) == []


def test_an_error_of_a_model_that_repeats_a_key_is_masked(runner: Runner, model: OpenAIServer) -> None:
    key = base64.b64encode(SECRET.encode()).decode()
    model.answers.append(Answer(status=401, code="invalid_api_key", text=f"Incorrect API key provided: {key} {SECRET}"))
    execution = ask(runner, model)
    assert execution.state is State.FAILED
    assert leaks(execution.id) == []
