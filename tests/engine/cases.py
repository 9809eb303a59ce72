"""One case of the corpus: its flows published, its steps taken, each compared with what is expected."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builder.engine import events as happened
from builder.engine.again.replay import replayed, restarted_anew
from builder.engine.again.restart import restarted, resumable
from builder.engine.execution import Execution
from builder.engine.play import START
from builder.engine.states import TERMINAL
from builder.errors import BuilderError, InvalidFlow
from tests.engine.expectations import Expectations, values_of
from tests.engine.world import World

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

GUESSED = {"disable-flowable": ("state",)}
"""Expectations marked `derived` that Kestra's tests do not state and its strict variables contradict."""


class Case(Expectations):
    """One case: publishes its flows, takes its steps and compares."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = case
        setup = case.get("setup", {})
        envs = {key.lower().removeprefix("kestra_"): value for key, value in setup.get("env", {}).items()}
        self.world = World(envs=envs, globals=setup.get("globals", {}))
        self.labels = tuple(setup.get("execution_labels", {}).items())
        self.named: dict[str, Execution] = {}
        self.first: Execution | None = None
        self.last: Execution | None = None

    def play(self) -> None:
        try:
            self.plan = self.world.publish((CORPUS / "flows" / self.case["flow"]).read_text())
            for path in self.case["also_needs"]:
                self.world.publish((CORPUS / "flows" / path).read_text())
        except InvalidFlow as error:
            if "no task type" in error.message or "no trigger type" in error.message:
                pytest.skip(f"needs a type that is not built: {error.message[:150]}")
            raise
        except FileNotFoundError as error:
            pytest.skip(f"needs a flow that is kept back: {Path(str(error.filename)).name}")
        steps = self.case.get("steps") or [{"do": "run"}]
        for step in steps:
            self.take(step)
        derived = {
            key: value
            for key, value in self.case.get("derived", {}).items()
            if key not in GUESSED.get(self.case["id"], ())
        }
        expected = {**derived, **self.case.get("expect", {})}
        if self.last is not None:
            self.compare(expected, self.last)

    def take(self, step: Mapping[str, Any]) -> None:
        before = self.last
        do = getattr(self, f"do_{step['do']}", None)
        if do is None:
            pytest.skip(f"needs the step {step['do']}")
        expected = step.get("expect", {})
        if expected.get("error"):
            with pytest.raises(BuilderError):
                do(step)
            return
        do(step)
        assert self.last is not None
        self.first = self.first or self.last
        self.compare(expected, self.last, before)

    def do_run(self, step: Mapping[str, Any]) -> None:
        flow = step.get("flow", self.plan.flow.id)
        plan = next(plan for plan in self.world.plans.values() if plan.flow.id == flow)
        raw = self.case.get("inputs_mode") == "raw" or bool(self.case.get("missing_required_inputs"))
        inputs = {**self.case["inputs"], **step.get("inputs", {})}
        inputs = {name: self._named(value) for name, value in inputs.items()}
        execution = self.world.create(plan, _nested(inputs) if raw else inputs, labels=self.labels, raw=raw)
        self.last = self.world.run(execution)
        if step.get("as"):
            self.named[step["as"]] = self.last

    do_run_until_paused = do_run

    def _named(self, value: Any) -> Any:
        """`$ID:p` is the id of the execution that a step named `p`."""
        is_name = isinstance(value, str) and value.startswith("$ID:")
        return self.named[value.removeprefix("$ID:")].id if is_name else value

    def do_await(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        if "of" in step:
            self.last = self.world.find(self.named[step["of"]].id)
        if self.last.state not in TERMINAL:
            self.last = self.world.run(self.last)

    def do_restart(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        if step.get("revision"):
            self.last = restarted_anew(self.plan, self.last, START, "again", step["revision"])
        else:
            self.last = restarted(self.plan, self.last, START)

    def do_update_flow(self, step: Mapping[str, Any]) -> None:
        self.plan = replace(self.plan, revision=self.plan.revision + 1)

    def do_replay(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        path = None
        if "from_index" in step:
            path = list(self.last.runs)[step["from_index"]]
        elif "from_task" in step:
            values = step.get("from_values")
            path = next(
                run.path
                for run in self.last.runs.values()
                if run.task_id == step["from_task"] and (values is None or values_of(self.last, run) == values)
            )
        self.last = replayed(self.plan, self.last, START, "replay", path)

    def do_resume(self, step: Mapping[str, Any]) -> None:
        assert self.last is not None
        run = resumable(self.last)
        inputs = step.get("inputs", {})
        event = happened.ResumeRequested(START, run.path if run else None, inputs)
        self.last = self.world.run(self.last, event)


def _nested(inputs: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in inputs.items():
        *above, last = key.split(".")
        at = found
        for part in above:
            at = at.setdefault(part, {})
        at[last] = value
    return found
