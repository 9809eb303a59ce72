"""The bad flows of the shared corpus that pass the check are run by a real runner: each ends with its reason, alone."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from builder.clock import SystemClock
from builder.engine.execution import Execution
from builder.engine.states import State
from builder.errors import InvalidInput
from builder.runtime.runner.runner import Runner
from builder.store import births, flows
from tests.runtime.conftest import create, ended, messages, publish

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "corpus" / "bad_flows"
FILES = sorted(CORPUS.glob("*.yaml"))
UNREACHABLE = {"101_secret_in_plain"}
"""Sound flows that would ask a model somewhere else."""
REASONS = {
    "70_subflow_missing": ("sub", "lab.rel.nowhere. does not exist"),
    "71_foreach_infinite": ("loop", "values: .*limit `items`"),
    "72_foreach_not_list": ("loop", 'values must be a JSON list, but they are "abc"'),
    "73_waitfor_never": ("w", "maxIterations"),
    "78_expr_unknown_var": ("log", "message: .*inputs"),
    "83_expr_division": ("log", "message: Division by zero"),
    "84_expr_mro": ("log", r"message: Unable to find `__class__` .*looked for in a text"),
    "94_uri_metadata": ("get", "169.254.169.254 is not allowed"),
}
"""Which task fails, and what it says, for each file that is to fail when it runs."""
LEAKS = ("<class", "object at 0x", "Traceback", "site-packages", "builtins", "root:x")

pytestmark = pytest.mark.skipif(not FILES, reason="the shared corpus is not here")


def _expects(file: Path) -> str:
    found = re.search(r"^\ufeff?# expect: (\w+)", file.read_bytes().decode(), re.MULTILINE)
    return found[1] if found else ""


def _run(runner: Runner, text: str) -> Execution:
    flow = births.checked(text).valid_flow
    flows.publish(namespace=flow.namespace, flow_id=flow.id, source=text, by="tests", now=SystemClock().now())
    execution_id = create(flow.id, flow.namespace)
    runner.take([execution_id])
    return ended(execution_id)


def _problem(file: Path, execution: Execution) -> str:
    """What is not as the file's comment says, or nothing."""
    said = [execution.message, *messages(execution.id), *(run.message for run in execution.runs.values())]
    leaked = [leak for leak in LEAKS if any(leak in line for line in said)]
    if leaked:
        return f"leaks {leaked}"
    if _expects(file) != "error_at_run":
        return "" if execution.state is State.SUCCESS else f"{execution.state}: {said}"
    task, reason = REASONS[file.stem]
    message = execution.runs[task].message
    held = execution.state is State.FAILED and re.search(reason, message) and message in said
    return "" if held else f"{execution.state}: {message}"


def test_a_bad_flow_that_runs_ends_with_its_reason_and_the_next_one_runs_fine(runner: Runner) -> None:
    publish("tasks:\n  - {id: say, type: io.kestra.plugin.core.log.Log, message: fine}", "after")
    wrong = {}
    for file in FILES:
        checked = births.checked(file.read_bytes().decode())
        if checked.flow is None or file.stem in UNREACHABLE or checked.flow.inputs:
            continue
        if problem := _problem(file, _run(runner, file.read_bytes().decode())):
            wrong[file.stem] = problem
        after = create("after")
        runner.take([after])
        assert messages(ended(after).id) == ["fine"]
    assert not wrong


def test_every_flow_that_is_to_fail_when_it_runs_is_saved() -> None:
    to_run = {file.stem for file in FILES if _expects(file) == "error_at_run"}
    assert to_run == {stem for stem in REASONS if (CORPUS / f"{stem}.yaml").exists()}
    for stem in to_run:
        assert births.checked((CORPUS / f"{stem}.yaml").read_text()).flow is not None, stem


def test_an_input_that_would_keep_a_pattern_busy_for_ever_is_refused_at_once(runner: Runner) -> None:
    text = (CORPUS / "61_redos_validator.yaml").read_text()
    flow = births.checked(text).flow
    if flow is None:
        return
    flows.publish(namespace=flow.namespace, flow_id=flow.id, source=text, by="tests", now=SystemClock().now())
    with pytest.raises(InvalidInput, match="must match"):
        create(flow.id, flow.namespace, {"n": "a" * 40 + "!"})
