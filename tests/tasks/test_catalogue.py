"""Every type in the catalogue keeps the promises that the editor, the reference and the checker rely on."""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
import yaml

from builder.errors import Severity
from builder.flows.catalogue import Kind
from builder.tasks import TASK_PACKAGES, use_packages
from builder.tasks.catalogue import BrokenPackage, Catalogue, _plugins_in, catalogue
from builder.tasks.check import check_written
from builder.tasks.core.log.log import Log
from builder.tasks.fields.form import FormField, fields_of
from builder.tasks.fields.properties import field_of
from builder.tasks.flow import FlowTask
from builder.tasks.plugin import Plugin
from builder.web.reference.properties import outputs as told

TYPES = [entry.plugin for entry in catalogue().all()]
each_type = pytest.mark.parametrize("plugin", TYPES, ids=[plugin.type_name for plugin in TYPES])


@each_type
def test_it_says_what_it_does_in_one_sentence(plugin: type[Plugin]) -> None:
    assert "__doc__" in vars(plugin) and plugin.summary().endswith("."), "the docstring's first line is a sentence"
    assert plugin.heading()


@each_type
def test_its_example_is_valid(plugin: type[Plugin]) -> None:
    written = yaml.safe_load(plugin.example)
    assert written["type"] in (plugin.type_name, *plugin.aliases)
    entry = catalogue().find(written["type"])
    assert entry is not None
    assert [fault for fault in entry.check(written) if fault.severity is Severity.ERROR] == []


@each_type
def test_each_field_has_a_clear_label_and_a_description(plugin: type[Plugin]) -> None:
    for field in _all_fields(fields_of(plugin)):
        assert field.label[:1].isupper() or field.label[:1].isdigit(), field.name
        assert field.description.endswith((".", "?")), f"{field.name}: {field.description!r}"
        assert field.group


@each_type
def test_a_template_passes_wherever_a_value_may_stand(plugin: type[Plugin]) -> None:
    written = yaml.safe_load(plugin.example)
    for field in fields_of(plugin):
        if field.name in ("id", "type") or field.control == "tasks":
            continue
        faults = check_written(plugin, {**written, field.name: "{{ inputs.later }}"})
        found, place = [fault for fault in faults if fault.path[:1] == (field.name,)], field_of(plugin, field.name)
        taken = field.group == "step" or place is None or plugin.takes_expression(place[0])
        assert [fault.severity for fault in found] == ([] if taken else [Severity.ERROR]), field.name


@each_type
@pytest.mark.parametrize("value", [None, 5, -1.5, True, "x", "", [], [[{}]], {}, {"type": 5}, {"a": {"b": [None]}}])
def test_no_value_breaks_the_check(plugin: type[Plugin], value: object) -> None:
    written = yaml.safe_load(plugin.example)
    for key in [name for field in fields_of(plugin) for name in (field.name, *field.other_names)]:
        faults = check_written(plugin, {**written, key: value})
        assert not [fault for fault in faults if "could not be checked" in fault.message], key
        assert not [fault for fault in faults if "is not right:" in fault.message], faults


@each_type
def test_its_outputs_serialise(plugin: type[Plugin]) -> None:
    if plugin.kind is not Kind.TASK or issubclass(plugin, FlowTask):
        return
    outputs = plugin.declared_outputs()
    declared = inspect.signature(plugin.run).return_annotation
    assert outputs is not None or declared in (None, Mapping[str, Any]), "run returns an Outputs model, or None"


@each_type
def test_what_it_gives_is_told_with_types_and_descriptions(plugin: type[Plugin]) -> None:
    outputs = plugin.declared_outputs()
    if plugin.kind is Kind.TRIGGER:
        assert outputs is not None, "a trigger says what it hands on as `trigger`"
    if outputs is None:
        assert not _sets_outputs(plugin), "its class names the model in `gives`"
        return
    assert outputs.model_json_schema(mode="serialization")["properties"]
    waiting = list(told(plugin))
    while waiting:
        one = waiting.pop()
        assert one.kind, f"{one.name} is of some type"
        assert one.description.endswith((".", "?")), f"the output {one.name} says what it is"
        waiting += one.parts


def _sets_outputs(plugin: type[Plugin]) -> bool:
    """Whether flow control has an answer that may hold outputs of its own."""
    answers = ("resumed", "child_started", "gathered", "batches_ended", "turns_ended")
    own = any(getattr(plugin, name, None) is not getattr(FlowTask, name) for name in answers)
    return issubclass(plugin, FlowTask) and (own or "outputs=" in inspect.getsource(plugin))


def _all_fields(fields: tuple[FormField, ...]) -> list[FormField]:
    nested = [inner for field in fields for inner_fields in field.variants.values() for inner in inner_fields]
    return [*fields, *(_all_fields(tuple(nested)) if nested else [])]


def test_an_old_name_finds_the_type() -> None:
    entry = catalogue().find("io.kestra.core.tasks.log.Log")
    assert entry is not None and entry.plugin is Log
    assert catalogue().task_class("io.kestra.core.tasks.log.Log") is Log


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("io.kestra.plugin.core.log.Lgo", "io.kestra.plugin.core.log.Log"),
        ("log", "io.kestra.plugin.core.log.Log"),
        ("Request", "io.kestra.plugin.core.http.Request"),
        ("io.kestra.plugin.core.kv.get", "io.kestra.plugin.core.kv.Get"),
    ],
)
def test_a_wrong_name_suggests_the_right_one(wrong: str, right: str) -> None:
    assert catalogue().nearest(wrong, Kind.TASK) == right


def test_a_name_like_nothing_suggests_nothing() -> None:
    assert catalogue().nearest("com.example.Zzz", Kind.TASK) is None


def test_two_types_of_one_name_are_refused() -> None:
    other = type("Other", (Log,), {"type_name": Log.type_name, "__module__": "elsewhere"})
    with pytest.raises(BrokenPackage, match=r"both name the type io\.kestra\.plugin\.core\.log\.Log"):
        Catalogue([Log, other])


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(BrokenPackage, match="not_there_at_all cannot be loaded"):
        catalogue(("not_there_at_all",))


def test_a_package_is_read_while_another_thread_loads_a_part_of_it() -> None:
    package = ModuleType("growing")
    package.Log = Log  # type: ignore[attr-defined]
    found = _plugins_in(package)
    assert next(found) is Log
    package.late = 1  # type: ignore[attr-defined]
    assert list(found) == []


def test_a_package_of_ones_own_brings_its_types() -> None:
    try:
        use_packages(("builder.tasks.core", "tests.tasks.own_package"))
        assert catalogue().task_class("com.example.Shout").heading() == "Shout"
    finally:
        use_packages(TASK_PACKAGES)
    assert catalogue().find("com.example.Shout") is None


def test_old_types_are_found_but_not_offered() -> None:
    offered = [entry.name for entries in catalogue().categories(Kind.TASK).values() for entry in entries]
    assert "io.kestra.plugin.core.log.Log" in offered
    assert "io.kestra.plugin.core.debug.Echo" not in offered
