"""The table of what the seed documents ask for and where it is: made from the code, and held against the guide.

MILLSTREAM_WRITE_COVERAGE=1 writes the guide anew.
"""

import inspect
import os
from pathlib import Path
from typing import Any

import pytest

from builder.tasks.base import Task
from builder.tasks.catalogue import catalogue
from builder.tasks.fields.form import FormField, fields_of
from tests.tasks_openai import seeds

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "builder" / "docs" / "openai_coverage.md"
SYSTEMS = {
    "kestra-plugin-openai": "Kestra's OpenAI plug-in",
    "instill-openai": "Instill's OpenAI component",
    "kestra-plugin-ai": "Kestra's AI plug-in",
    "openai-toolkit": "The tools of OpenAI's API",
}
HEAD = """\
# What of OpenAI is there

Every task and property that the four vocabularies have, with the step that offers it, the field of its form, and the
file it is in. A test makes this page from the code, so that it stays true.
"""
TABLE = ("| property | field | required |", "|---|---|---|")
pytestmark = pytest.mark.skipif(not seeds.CATALOGUE.exists(), reason="the shared catalogue is not here")


def cls_of(name: str) -> type[Task]:
    if name.startswith("TASK_"):
        name = f"instill.openai.{name.removeprefix('TASK_').title().replace('_', '')}"
    return catalogue().task_class(name)


def fields(cls: type[Task]) -> dict[str, FormField]:
    """By every name that they have; those of a connection inside count as the step's own."""
    found = {name: one for one in fields_of(cls) for name in (one.name, *one.other_names)}
    for one in fields_of(cls):
        if one.group == "connection":
            found |= {inner.name: inner for inner in one.fields if inner.name not in found}
    return found


def section(system: str) -> list[str]:
    lines = [f"\n## {SYSTEMS[system]}"]
    for task in seeds.tasks_of(system):
        cls = cls_of(task["name"])
        file = Path(inspect.getfile(cls)).relative_to(ROOT)
        lines += [f"\n### {task['name']}", f"`{cls.type_name}` in `{file}`\n"]
        lines += [*TABLE, *(row(one, fields(cls)) for one in task["properties"])]
        lines += [line for one in task.get("providers", ()) for line in of_provider(cls, one)]
    return lines


def of_provider(cls: type[Task], provider: dict[str, Any]) -> list[str]:
    """The properties of one of the providers that a step may name."""
    (chosen,) = (one for one in fields_of(cls) if one.name == "provider")
    known = {one.name: one for one in chosen.variants[provider["type"]]}
    rows = [row(one, known) for one in provider["properties"]]
    return [f"\n#### provider {provider['type'].rpartition('.')[2]}", f"`{provider['type']}`\n", *TABLE, *rows]


def row(one: dict[str, Any], known: dict[str, FormField]) -> str:
    label = "the step's type" if one["name"] == "task" else known[one["name"]].label
    return f"| `{one['name']}` | {label} | {'yes' if one['required'] else ''} |"


def test_every_property_of_the_documents_is_in_the_table() -> None:
    counted = [one for system in SYSTEMS for _, one in seeds.properties_of(system)]
    inside = [
        one for task in seeds.tasks_of("kestra-plugin-ai") for kind in task["providers"] for one in kind["properties"]
    ]
    assert len(inside) == 114
    rows = [line for line in GUIDE.read_text().splitlines() if line.startswith("| `")]
    assert len(rows) == len(counted) + len(inside)


def test_the_guide_says_where_everything_is() -> None:
    made = "\n".join([HEAD.rstrip(), *(line for system in SYSTEMS for line in section(system))]) + "\n"
    if os.environ.get("MILLSTREAM_WRITE_COVERAGE"):
        GUIDE.write_text(made)
    assert GUIDE.read_text() == made
