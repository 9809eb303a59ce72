"""What a trigger hands to the execution it starts: whether it may start at all, and with which inputs and labels."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from builder.actions.executions.failing import fail
from builder.actions.executions.running import ask_ahead, asks_others, run
from builder.actions.triggers.seeing import runnable_of, seen_by
from builder.clock import Clock
from builder.engine.execution import Execution
from builder.errors import BuilderError, Unavailable
from builder.expressions import ExpressionError, UndefinedVariable, truthy
from builder.flows.dialects.compat import NEWEST, Compat
from builder.runtime.evaluate import render
from builder.runtime.world.asking import Answers
from builder.store.hiding import masked
from builder.store.lookups import StoredLookups
from builder.store.triggers import Trigger
from builder.tasks.judge import Judge, Objection
from builder.triggers.conditions import conditions_of, gathers
from builder.triggers.flow.upstream import Sight

ASKING_SECONDS = 10.0
"""How long a trigger waits for what its flow's inputs ask of one other server or flow: others are due as well."""
ASKING_SECONDS_IN_ALL = 30.0
"""How long it waits for all that they ask."""


class Opening:
    """One firing of a trigger; `variables` are what expressions read as `trigger` (and what the execution keeps).

    `sight`: the execution that a flow trigger looks at.
    """

    def __init__(
        self,
        trigger: Trigger,
        variables: Mapping[str, Any],
        clock: Clock,
        *,
        sight: Sight | None = None,
    ) -> None:
        self.trigger = trigger
        self.variables = variables
        self.sight = sight
        self._clock = clock
        self._found = runnable_of(trigger)
        self._given = {**seen_by(trigger, self._found), **(sight.seen if sight else {})}
        self._secrets = list(sight.hidden if sight else ())
        self._lookups = StoredLookups(trigger.namespace, clock.now, on_secret=self._secrets.append)
        self._answers = Answers().completed()

    def with_variables(self, variables: Mapping[str, Any]) -> Self:
        """The same with other `variables`; far cheaper than a new one."""
        other = copy.copy(self)
        other.variables = variables
        return other

    def with_more(self, more: Mapping[str, Any]) -> Self:
        """The same with more to read, besides `trigger`."""
        other = copy.copy(self)
        other._given = {**self._given, **more}
        return other

    def hide(self, secret: str) -> None:
        """A text that is secret from now on."""
        self._secrets.append(secret)

    @property
    def compat(self) -> Compat:
        """Which release's meaning holds for the trigger's flow."""
        return self._found.flow.compat if self._found else NEWEST

    @property
    def judge(self) -> Judge:
        return Judge(self.rendered, self.sight.facts if self.sight else None)

    def objection(self) -> Objection | None:
        """Why nothing is to start, as people may read it; None when all `conditions` and `when` hold."""
        found = self._objection()
        return found and replace(found, reason=self.told(found.reason))

    def _objection(self) -> Objection | None:
        definition = self.trigger.definition
        alone = [one for one in conditions_of(definition) if self.sight is None or not gathers(one)]
        found = self.judge.objection(alone)
        when = definition.get("when")
        if found is not None or when is None:
            return found
        try:
            return None if truthy(str(self.about(when))) else Objection("`when` did not hold.")
        except Unavailable:
            raise
        except BuilderError as error:
            return Objection(f"`when` counts as not holding: {error.message}", broken=True)

    @property
    def asks(self) -> bool:
        """Whether the flow's inputs, or its checks, may ask other servers and flows."""
        return self._found is not None and asks_others(self._found.flow)

    def asking(self, *, inputs: Mapping[str, Any] | None = None, require_inputs: bool = True) -> Self:
        """The same, knowing what the flow's inputs ask of other servers and flows: `start` itself waits for nobody.

        Not inside a transaction, and not in the scheduler's thread: see triggers.asking.
        """
        other = copy.copy(self)
        if self._found is not None:
            other._answers = ask_ahead(
                self._found, lambda: self._inputs(inputs), hidden=self._secrets, require_inputs=require_inputs,
                seconds=ASKING_SECONDS, in_all=ASKING_SECONDS_IN_ALL,
            )  # fmt: skip
        return other

    def _inputs(self, more: Mapping[str, Any] | None) -> dict[str, Any]:
        given = {**(self.trigger.definition.get("inputs") or {}), **(more or {})}
        return {name: self._input(value) for name, value in given.items()}

    def start(
        self,
        labels: Sequence[tuple[str, str]] = (),
        *,
        inputs: Mapping[str, Any] | None = None,
        require_inputs: bool = True,
        refused_when_full: bool = False,
        execution_id: str | None = None,
    ) -> Execution:
        """Creates the execution; `labels` come after the trigger's, `inputs` go before its own.

        Secrets are handed over encrypted, or masked. Raises what `run` raises, and ExpressionError.
        """
        return run(
            self.trigger.namespace,
            self.trigger.flow_id,
            self._inputs(inputs),
            labels=[*self._labels(), *labels],
            trigger=self._kept,
            hidden=self._secrets,
            require_inputs=require_inputs,
            refused_when_full=refused_when_full,
            execution_id=execution_id,
            answers=self._answers,
        )

    def _input(self, value: Any) -> Any:
        """A lone expression keeps its type; pieces of several types, which typed rendering refuses, are one text."""
        try:
            return self.rendered(value, typed=True)
        except UndefinedVariable:
            raise
        except ExpressionError:
            return self.rendered(value)

    def fail(self, reason: str, labels: Sequence[tuple[str, str]] = ()) -> Execution:
        """Creates an execution that has failed, since none could be started. Raises what `fail` raises."""
        try:
            own = self._labels()
        except BuilderError:
            own = []
        where = (self.trigger.namespace, self.trigger.flow_id)
        return fail(*where, self.told(reason), self._clock, labels=[*own, *labels], trigger=self._kept)

    def told(self, reason: str) -> str:
        """A reason as people and logs may read it: the secrets that were looked up are masked."""
        return masked(reason, self._secrets)

    @property
    def _kept(self) -> Mapping[str, Any]:
        return {"id": self.trigger.id, "type": self.trigger.type, "variables": dict(self.variables)}

    def _labels(self) -> list[tuple[str, str]]:
        found = pairs(self.rendered(self.trigger.definition.get("labels") or {}))
        return [(key, masked(value, self._secrets)) for key, value in found]

    def rendered(self, value: Any, *, typed: bool = False) -> Any:
        """All text inside a value, with the trigger's variables. Raises ExpressionError."""
        return render(value, self._seen, self._lookups, self._clock, typed=typed)

    @property
    def _seen(self) -> dict[str, Any]:
        scheduled = {"schedule": self.variables} if self.trigger.type.endswith(".Schedule") else {}
        return {**self._given, **scheduled, "trigger": self.variables}

    def about(self, template: Any) -> Any:
        """The same as `when` sees it, where `flow` is the flow that a flow trigger looks at. Raises ExpressionError."""
        seen = {**self._seen, **(self.sight.by_when if self.sight else {})}
        return render(template, seen, self._lookups, self._clock, typed=False)


def is_conditional(trigger: Trigger) -> bool:
    """Whether it has anything that may keep it from starting."""
    return trigger.definition.get("when") is not None or bool(conditions_of(trigger.definition))


def pairs(labels: Any) -> list[tuple[str, str]]:
    """Labels are written as a map or as a list of {key, value}."""
    if isinstance(labels, Mapping):
        return [(str(key), str(value)) for key, value in labels.items()]
    return [(str(label["key"]), str(label["value"])) for label in labels]
