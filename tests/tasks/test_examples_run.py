"""The example of every task type runs for real: models, servers and mail are doubles on this machine, the rest is ours.

A new type is tried as it is. What its example reads stands in INPUTS and STEPS, how else it may end in ENDS.
"""

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from aiosmtpd.smtp import AuthResult

from builder.engine import events as happened
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.expressions import render_value
from builder.expressions.trial import GivenLookups
from builder.flows.catalogue import Kind
from builder.tasks.catalogue import Entry, catalogue
from builder.tasks.core.flow.for_each_item import ForEachItem
from builder.tasks.flow import FlowTask
from builder.tasks.testing import FakeContext
from tests.doubles.openai_server import OpenAIServer
from tests.doubles.openai_store import MP3, png
from tests.engine.world import World
from tests.tasks.test_mail import Mailbox, serving

ENTRIES = catalogue().all(Kind.TASK)
NAMESPACE = "company.team"
SECRETS = {"OPENAI_API_KEY": "sk-test", "MISTRAL_API_KEY": "sk-test", "EMAIL_PASSWORD": "pw"}
FILES = {"kestra:///tests/picture.png": png(), "kestra:///tests/recording.mp3": MP3}
INPUTS = {
    "name": "Ada",
    "amount": 3,
    "priority": 7,
    "kind": "praise",
    "text": "A long story",
    "send": True,
    "comment": "How nice",
    "picture": "kestra:///tests/picture.png",
    "recording": "kestra:///tests/recording.mp3",
    "document": "kestra:///tests/picture.png",
}
KINDS = {str: "STRING", int: "INT", bool: "BOOLEAN"}
STEPS = {
    "outputs.ask.": """
id: ask
type: io.kestra.plugin.openai.Responses
apiKey: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
input: Say something
""",
    "outputs.completion.": """
id: completion
type: openai.CreateChatCompletion
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
messages: [{role: user, content: Say something}]
store: true
""",
    "outputs.response.": """
id: response
type: openai.CreateResponse
api_key: "{{ secret('OPENAI_API_KEY') }}"
model: gpt-5.4-mini
input: Say something
""",
    "outputs.fetch.": """
id: fetch
type: io.kestra.plugin.core.http.Request
uri: https://example.com/empty
""",
    "outputs.write.": """
id: write
type: io.kestra.plugin.core.storage.Write
content: |
  {"id": 1}
  {"id": 2}
extension: .jsonl
""",
    "core.state.": """
id: earlier
type: io.kestra.plugin.core.state.Set
name: last
data: {id: one}
""",
}
"""What comes first, by what an example mentions."""
SUMMARISE = """
id: summarise
namespace: company.team
inputs:
  - id: text
    type: STRING
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "{{ inputs.text }}"
"""
GREETING = """
id: greeting
namespace: company.team
tasks:
  - id: hello
    type: io.kestra.plugin.core.log.Log
    message: "Hello {{ parent.outputs.args.name }}"
"""
ENDS = {
    "execution.Fail": State.FAILED,
    "execution.Exit": State.WARNING,
    "flow.AllowFailure": State.WARNING,
    "flow.Approval": State.CANCELLED,  # nobody decides before its time is over
}
"""Where the example is there to end otherwise, by the end of the type's name."""


class Context(FakeContext):
    """Reads the secrets of the tests."""

    async def render(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        return render_value(value, {**self.variables, **(extra or {})}, self._lookups(), typed=typed, now=self.now())

    def render_now(self, value: Any, extra: Mapping[str, Any] | None = None, *, typed: bool = False) -> Any:
        return render_value(value, {**self.variables, **(extra or {})}, self._lookups(), typed=typed, now=self.now())

    def _lookups(self) -> GivenLookups:
        return GivenLookups({"secrets": SECRETS}, self.variables)


class Site(BaseHTTPRequestHandler):
    """Says back what it is sent."""

    def do_GET(self) -> None:
        if self.path == "/events":
            self._answer(b'data: {"text": "Hello"}\n\ndata: {"text": " Ada"}\n\n', "text/event-stream")
            return
        self._answer(b"" if self.path == "/empty" else b"a,b\n1,2\n")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@dataclass(frozen=True)
class Neighbours:
    """The servers that examples talk to."""

    models: OpenAIServer
    site: str
    mail_port: int
    mailbox: Mailbox

    def redirected(self, example: str) -> str:
        """An example with the addresses of this machine."""
        for key, address in (("apiKey", "baseUrl"), ("api_key", "base_url")):
            written = re.escape(f"{key}: \"{{{{ secret('OPENAI_API_KEY') }}}}\"")
            example = re.sub(f"(?m)^( *){written}$", rf"\g<0>\n\g<1>{address}: {self.models.url}", example)
        example = example.replace("setup:\n", f"setup:\n  base-path: {self.models.url}\n")
        return (
            example.replace("https://example.com", self.site)
            .replace("host: smtp.example.com", "host: 127.0.0.1")
            .replace("port: 465", f"port: {self.mail_port}\ntransportStrategy: SMTP")
        )  # fmt: skip


@pytest.fixture(scope="module")
def neighbours() -> Iterator[Neighbours]:
    box = Mailbox()
    with OpenAIServer() as models, _site() as site, _mail(box) as port:
        yield Neighbours(models, site, port, box)


@contextmanager
def _site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def _mail(box: Mailbox) -> Iterator[int]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = serving(box, authenticator=lambda *_: AuthResult(success=True), auth_require_tls=False)
    yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def run_example(entry: Entry, neighbours: Neighbours) -> tuple[World, Execution, str]:
    """The world afterwards, the execution that ended, and the id of the example's step."""
    world = World(context=Context)
    world.files.contents |= FILES
    world.publish(SUMMARISE)
    world.publish(GREETING)
    world.kv.entries[NAMESPACE, "last_response"] = "resp_1"
    example = yaml.safe_load(neighbours.redirected(entry.example))
    first = [yaml.safe_load(neighbours.redirected(step)) for said, step in STEPS.items() if said in entry.example]
    inputs = [{"id": name, "type": KINDS[type(value)]} for name, value in INPUTS.items()]
    flow = {"id": "example", "namespace": NAMESPACE, "inputs": inputs, "tasks": [*first, example]}
    plan = world.publish(yaml.safe_dump(flow, sort_keys=False))
    ended = world.run(world.create(plan, INPUTS))
    if ended.state is State.PAUSED:
        at = ended.history[-1][1] + timedelta(seconds=1)
        given = {one["id"]: "It is fine" for one in example.get("onResume", ())}
        ended = world.run(ended, happened.ResumeRequested(at, None, given))
    return world, ended, example["id"]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.name for entry in ENTRIES])
def test_the_example_runs(entry: Entry, neighbours: Neighbours) -> None:
    world, ended, step = run_example(entry, neighbours)
    expected = next((state for end, state in ENDS.items() if entry.name.endswith(f".{end}")), State.SUCCESS)
    assert ended.state is expected, (ended.runs, world.logs)
    run = ended.runs[step]
    assert run.state is expected
    declared = entry.plugin.declared_outputs()
    documented = set(declared.model_json_schema(mode="serialization")["properties"]) if declared else set()
    if declared and expected is State.SUCCESS:
        assert set(_set_by(entry, ended, step)) & documented
    if issubclass(entry.plugin, FlowTask) or (declared and declared.model_config.get("extra") != "allow"):
        assert set(_set_by(entry, ended, step)) <= documented, "what it gives is documented"


def _set_by(entry: Entry, ended: Execution, step: str) -> set[str]:
    """The outputs of a step, and those of the steps that it makes itself under names that begin with <id>."""
    own = set(ended.runs[step].outputs or {})
    made = ended.runs.values() if issubclass(entry.plugin, ForEachItem) else ()
    inside = {
        f"<id>{run.task_id.removeprefix(step)}.{name}"
        for run in made
        if run.task_id.startswith(f"{step}_")
        for name in run.outputs or {}
    }
    return own | inside


def test_what_the_examples_did_was_real(neighbours: Neighbours) -> None:
    def outputs(name: str) -> Any:
        entry = catalogue().find(name)
        assert entry is not None
        _, ended, step = run_example(entry, neighbours)
        return ended.runs[step].outputs

    asked, sent = len(neighbours.models.requests), len(neighbours.mailbox.envelopes)
    assert outputs("io.kestra.plugin.openai.ChatCompletion")["choices"][0]["message"]["content"]
    assert outputs("io.kestra.plugin.core.http.Request")["body"] == '{"name": "Ada"}'
    assert outputs("io.kestra.plugin.core.http.Download")["length"] == 8
    assert outputs("io.kestra.plugin.core.http.SseRequest")["result"] == "Hello Ada"
    assert outputs("io.kestra.plugin.core.state.Get")["data"] == {"id": "one"}
    outputs("io.kestra.plugin.notifications.mail.MailSend")
    assert len(neighbours.models.requests) == asked + 2
    assert neighbours.models.requests[-1].headers["authorization"] == "Bearer sk-test"
    assert len(neighbours.mailbox.envelopes) == sent + 1
    assert neighbours.mailbox.mail()["Subject"] == "Daily summary"
