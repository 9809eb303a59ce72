"""Where the parts of a graph stand: nothing on top of another, edges downwards, large flows folded."""

from itertools import combinations

import pytest

from builder.flows.document import parse
from builder.flows.graph.drawing import Drawing, draw
from builder.flows.graph.folding import folded, without
from builder.flows.graph.pieces import Box
from builder.flows.graph.tree import Tree, read_tree, steps_of
from builder.tasks.catalogue import catalogue
from tests.doubles.large_flows import flat_flow, nested_flow
from tests.flows.graph.test_topology import FLOW, LOG, tree_of

ALL = (
    f"  - {{id: one, {LOG}}}\n"
    f"  - id: choose\n    type: {FLOW}.If\n    condition: x\n    then: [{{id: yes, {LOG}}}]\n"
    f"    else:\n      - id: both\n        type: {FLOW}.Parallel\n"
    f"        tasks: [{', '.join(f'{{id: p{n}, {LOG}}}' for n in range(10))}]\n"
    f"    errors: [{{id: oh, {LOG}}}]\n"
    f"  - id: dag\n    type: {FLOW}.Dag\n    tasks:\n"
    f"      - task: {{id: a, {LOG}}}\n      - task: {{id: b, {LOG}}}\n        dependsOn: [a]\n"
    f"      - task: {{id: c, {LOG}}}\n        dependsOn: [a]\n"
)
MORE = (
    f"errors: [{{id: sorry, {LOG}}}]\nfinally: [{{id: fin, {LOG}}}]\n"
    "inputs: [{id: a}, {id: b}, {id: c}, {id: d}, {id: e}]\ntriggers: [{id: t}]"
)


def tree(text: str) -> Tree:
    return read_tree(parse(text).data, catalogue())


def overlap(left: Box, right: Box) -> bool:
    across = left.x < right.x + right.width and right.x < left.x + left.width
    return across and left.y < right.y + right.height and right.y < left.y + left.height


def place(drawing: Drawing, name: str) -> Box:
    return next(box for node, box in drawing.boxes if node.step and node.step.id == name)


@pytest.mark.parametrize("whole", [tree_of(ALL, MORE), tree(nested_flow(60, 20)), tree_of("")])
def test_nothing_is_drawn_on_top_of_another_or_outside(whole: Tree) -> None:
    drawing = draw(whole)
    boxes = [box for _, box in drawing.boxes]
    assert len(boxes) == sum(1 for _ in steps_of(whole.ways)) + len(whole.inputs) + len(whole.triggers)
    assert not [(left.uid, right.uid) for left, right in combinations(boxes, 2) if overlap(left, right)]
    for box in (*boxes, *drawing.points):
        assert box.x >= 0 and box.y >= 0
        assert box.x + box.width <= drawing.width and box.y + box.height <= drawing.height


def test_edges_lead_downwards_and_across_only() -> None:
    for line in draw(tree_of(ALL, MORE)).lines:
        for (x, y), (next_x, next_y) in zip(line.corners, line.corners[1:], strict=False):
            assert next_y >= y and (x == next_x or y == next_y), line


def test_a_block_stands_inside_its_frame_and_the_frame_inside_that_around_it() -> None:
    drawing = draw(tree_of(ALL))
    frames = {frame.path: frame for frame in drawing.frames}
    inner, outer = frames[("tasks", 1, "else", 0)], frames[("tasks", 1)]
    assert outer.x < inner.x and inner.x + inner.width < outer.x + outer.width
    for name in ("p0", "p9"):
        box = place(drawing, name)
        assert inner.x < box.x and box.x + box.width < inner.x + inner.width
        assert inner.y < box.y and box.y + box.height < inner.y + inner.height


def test_what_runs_together_stands_side_by_side_and_what_waits_stands_below() -> None:
    drawing = draw(tree_of(ALL))
    assert place(drawing, "b").y == place(drawing, "c").y > place(drawing, "a").y
    assert place(drawing, "yes").x < place(drawing, "p0").x < place(drawing, "oh").x


def test_ways_carry_their_names() -> None:
    drawing = draw(tree_of(ALL, MORE))
    assert {line.label for line in drawing.lines} == {"", "then", "else", "if a step fails", "at the end, always"}


def test_a_dag_that_goes_round_in_a_circle_is_drawn() -> None:
    circle = draw(
        tree_of(
            f"  - id: dag\n    type: {FLOW}.Dag\n    tasks:\n"
            f"      - task: {{id: a, {LOG}}}\n        dependsOn: [b]\n"
            f"      - task: {{id: b, {LOG}}}\n        dependsOn: [a]\n"
        )
    )
    assert {node.step.id for node, _ in circle.boxes if node.step} == {"dag", "a", "b"}


def test_a_small_flow_is_not_folded_and_a_deep_one_from_the_inside() -> None:
    assert folded(tree_of(ALL)) == {}
    deep = tree(nested_flow(500, 50))
    folds = folded(deep)
    shown = draw(deep, folds)
    assert len(shown.boxes) <= 120 and sum(folds.values()) + len(shown.boxes) == 500
    assert min(len(path) for path in folds) > 10


def test_the_blocks_around_what_is_chosen_are_open_and_by_hand_any_can_be_opened_or_closed() -> None:
    deep = tree(nested_flow(500, 50))
    last = max((step.path for step in steps_of(deep.ways)), key=len)
    assert not [path for path in folded(deep, chosen=last) if last[: len(path)] == path]
    first = next(step.path for step in steps_of(deep.ways) if step.ways)
    assert list(folded(deep, closed=[first])) == [first]
    (fold,) = folded(deep)
    assert fold not in folded(deep, opened=[fold])
    assert sum(1 for _ in steps_of(without(deep, {first: 1}).ways)) < 20


def test_five_hundred_steps_are_drawn_in_any_form() -> None:
    assert len(draw(tree(flat_flow(500))).boxes) == 500
    assert len(draw(tree(nested_flow(500, 50))).boxes) == 500
