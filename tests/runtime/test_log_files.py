"""logToFile: the log of an attempt is a file of the execution, and no line is in the database."""

from typing import Any

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.runtime.files import storage
from builder.runtime.runner.runner import Runner
from builder.store import secrets
from tests.runtime.conftest import create, ended, messages, publish

LOG = "io.kestra.plugin.core.log.Log"


def run(runner: Runner, source: str) -> Execution:
    publish(source)
    execution_id = create()
    runner.take([execution_id])
    return ended(execution_id)


def text_of(execution: Execution, path: str, attempt: int = 0) -> str:
    return storage.read(execution.runs[path].attempts[attempt].log_file, {execution.id}).decode()


def test_the_lines_are_in_a_file_and_nowhere_else(runner: Runner):
    done = run(runner, f"tasks: [{{id: hello, type: {LOG}, message: Hello World!, logToFile: true}}]")
    assert done.state is State.SUCCESS and messages(done.id) == []
    (line,) = text_of(done, "hello").splitlines()
    assert line.split(" ", 3)[1:] == ["INFO", "", "hello Hello World!"]
    assert done.runs["hello"].attempts[0].log_file.endswith("/hello-1.log")


def test_secrets_are_masked_and_the_least_level_holds(runner: Runner):
    secrets.set_value("team", "KEY", "hunter22", by="tests", now=SystemClock().now())
    done = run(runner, f"""
tasks:
  - id: say
    type: {LOG}
    message: ["one", "{{{{ secret('KEY') }}}}\\nmore"]
    level: WARN
    logLevel: WARN
    logToFile: true
  - {{id: quiet, type: {LOG}, message: x, level: DEBUG, logLevel: INFO, logToFile: true}}
""")  # fmt: skip
    text = text_of(done, "say")
    assert "hunter22" not in text and "***" in text and text.endswith("\nmore\n")
    assert done.runs["quiet"].attempts[0].log_file == ""


def test_each_try_has_its_file_and_a_failure_is_in_it(runner: Runner):
    done = run(runner, """
tasks:
  - id: bad
    type: io.kestra.plugin.core.execution.Fail
    errorMessage: "It is bad"
    logToFile: true
    retry: {type: constant, interval: PT0.1S, maxAttempts: 2}
""")  # fmt: skip
    assert ["It is bad" in text_of(done, "bad", number) for number in (0, 1)] == [True, True]


def test_a_log_beyond_its_limit_says_so(runner: Runner, settings: Any):
    settings.MILLSTREAM = {**settings.MILLSTREAM, "LOG_FILE_BYTES": 10}
    done = run(runner, f"tasks: [{{id: say, type: {LOG}, message: [12345678, 12345678, 12345678], logToFile: true}}]")
    assert text_of(done, "say").count("12345678") == 1
    assert "MILLSTREAM_LOG_FILE_BYTES" in text_of(done, "say")
