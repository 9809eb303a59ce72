"""The conditions of a trigger as they are published."""

from collections.abc import Mapping
from typing import Any

from builder.tasks.core.condition.multiple_condition import MultipleCondition


def conditions_of(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The conditions of a trigger as published, under either name."""
    return [*(definition.get("conditions") or ()), *(definition.get("scheduleConditions") or ())]


def gathers(condition: Mapping[str, Any]) -> bool:
    """Whether a condition is about several executions, which only a flow trigger can look at."""
    return condition.get("type") in (MultipleCondition.type_name, *MultipleCondition.aliases)
