"""The built-in tasks that do no more than log, keep values or fail."""

from typing import Any

import pytest

from builder.errors import TaskFailure
from builder.tasks.core.debug.echo import Echo
from builder.tasks.core.debug.return_value import Return
from builder.tasks.core.execution.assert_conditions import Assert
from builder.tasks.core.execution.fail import Fail
from builder.tasks.core.kv.delete import Delete
from builder.tasks.core.kv.get import Get
from builder.tasks.core.kv.get_keys import GetKeys
from builder.tasks.core.kv.set import Set
from builder.tasks.core.log.log import Log
from builder.tasks.core.output.output_values import OutputValues
from builder.tasks.core.state.delete import Delete as DeleteState
from builder.tasks.core.state.get import Get as GetState
from builder.tasks.core.state.set import Set as SetState
from builder.tasks.core.storage.write import Write
from builder.tasks.testing import FakeContext, run_task


async def test_log_writes_a_line_of_each_entry() -> None:
    context = FakeContext(variables={"who": "Ann"})
    await run_task(Log, {"message": ["hello {{ who }}", {"a": 1}], "level": "WARN"}, context)
    await run_task(Echo, "format: plain", context)
    assert context.logs == [("WARN", "hello Ann"), ("WARN", '{"a": 1}'), ("INFO", "plain")]


@pytest.mark.parametrize(("written", "value"), [({"format": "{{ 1 + 1 }}"}, "2"), ({}, None), ({"format": ""}, "")])
async def test_return_gives_its_text(written: dict[str, Any], value: str | None) -> None:
    assert await run_task(Return, written) == {"value": value}


async def test_output_values_keeps_numbers_and_renders_texts() -> None:
    context = FakeContext(variables={"who": "Ann"})
    outputs = await run_task(OutputValues, {"values": {"a": "{{ who }}", "b": 3, "c": {"d": ["{{ who }}"]}}}, context)
    assert outputs == {"values": {"a": "Ann", "b": 3, "c": {"d": ["Ann"]}}}


async def test_fail_fails_with_its_message() -> None:
    with pytest.raises(TaskFailure, match=r"^Task failure$"):
        await run_task(Fail, {})
    with pytest.raises(TaskFailure, match=r"^too much$"):
        await run_task(Fail, {"condition": "{{ 5 > 3 }}", "errorMessage": "too much"})


@pytest.mark.parametrize("condition", ["{{ 5 < 3 }}", "", "0", "false", False])
async def test_fail_goes_on_when_its_condition_is_false(condition: Any) -> None:
    assert await run_task(Fail, {"condition": condition}) == {}


async def test_assert_names_each_condition_that_does_not_hold() -> None:
    context = FakeContext(variables={"n": 1})
    written = {"conditions": ["{{ n == 1 }}", "{{ n > 1 }}", "{{ nothing }}"], "errorMessage": "n is wrong"}
    with pytest.raises(TaskFailure, match=r"^2 assertion\(s\) failed!\nn is wrong$"):
        await run_task(Assert, written, context)
    assert ("ERROR", "Assertion `{{ n > 1 }}` failed!") in context.logs
    assert [metric[:2] for metric in context.metrics] == [("failed", 2), ("success", 1)]


async def test_kv_keeps_native_values_and_reads_them_again() -> None:
    context = FakeContext(variables={"map": {"a": [1]}, "n": 5})
    await run_task(Set, {"key": "k", "value": "{{ map }}", "ttl": "PT1H"}, context)
    await run_task(Set, {"key": "n", "value": "{{ n }}"}, context)
    assert await run_task(Get, "key: k", context) == {"value": {"a": [1]}}
    assert await run_task(Get, "key: n", context) == {"value": 5}
    assert await run_task(GetKeys, {}, context) == {"keys": ["k", "n"]}
    assert context.kv.expires[("company.team", "k")] == 3600


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("NUMBER", "5", 5),
        ("NUMBER", "2.5", 2.5),
        ("BOOLEAN", "TRUE", True),
        ("JSON", '{"a": 1}', {"a": 1}),
        ("STRING", "5", "5"),
        ("DURATION", "PT5M", "PT5M"),
    ],
)
async def test_kv_reads_text_as_the_type_that_was_asked_for(kind: str, text: str, value: Any) -> None:
    context = FakeContext()
    await run_task(Set, {"key": "k", "value": text, "kvType": kind}, context)
    assert await context.kv.get("k") == value
    assert context.kv.kinds[("company.team", "k")] == kind


async def test_kv_refuses_text_that_is_not_of_its_type() -> None:
    with pytest.raises(TaskFailure, match="value cannot be kept as NUMBER"):
        await run_task(Set, {"key": "k", "value": "many", "kvType": "NUMBER"})


async def test_kv_does_not_overwrite_when_told_not_to() -> None:
    context = FakeContext()
    await run_task(Set, "{key: k, value: a}", context)
    with pytest.raises(TaskFailure, match="Key already exists and `overwrite` is set to `false`"):
        await run_task(Set, "{key: k, value: b, overwrite: false}", context)


async def test_kv_says_what_is_missing() -> None:
    context = FakeContext()
    assert await run_task(Get, "key: k", context) == {"value": None}
    assert await run_task(Delete, "key: k", context) == {"deleted": False}
    with pytest.raises(TaskFailure, match=r"^The key 'k' does not exist in the namespace 'other\.team'\.$"):
        await run_task(Get, "{key: k, namespace: other.team, errorOnMissing: true}", context)


async def test_a_state_grows_and_each_turn_of_a_loop_has_its_own() -> None:
    context = FakeContext(variables={"taskrun": {"value": "b"}})
    await run_task(SetState, {"data": {"x": 1}}, context)
    assert (await run_task(SetState, {"data": {"y": 2}}, context))["count"] == 2
    assert (await run_task(GetState, {}, context))["data"] == {"x": 1, "y": 2}
    assert (await run_task(GetState, {"taskrunValue": False}, context)) == {"count": 0, "data": {}}
    assert await run_task(DeleteState, {}, context) == {"deleted": True}
    with pytest.raises(TaskFailure, match="There is no state 'default' yet"):
        await run_task(GetState, {"errorOnMissing": True}, context)


async def test_a_text_becomes_a_file() -> None:
    context = FakeContext()
    uri = (await run_task(Write, {"content": "# hi", "extension": ".md"}, context))["uri"]
    assert uri.endswith("/task.md")
    assert context.files.contents[uri] == b"# hi"
    with pytest.raises(TaskFailure, match="an extension is a dot and letters"):
        await run_task(Write, {"content": "x", "extension": "/../../etc"}, context)
