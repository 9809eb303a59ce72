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
        lines += ["| property | field | required |", "|---|---|---|"]
        lines += [row(one, fields(cls)) for one in task["properties"]]
    return lines


def row(one: dict[str, Any], known: dict[str, FormField]) -> str:
    label = "the step's type" if one["name"] == "task" else known[one["name"]].label
    return f"| `{one['name']}` | {label} | {'yes' if one['required'] else ''} |"


def test_the_guide_says_where_everything_is() -> None:
    made = "\n".join([HEAD.rstrip(), *(line for system in SYSTEMS for line in section(system))]) + "\n"
    if os.environ.get("MILLSTREAM_WRITE_COVERAGE"):
        GUIDE.write_text(made)
    assert GUIDE.read_text() == made
