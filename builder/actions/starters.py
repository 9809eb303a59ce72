"""The ready-made flows: what they are, what they need, and putting one among one's own flows."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings

from builder.actions import flows as flow_actions
from builder.errors import NotFound
from builder.expressions import references
from builder.flows.edit import SetValue, apply
from builder.store import flows, secrets

FOLDER = settings.BASE_DIR / "builder" / "starters"
DEMO_TASKS = "io.kestra.plugin.openai."
DEMO_CONNECTION = {
    "apiKey": "{{ globals.demo_model.api_key }}",
    "baseUrl": "{{ globals.demo_model.base_url }}",
    "model": "smollm2",
    "clientTimeout": 120,
}
"""What a task says instead of a key and a model when the demo model on this machine answers it."""


@dataclass(frozen=True, slots=True)
class Starter:
    """One ready-made flow. `demo`: a small model can serve it."""

    name: str
    title: str
    description: str
    source: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A starter as it would be installed here: `missing` are the secrets it still needs, `uses_demo` its model."""

    starter: Starter
    source: str
    uses_demo: bool
    missing: tuple[str, ...]
    installed: bool


@lru_cache(maxsize=1)
def all_starters() -> tuple[Starter, ...]:
    """The ready-made flows, in the order in which they are shown."""
    listed = yaml.safe_load((FOLDER / "starters.yaml").read_text())
    return tuple(_starter(item) for item in listed)


def _starter(item: dict[str, Any]) -> Starter:
    source = (FOLDER / f"{item['file']}.yaml").read_text()
    return Starter(item["file"], item["title"], yaml.safe_load(source)["description"], source, item["demo"])


def offers() -> list[Offer]:
    """All starters as they would be installed here and now."""
    return [_offer(starter) for starter in all_starters()]


def offer(name: str) -> Offer:
    """One of them. Raises NotFound."""
    for starter in all_starters():
        if starter.name == name:
            return _offer(starter)
    raise NotFound(f"There is no ready-made flow named {name}.")


def install(name: str, *, by: str) -> tuple[str, str]:
    """Publishes a starter unless it is there already; returns its namespace and id. Raises NotFound."""
    found = offer(name)
    if not found.installed:
        flow_actions.create_flow(found.source, by=by)
    data = yaml.safe_load(found.source)
    return data["namespace"], data["id"]


def _offer(starter: Starter) -> Offer:
    data = yaml.safe_load(starter.source)
    known = secrets.known(data["namespace"])
    wanted = {name for name in _secrets(starter.source) if name not in known}
    uses_demo = starter.demo and "OPENAI_API_KEY" in wanted and bool(settings.MILLSTREAM["DEMO_MODEL_URL"])
    source = _for_demo_model(starter.source) if uses_demo else starter.source
    missing = tuple(sorted(wanted - {"OPENAI_API_KEY"} if uses_demo else wanted))
    return Offer(starter, source, uses_demo, missing, flows.exists(data["namespace"], data["id"]))


def _secrets(source: str) -> set[str]:
    return {
        str(reference.key).upper()
        for reference in references(source)
        if reference.function == "secret" and reference.key
    }


def _for_demo_model(source: str) -> str:
    """The same text with the connection of each model task pointed at the demo model."""
    for path in _model_tasks(yaml.safe_load(source)["tasks"], ("tasks",)):
        for key, value in DEMO_CONNECTION.items():
            source = apply(source, SetValue((*path, key), value)).text
    return source


def _model_tasks(tasks: list[Any], path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    for index, task in enumerate(tasks):
        here = (*path, index)
        if task["type"].startswith(DEMO_TASKS):
            found.append(here)
        for key, children in task.items():
            if isinstance(children, list) and children and isinstance(children[0], dict) and "type" in children[0]:
                found.extend(_model_tasks(children, (*here, key)) if "id" in children[0] else [])
    return found
