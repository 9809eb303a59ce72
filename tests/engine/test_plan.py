"""A flow made ready to run."""

import pytest

from builder.errors import InvalidFlow, NotFound
from tests.engine.flows import find, plan_of

LOG = {"id": "a", "type": "Log", "message": "x"}


def test_every_task_is_found_by_its_id_in_the_order_of_the_text() -> None:
    plan = plan_of(
        {
            "tasks": [
                {
                    "id": "block",
                    "type": "If",
                    "condition": "x",
                    "then": [LOG],
                    "else": [{**LOG, "id": "b"}],
                    "errors": [{**LOG, "id": "c"}],
                }
            ],
            "finally": [{**LOG, "id": "d"}],
        }
    )
    assert list(plan.by_id) == ["block", "a", "b", "c", "d"]
    assert dict(plan.by_id["block"].group_ids) == {"then": ("a",), "else": ("b",), "errors": ("c",)}


@pytest.mark.parametrize("flag", [True, "true"])
def test_disabled_tasks_are_left_out_with_all_inside(flag: object) -> None:
    plan = plan_of([{"id": "block", "type": "Sequential", "disabled": flag, "tasks": [LOG]}, {**LOG, "id": "b"}])
    assert list(plan.by_id) == ["b"]


def test_the_nearest_retry_holds() -> None:
    def retry(attempts: int) -> dict[str, object]:
        return {"type": "constant", "interval": "PT1S", "maxAttempts": attempts}

    plan = plan_of(
        {
            "retry": retry(1),
            "tasks": [
                {**LOG, "id": "flows"},
                {
                    "id": "block",
                    "type": "Sequential",
                    "retry": retry(2),
                    "tasks": [{**LOG, "id": "blocks"}, {**LOG, "id": "own", "retry": retry(3)}],
                },
            ],
        }
    )
    found = {name: node.retry.max_attempts for name, node in plan.by_id.items() if node.retry}
    assert found == {"flows": 1, "block": 2, "blocks": 2, "own": 3}


def test_flow_control_that_cannot_be_read_is_one_sentence_with_its_place() -> None:
    with pytest.raises(InvalidFlow, match=r"tasks\[0\]\.concurrencyLimit") as caught:
        plan_of([{"id": "each", "type": "ForEach", "values": [1], "concurrencyLimit": "{{ many }}", "tasks": [LOG]}])
    assert "validation error" not in caught.value.message


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(NotFound, match="Nothing"):
        find("Nothing")
