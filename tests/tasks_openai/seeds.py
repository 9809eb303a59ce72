"""What the seed documents ask for, task by task, as the shared catalogue lists it; empty where that is not at hand."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "openai_catalogue.yaml"
Json = dict[str, Any]


@cache
def _read() -> Json:
    return dict(yaml.safe_load(CATALOGUE.read_text())) if CATALOGUE.exists() else {"systems": []}


def tasks_of(system: str) -> list[Json]:
    """The tasks of one of the systems: kestra-plugin-openai, instill-openai, kestra-plugin-ai, openai-toolkit."""
    return [task for one in _read()["systems"] if one["id"] == system for task in one["tasks"]]


def properties_of(system: str) -> list[tuple[str, Json]]:
    """Each property with the name of its task."""
    return [(task["name"], one) for task in tasks_of(system) for one in task["properties"]]


def besides(name: str) -> list[Json]:
    """The properties of a task that no seed has and that belongs to the family all the same."""
    return [one for task in _read().get("beyond_seeds", []) if task["name"] == name for one in task["properties"]]


def named(pairs: list[tuple[str, Json]]) -> list[str]:
    """The names of test cases."""
    return [f"{task.removeprefix('openai_ai_')}-{one['name']}" for task, one in pairs]
