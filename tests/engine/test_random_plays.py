"""Any order, repetition or loss of events comes to an end, by legal moves alone, and plays again to the same state."""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from builder.engine import events as happened
from builder.engine.again.replay import tried_again
from builder.engine.again.restart import restarted
from builder.engine.commands import (
    BeginAgain,
    CancelTask,
    Command,
    Evaluate,
    KeepRows,
    KillChild,
    RunTask,
    StartChild,
    TryAgain,
)
from builder.engine.decide import Decision, decide, decide_all, pending
from builder.engine.encoding import execution_from_json, execution_to_json
from builder.engine.execution import Execution, TaskRun
from builder.engine.moving.ids import next_id
from builder.engine.plan import Plan
from builder.engine.play import START, fresh, without_board
from builder.engine.states import MOVES, TERMINAL, State
from builder.errors import Conflict
from tests.engine.flows import plan_of


class Chaos:
    """Carries out commands in any order, forgets the process now and then, and repeats what was said."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.plan = plan_of(self.flow())
        self.execution: Execution = fresh(self.plan, id=f"chaos{seed}")
        self.now = START
        self.told: list[happened.Event] = []
        self.open: list[Command] = []
        self.rows: dict[str, TaskRun] = {}
        self.after: Execution | None = None

    def flow(self) -> dict[str, Any]:
        self.count = 0
        flow: dict[str, Any] = {"tasks": self.tasks(3)}
        if self.dice.random() < 0.4:
            flow["errors"] = self.tasks(1)
        if self.dice.random() < 0.4:
            flow["finally"] = self.tasks(1)
        if self.dice.random() < 0.2:
            flow["afterExecution"] = self.tasks(1)
        if self.dice.random() < 0.4:
            flow["outputs"] = [{"id": "end", "type": "STRING", "value": "x"}]
        if self.dice.random() < 0.4:
            flow["sla"] = [self.sla(number) for number in range(self.dice.randint(1, 3))]
        if self.dice.random() < 0.3:
            listeners = [{"tasks": self.tasks(1)} for _ in range(self.dice.randint(1, 3))]
            flow["listeners"] = [self.dice.choice([{}, {"conditions": [{"type": "x"}]}]) | one for one in listeners]
        if self.dice.random() < 0.1:
            flow["retry"] = self.retry()
        return flow

    def sla(self, number: int) -> dict[str, Any]:
        sla = {
            "id": f"sla{number}",
            "behavior": self.dice.choice(["FAIL", "CANCEL", "NONE"]),
            "labels": {"late": "yes"},
        }
        if self.dice.random() < 0.5:
            return sla | {"type": "MAX_DURATION", "duration": f"PT{self.dice.randint(1, 400)}S"}
        return sla | {"type": "EXECUTION_ASSERTION", "assert": "{{ y }}"}

    def retry(self) -> dict[str, Any]:
        retry: dict[str, Any] = {"type": "constant", "interval": "PT1M", "maxAttempts": self.dice.randint(2, 3)}
        if self.dice.random() < 0.3:
            retry["behavior"] = "CREATE_NEW_EXECUTION"
        return retry

    def tasks(self, depth: int) -> list[dict[str, Any]]:
        return [self.task(depth) for _ in range(self.dice.randint(1, 3))]

    def task(self, depth: int) -> dict[str, Any]:
        self.count += 1
        task: dict[str, Any] = {"id": f"t{self.count}"}
        kinds = ["Log", "Sleep", "Pause", "Subflow", "ForEachItem"]
        if depth:
            kinds += [
                "Loop",
                "Approval",
                "Sequential",
                "Parallel",
                "ForEach",
                "If",
                "AllowFailure",
                "Switch",
                "LoopUntil",
                "Dag",
                "WorkingDirectory",
            ]
        task["type"] = kind = self.dice.choice(kinds)
        task |= self.properties(kind, depth)
        if depth and kind not in ("Log", "Sleep", "Subflow"):  # blocks, and those that make steps of their own
            for group in ("errors", "finally"):
                if self.dice.random() < 0.25:
                    task[group] = self.tasks(depth - 1)
        for flag, odds in (("allowFailure", 0.2), ("allowWarning", 0.1), ("disabled", 0.05)):
            if self.dice.random() < odds:
                task[flag] = True
        if self.dice.random() < 0.2:
            task["runIf"] = "{{ x }}"
        if self.dice.random() < 0.2:
            task["retry"] = self.retry()
        return task

    def properties(self, kind: str, depth: int) -> dict[str, Any]:
        inside = {"tasks": self.tasks(depth - 1)} if depth else {}
        return {
            "Log": {"message": "x"},
            "Sleep": {"duration": "PT1M"},
            "Subflow": self.call(),
            "ForEachItem": self.call() | {"items": "kestra:///rows"},
            "WorkingDirectory": {"tasks": [self.work() for _ in range(self.dice.randint(1, 3))], "outputFiles": ["*"]},
            "Pause": self.dice.choice([{}, {"delay": "PT1M"}, {"timeout": "PT1M"}]),
            "Sequential": inside,
            "Parallel": inside | {"concurrent": self.dice.randint(0, 2)},
            "AllowFailure": inside,
            "Loop": inside | self.loop(),
            "Approval": self.approval(depth) if kind == "Approval" else {},
            "ForEach": inside | {"values": '["a", "b", "c"]', "concurrencyLimit": self.dice.randint(0, 2)},
            "If": {"condition": "{{ x }}", "then": inside.get("tasks", [])},
            "Switch": {"value": "a", "cases": {"a": inside.get("tasks", [])}},
            "LoopUntil": inside | {"condition": "{{ x }}", "checkFrequency": {"interval": "PT1M", "maxIterations": 3}},
            "Dag": {"tasks": [{"task": task} for task in inside.get("tasks", [])]},
        }[kind]

    def call(self) -> dict[str, Any]:
        switches = {name: self.dice.random() < 0.8 for name in ("wait", "transmitFailed")}
        return {"namespace": "team", "flowId": "other"} | switches

    def work(self) -> dict[str, Any]:
        self.count += 1
        return {"id": f"t{self.count}", "type": "Log", "message": "x"} | (
            {"retry": self.retry()} if self.dice.random() < 0.2 else {}
        )

    def loop(self) -> dict[str, Any]:
        loop: dict[str, Any] = {"values": self.dice.choice(['["a", "a", "b"]', '{"k": 1, "l": 2}', "[]"])}
        loop |= {"concurrencyLimit": self.dice.randint(0, 2), "transmitFailed": self.dice.random() < 0.7}
        if self.dice.random() < 0.5:
            loop |= {"outputs": [{"id": "o", "type": "STRING", "value": "x"}]}
            loop |= {"fetchType": self.dice.choice(["AUTO", "STORE"])}
        return loop | ({"breakWhen": "{{ x }}"} if self.dice.random() < 0.2 else {})

    def approval(self, depth: int) -> dict[str, Any]:
        groups = {name: self.tasks(depth - 1) for name in ("onWait", "onApprove", "onDeny") if self.dice.random() < 0.4}
        ways = ["CONTINUE", "WARN", "FAIL", "SUCCEED", "CANCEL", "KILL"]
        behaviors = {f"{name}Behavior": self.dice.choice(ways) for name in ("approve", "deny", "expire")}
        return groups | behaviors | self.dice.choice([{}, {"timeout": "PT1M"}, {"autoApprove": True}])

    def play(self) -> None:
        self.tell(happened.Started(self.now))
        for _ in range(5000):
            if self.execution.state in TERMINAL:
                for command in [command for command in self.open if isinstance(command, TryAgain)]:
                    self.answer(command)
                return
            self.step()
        raise AssertionError("the play did not end")

    def step(self) -> None:
        assert all(self.knows(command) for command in pending(self.plan, self.execution))
        self.now += timedelta(seconds=1)
        chance = self.dice.random()
        if chance < 0.05 and self.told:
            self.tell(self.dice.choice(self.told))
        elif chance < 0.08:
            self.crash()
        elif chance < 0.1:
            self.hand_over()
        elif chance < 0.103:
            self.tell(happened.KillRequested(self.now))
        elif chance < 0.11:
            self.tell(happened.PauseRequested(self.now))
        elif self.open:
            self.answer(self.open.pop(self.dice.randrange(len(self.open))))
        elif self.execution.wake_at is not None:
            self.now = max(self.now, self.execution.wake_at)
            self.tell(happened.Woken(self.now))
        else:
            assert self.execution.state is State.PAUSED, f"{self.execution.state} with nothing to wait for"
            self.tell(happened.ResumeRequested(self.now, decision=self.dice.choice(["", "APPROVED", "DENIED"])))

    def knows(self, command: Command) -> bool:
        """A folder is there; the children of a batch that are tried again follow under the batch's name."""
        if isinstance(command, StartChild):
            return any(isinstance(one, StartChild) and one.path == command.path for one in self.open)
        return command in self.open or isinstance(command, BeginAgain)

    def hand_over(self) -> None:
        """Another process goes on, to which nothing that is under way is lost but the folders of blocks."""
        self.execution = execution_from_json(execution_to_json(self.execution))
        self.open = list(pending(self.plan, self.execution))
        for command in [command for command in self.open if isinstance(command, BeginAgain)]:
            self.open.remove(command)
            self.tell(happened.BlockLost(self.now, command.path, self.dice.random() < 0.5))

    def crash(self) -> None:
        self.hand_over()
        for command in [command for command in self.open if isinstance(command, RunTask)]:
            self.open.remove(command)
            self.tell(happened.AttemptLost(self.now, command.path, command.attempt, self.dice.random() < 0.5))

    def answer(self, command: Command) -> None:
        match command:
            case Evaluate(path, name, template):
                self.tell(self.evaluated(path, name, template))
            case RunTask(path, attempt):
                if self.dice.random() < 0.8:
                    outputs = {"x": 1, "uris": ["a", "b", "c"][: self.dice.randint(0, 3)]}
                    self.tell(happened.TaskSucceeded(self.now, path, attempt, outputs))
                else:
                    self.tell(happened.TaskFailed(self.now, path, attempt, "no", self.dice.random() < 0.8))
            case CancelTask(path, attempt):
                self.tell(happened.TaskKilled(self.now, path, attempt))
            case StartChild(path, child):
                self.tell(happened.ChildStarted(self.now, path, child))
                if command.wait:
                    self.child_ended(command)
            case KillChild(child, path):
                owners = [path] if path else [run.path for run in self.execution.runs.values() if run.child == child]
                for owner in owners:
                    self.tell(happened.ChildEnded(self.now, owner, child, State.KILLED, None))
            case KeepRows(path, name):
                self.tell(happened.Evaluated(self.now, path, name, "kestra:///kept.ion"))
            case TryAgain(due_at):
                self.after = tried_again(self.execution, due_at)

    def child_ended(self, command: StartChild) -> None:
        """A child that is tried again is followed; its successor comes to its own end."""
        ends = [State.SUCCESS, State.SUCCESS, State.FAILED, State.WARNING, State.CANCELLED, State.RETRIED]
        state = self.dice.choice(ends)
        path, child = command.path, command.child
        self.tell(happened.ChildEnded(self.now, path, child, state, {}))
        if state is State.RETRIED:
            self.open.append(replace(command, child=next_id(child)))

    def evaluated(self, path: str | None, name: str, template: Any) -> happened.Event:
        if self.dice.random() < 0.05:
            return happened.EvaluationFailed(self.now, path, name, "no such variable")
        if name == "began":
            return happened.Evaluated(self.now, path, name, self.now.isoformat())
        odds = {"{{ x }}": 0.7, "{{ y }}": 0.98}.get(template) if isinstance(template, str) else None
        return happened.Evaluated(self.now, path, name, template if odds is None else self.dice.random() < odds)

    def tell(self, event: happened.Event) -> None:
        self.told.append(event)
        decision = decide(self.plan, self.execution, event)
        self.execution = decision.execution
        self.open += decision.commands
        self.keep(decision)

    def keep(self, decision: Decision) -> None:
        """The rows as a store would hold them that only hears of what changed."""
        for path in decision.changed:
            if path in decision.execution.runs:
                self.rows[path] = decision.execution.runs[path]
            else:
                self.rows.pop(path, None)


def legal(execution: Execution) -> None:
    for history in (execution.history, *(run.history for run in execution.runs.values())):
        for (before, _), (after, _) in pairwise(history):
            assert after in MOVES[before]


def replay(plan: Plan, execution: Execution, events: list[happened.Event]) -> Execution:
    for event in events:
        execution = decide(plan, without_board(execution), event).execution
    return execution


@pytest.mark.parametrize("seed", range(300))
def test_it_ends_moves_legally_and_plays_again_to_the_same_state(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.play()
    execution = chaos.execution
    legal(execution)
    assert [run.path for run in execution.runs.values() if run.state not in TERMINAL] == []
    first = fresh(chaos.plan, id=execution.id)
    assert replay(chaos.plan, first, chaos.told) == execution
    assert decide_all(chaos.plan, first, chaos.told).execution == execution
    assert pending(chaos.plan, execution) == ()
    assert chaos.rows == execution.runs
    assert (execution.state is State.RETRIED) is (chaos.after is not None)
    assert chaos.after is None or chaos.after.attempt_number == execution.attempt_number + 1


@pytest.mark.parametrize("seed", range(100))
def test_what_ended_can_be_restarted_and_ends_again(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.play()
    try:
        chaos.execution = restarted(chaos.plan, chaos.execution, chaos.now)
    except Conflict:
        return
    chaos.open = []
    chaos.play()
    assert [run.path for run in chaos.execution.runs.values() if run.state not in TERMINAL] == []
