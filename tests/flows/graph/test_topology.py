"""What follows what in a flow: nodes, edges and clusters, whatever is wrong with it."""

from typing import Any

import pytest

from builder.flows.document import parse
from builder.flows.graph.topology import Part, Topology, topology
from builder.flows.graph.tree import Tree, read_tree
from builder.tasks.catalogue import catalogue

LOG = "type: io.kestra.plugin.core.log.Log, message: hi"
FLOW = "io.kestra.plugin.core.flow"


def tree_of(tasks: str, more: str = "") -> Tree:
    return read_tree(parse(f"id: a\nnamespace: b\ntasks:\n{tasks}\n{more}").data, catalogue())


def graph_of(tasks: str, more: str = "") -> Topology:
    return topology(tree_of(tasks, more))


def edges(graph: Topology) -> set[tuple[str, str, str | None, str | None]]:
    return {(one.source, one.target, one.relation and one.relation.value, one.value) for one in graph.edges}


def test_steps_follow_one_another_from_the_start_to_the_end() -> None:
    graph = graph_of(f"  - {{id: one, {LOG}}}\n  - {{id: two, {LOG}}}")
    assert edges(graph) == {
        ("root.root", "root.one", "SEQUENTIAL", None),
        ("root.one", "root.two", "SEQUENTIAL", None),
        ("root.two", "root.end", None, None),
    }


def test_the_ways_of_a_choice_part_and_meet() -> None:
    graph = graph_of(
        f"  - id: choose\n    type: {FLOW}.Switch\n    value: x\n"
        f"    cases:\n      a.b: [{{id: one, {LOG}}}]\n    defaults: [{{id: two, {LOG}}}]"
    )
    assert {
        ("root.choose.root", "root.choose", None, None),
        ("root.choose", "root.choose.one", "CHOICE", "cases.a.b"),
        ("root.choose", "root.choose.two", "CHOICE", "defaults"),
        ("root.choose.one", "root.choose.end", None, None),
        ("root.choose.two", "root.choose.end", None, None),
        ("root.choose.end", "root.end", None, None),
    } <= edges(graph)
    assert [(one.uid, one.parents) for one in graph.clusters] == [("root.choose", ())]


def test_steps_of_a_dag_hang_on_those_they_wait_for() -> None:
    graph = graph_of(
        f"  - id: dag\n    type: {FLOW}.Dag\n    tasks:\n"
        f"      - task: {{id: a, {LOG}}}\n"
        f"      - task: {{id: b, {LOG}}}\n        dependsOn: [a]\n"
        f"      - task: {{id: c, {LOG}}}\n        dependsOn: [a, b, nothing]"
    )
    assert {
        ("root.dag", "root.dag.a", "PARALLEL", None),
        ("root.dag.a", "root.dag.b", "PARALLEL", None),
        ("root.dag.a", "root.dag.c", "PARALLEL", None),
        ("root.dag.b", "root.dag.c", "PARALLEL", None),
        ("root.dag.c", "root.dag.end", None, None),
    } <= edges(graph)
    assert ("root.dag.a", "root.dag.end", None, None) not in edges(graph)


@pytest.mark.parametrize(
    ("kind", "relation"),
    [("Parallel", "PARALLEL"), ("ForEach", "DYNAMIC"), ("LoopUntil", "DYNAMIC"), ("Sequential", "SEQUENTIAL")],
)
def test_each_kind_of_block_says_how_its_steps_run(kind: str, relation: str) -> None:
    graph = graph_of(f"  - id: block\n    type: {FLOW}.{kind}\n    tasks: [{{id: one, {LOG}}}, {{id: two, {LOG}}}]")
    found = {one.target: one.relation for one in graph.edges if one.source == "root.block"}
    assert found["root.block.one"] == relation and ("root.block.two" in found) is (kind == "Parallel")


def test_what_comes_at_the_end_begins_when_steps_and_errors_have_ended() -> None:
    more = "\n".join(f"{name}: [{{id: {name[:3]}, {LOG}}}]" for name in ("errors", "finally", "afterExecution"))
    listeners = f"\nlisteners:\n  - tasks: [{{id: heard, {LOG}}}]"
    graph = graph_of(f"  - {{id: one, {LOG}}}", more + listeners)
    assert {
        ("root.root", "root.err", "ERROR", None),
        ("root.one", "root.finally", None, None),
        ("root.err", "root.finally", None, None),
        ("root.finally", "root.fin", "FINALLY", None),
        ("root.fin", "root.afterExecution", None, None),
        ("root.afterExecution", "root.aft", "AFTER_EXECUTION", None),
        ("root.aft", "root.listeners.0", None, None),
        ("root.listeners.0", "root.heard", "LISTENER", None),
        ("root.heard", "root.end", None, None),
    } <= edges(graph)


def test_triggers_and_inputs_lead_to_the_start() -> None:
    graph = graph_of(f"  - {{id: one, {LOG}}}", "inputs: [{id: i, type: STRING}]\ntriggers: [{id: t, type: x}]")
    assert {("root.Triggers.t", "root.root", None, None), ("root.Inputs.i", "root.root", None, None)} <= edges(graph)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"tasks": None},
        {"tasks": "x", "errors": {"a": 1}, "listeners": [1, {"tasks": "x"}], "triggers": "x", "inputs": [None]},
        {"tasks": [None, 3, "x", [], {"id": 7}, {"type": ["x"]}, {"id": "a", "type": "no.such.Type"}]},
        {"tasks": [{"id": "end"}, {"id": "end"}, {"id": "root"}]},
        {"tasks": [{"id": "d", "type": f"{FLOW}.Dag", "tasks": [1, {"task": None}, {"task": {}, "dependsOn": "x"}]}]},
        {"tasks": [{"id": "d", "type": f"{FLOW}.Switch", "cases": {"a": None, 3: [{}]}, "defaults": 3}]},
        {"tasks": [{"id": "x", "type": f"{FLOW}.Sequential", "tasks": [{"id": "end"}, {"id": "finally"}],
                    "finally": [{"id": "y"}]}]},
    ],
)  # fmt: skip
def test_a_flow_with_problems_is_a_graph_too(data: Any) -> None:
    graph = topology(read_tree(data, catalogue()))
    names = [node.uid for node in graph.nodes]
    assert len(set(names)) == len(names)
    assert {name for edge in graph.edges for name in (edge.source, edge.target)} <= set(names)
    assert {Part.ROOT, Part.END} <= {node.part for node in graph.nodes}
