"""Triggers: ids, types, conditions, and whether they give the inputs that the flow needs."""

from collections.abc import Mapping
from math import log2
from typing import Any

from builder.errors import Path
from builder.flows.catalogue import Catalogue, Kind
from builder.flows.checks.findings import Findings, kind_of
from builder.flows.checks.inputs import declared_inputs
from builder.flows.checks.nearest import suggestion
from builder.flows.checks.tasks import ask_type, check_id, find_type
from builder.flows.inputs import lookup

_SCHEDULE = "io.kestra.plugin.core.trigger.Schedule"
_FLOW = "io.kestra.plugin.core.trigger.Flow"
_LISTENED_TO = ("PAUSED", "SUCCESS", "WARNING", "FAILED", "KILLED", "CANCELLED", "RETRIED", "SKIPPED")
_GIVES_INPUTS = {_SCHEDULE: "schedule", "io.kestra.plugin.core.trigger.Webhook": "webhook"}
_NARROWS = ("conditions", "multipleConditions", "preconditions", "dependsOn", "when")
"""What says which executions a flow trigger means, besides their states."""
_SAFE_BITS = 110
_HEX = frozenset("0123456789abcdef")


def check_triggers(findings: Findings, flow: Mapping[str, Any], catalogue: Catalogue) -> None:
    """All triggers of a flow, and the conditions of its listeners, which are of the same kinds."""
    for index, listener in enumerate(_maps(flow.get("listeners"))):
        _check_conditions(findings, ("listeners", index, "conditions"), listener.get("conditions"), catalogue)
    triggers = flow.get("triggers")
    if triggers is None:
        return
    if not isinstance(triggers, list):
        findings.error(("triggers",), f"triggers are a list, not {kind_of(triggers)}", "Begin each with a dash.")
        return
    seen: set[str] = set()
    for index, trigger in enumerate(triggers):
        path: Path = ("triggers", index)
        if not isinstance(trigger, Mapping):
            findings.error(path, f"a trigger is a map of id, type and properties, not {kind_of(trigger)}")
            continue
        name = check_id(findings, path, trigger, "trigger")
        if name in seen:
            findings.error(
                (*path, "id"),
                f'two triggers are named "{name}": Duplicate trigger id with name [{name}]',
                "Give each trigger its own id.",
            )
        elif name is not None:
            seen.add(name)
        _check_trigger(findings, path, trigger, flow, catalogue)


def _check_trigger(
    findings: Findings, path: Path, trigger: Mapping[str, Any], flow: Mapping[str, Any], catalogue: Catalogue
) -> None:
    found = find_type(findings, path, trigger, catalogue, Kind.TRIGGER)
    if found is None:
        return
    ask_type(findings, path, found, trigger)
    for key in ("conditions", "scheduleConditions"):
        _check_conditions(findings, (*path, key), trigger.get(key), catalogue)
    for index, several in enumerate(_maps(trigger.get("multipleConditions"))):
        _check_named(findings, (*path, "multipleConditions", index, "conditions"), several.get("conditions"), catalogue)
    _check_key(findings, path, trigger.get("key"))
    if found.name == _FLOW:
        _check_listening(findings, path, trigger, flow)
        _check_narrow(findings, path, trigger)
    if found.name in _GIVES_INPUTS:
        _check_given(findings, path, trigger, flow, _GIVES_INPUTS[found.name])


def _check_conditions(findings: Findings, path: Path, conditions: Any, catalogue: Catalogue) -> None:
    if not isinstance(conditions, list):
        if conditions is not None:
            findings.error(path, f"{path[-1]} is a list", "Begin each condition with a dash.")
        return
    for index, condition in enumerate(conditions):
        _check_condition(findings, (*path, index), condition, catalogue)


def _check_condition(findings: Findings, path: Path, condition: Any, catalogue: Catalogue) -> None:
    """Not and Or hold a list of conditions, MultipleCondition a map of them."""
    if not isinstance(condition, Mapping):
        findings.error(path, f"a condition is a map with a type, not {kind_of(condition)}")
        return
    found = find_type(findings, path, condition, catalogue, Kind.CONDITION)
    if found is None:
        return
    ask_type(findings, path, found, condition)
    inner = condition.get("conditions")
    if isinstance(inner, list):
        _check_conditions(findings, (*path, "conditions"), inner, catalogue)
    _check_named(findings, (*path, "conditions"), inner, catalogue)


def _check_named(findings: Findings, path: Path, conditions: Any, catalogue: Catalogue) -> None:
    for name, condition in conditions.items() if isinstance(conditions, Mapping) else ():
        _check_condition(findings, (*path, str(name)), condition, catalogue)


def _maps(items: Any) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _check_key(findings: Findings, path: Path, key: Any) -> None:
    """The key of an address is a secret that anybody may try to guess."""
    if isinstance(key, str) and "{{" not in key and 0 < _bits(key.strip()) < _SAFE_BITS:
        findings.warning(
            (*path, "key"),
            "the key is short enough to be guessed, and whoever knows it can start the flow",
            "Use 22 or more letters and digits made at random, or read the key with secret().",
        )


def _bits(key: str) -> float:
    """How many bits a key made at random of such signs holds."""
    if set(key) <= _HEX:
        return len(key) * 4.0
    kinds = ((10, str.isdigit), (26, str.islower), (26, str.isupper))
    signs = sum(many for many, is_one in kinds if any(is_one(sign) for sign in key)) or 10
    return len(key) * log2(signs)


def _check_listening(findings: Findings, path: Path, trigger: Mapping[str, Any], flow: Mapping[str, Any]) -> None:
    """What a flow trigger waits for in vain."""
    states, conditions = trigger.get("states"), trigger.get("conditions")
    for index, state in enumerate(states if isinstance(states, list) else ()):
        if isinstance(state, str) and "{" not in state and state not in _LISTENED_TO:
            findings.warning(
                (*path, "states", index),
                f"nothing starts when another flow gets to {state}: flow triggers look at its end and its pauses",
            )
    own = (flow.get("namespace"), flow.get("id"))
    for index, condition in enumerate(conditions if isinstance(conditions, list) else ()):
        if isinstance(condition, Mapping) and (condition.get("namespace"), condition.get("flowId")) == own:
            findings.warning(
                (*path, "conditions", index),
                "a flow trigger never looks at its own flow, so this starts nothing",
                "Name another flow.",
            )


def _check_narrow(findings: Findings, path: Path, trigger: Mapping[str, Any]) -> None:
    """Without anything that says which, the whole installation starts the flow."""
    if trigger.get("disabled") is True or any(trigger.get(name) for name in _NARROWS):
        return
    states = trigger.get("states")
    named = " or ".join(map(str, states)) if isinstance(states, list) else ""
    findings.warning(
        path,
        "this starts the flow after every execution of every other flow, whatever its namespace, "
        + (f"that comes to {named}" if named else "when it ends or pauses"),
        "Say which are meant: name flows under dependsOn, or write conditions or `when`.",
    )


def _check_given(
    findings: Findings, path: Path, trigger: Mapping[str, Any], flow: Mapping[str, Any], word: str
) -> None:
    given = trigger.get("inputs")
    given = given if isinstance(given, Mapping) else {}
    declared = dict(declared_inputs(flow.get("inputs")))
    roots = {*declared, *(name.partition(".")[0] for name in declared)}
    for name in given:
        if name not in roots:
            findings.error(
                (*path, "inputs", name),
                f'the {word} gives a value for the input "{name}", which the flow does not have',
                suggestion(name, declared),
                at_key=True,
            )
    for name, item in declared.items():
        needed = item.get("required", True) is not False and item.get("defaults") is None
        if needed and lookup(given, name) is None:
            findings.warning(
                path,
                f'the {word} gives no value for the required input "{name}" (Missing inputs for {word.capitalize()} '
                f"Trigger '{trigger.get('id', '')}', missing inputs: '{name}')",
                "Add it under the trigger's inputs, or give the input a default.",
            )
