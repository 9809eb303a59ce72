"""Flows whose steps stand in other flows."""

from typing import Any

import pytest

from builder.engine.plan import Plan, build_plan
from builder.engine.play import fresh
from builder.engine.templates import NeedsTemplates
from builder.errors import InvalidFlow
from builder.flows.model import Flow
from tests.engine.flows import find, states, theatre

RETURN = {"type": "Return", "format": "{{ parent.outputs.args.name }}"}


def _plan(templates: dict[str, dict[str, Any]], *tasks: dict[str, Any]) -> Plan:
    def template(namespace: str, id: str) -> Flow:
        return Flow(id=id, namespace=namespace, **templates[id])

    return build_plan(Flow(id="flow", namespace="team", tasks=tasks), 1, find, template)


def _use(id: str, template: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "Template", "namespace": "team", "templateId": template, **more}


def test_its_steps_run_where_it_stands_and_read_what_they_are_given() -> None:
    plan = _plan(
        {"greet": {"tasks": ({"id": "say", **RETURN},), "finally_": ({"id": "last", **RETURN},)}},
        _use("one", "greet", args={"name": "{{ flow.id }}"}),
        {"id": "end", "type": "Return", "format": "{{ outputs.say.value }}"},
    )
    played = theatre(plan)
    seen: dict[str, Any] = {}
    work = played.work

    def see(path: str, variables: Any, attempt: int) -> Any:
        seen[path] = variables.get("parent"), variables["outputs"].get("say")
        return work(path, variables, attempt)

    played.work = see
    execution = played.run(fresh(plan))
    assert states(execution) == dict.fromkeys(["one", "one/say", "one/last", "end"], "SUCCESS")
    given = {"outputs": {"args": {"name": "flow"}}}
    assert seen == {
        "one/say": (given, None),
        "one/last": (given, {"value": "one/say"}),
        "end": (None, {"value": "one/say"}),
    }


def test_its_own_errors_come_after_those_of_the_template() -> None:
    templates = {"greet": {"tasks": ({"id": "say", **RETURN},), "errors": ({"id": "sorry", **RETURN},)}}
    plan = _plan(templates, _use("one", "greet", errors=[{"id": "alarm", **RETURN}]))
    execution = theatre(plan, fails={"say": 1}).run(fresh(plan))
    assert states(execution) == {
        "one": "FAILED", "one/say": "FAILED", "one/sorry": "SUCCESS", "one/alarm": "SUCCESS",
    }  # fmt: skip


def test_a_template_may_stand_in_several_places_and_in_templates() -> None:
    templates = {"inner": {"tasks": ({"id": "say", **RETURN},)}, "outer": {"tasks": (_use("in", "inner"),)}}
    plan = _plan(templates, _use("one", "outer"), {"id": "each", "type": "Sequential", "tasks": [_use("two", "inner")]})
    assert list(states(theatre(plan).run(fresh(plan)))) == [
        "one", "one/in", "one/in/say", "each", "each/two", "each/two/say",
    ]  # fmt: skip


def test_a_template_that_holds_itself_is_refused() -> None:
    templates = {"a": {"tasks": (_use("x", "b"),)}, "b": {"tasks": (_use("y", "a"),)}}
    with pytest.raises(InvalidFlow, match=r"holds itself: team\.a -> team\.b -> team\.a"):
        _plan(templates, _use("one", "a"))


def test_a_step_with_the_name_of_another_step_is_refused() -> None:
    templates = {"greet": {"tasks": ({"id": "say", **RETURN},)}}
    with pytest.raises(InvalidFlow, match="two tasks are named 'say', one of them in a template"):
        _plan(templates, _use("one", "greet"), {"id": "say", "type": "Return", "format": "other"})


def test_a_plan_without_the_texts_of_templates_says_so() -> None:
    with pytest.raises(NeedsTemplates):
        build_plan(Flow(id="flow", namespace="team", tasks=(_use("one", "greet"),)), 1, find)
