"""Plugin defaults: what wins, what is joined, whom they reach."""

from typing import Any

from builder.flows.checks.defaults import with_defaults


def laid(
    task: dict[str, Any], *defaults: dict[str, Any], everywhere: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    flow = {"tasks": [task], "pluginDefaults": list(defaults)}
    merged: dict[str, Any] = with_defaults(flow, everywhere, lambda name: name.replace("old.", "new."))["tasks"][0]
    return merged


def test_the_tasks_own_value_wins_and_maps_are_merged():
    merged = laid(
        {"type": "new.A", "x": 1, "m": {"a": 1}}, {"type": "new.A", "values": {"x": 2, "m": {"a": 2, "b": 3}}}
    )
    assert merged == {"type": "new.A", "x": 1, "m": {"a": 1, "b": 3}}


def test_two_lists_are_joined_with_the_defaults_items_first():
    assert laid({"type": "new.A", "l": [1]}, {"type": "new.A", "values": {"l": [2]}})["l"] == [2, 1]


def test_forced_values_win_over_the_task():
    merged = laid({"type": "new.A", "x": 1, "l": [1]}, {"type": "new.A", "forced": True, "values": {"x": 2, "l": [2]}})
    assert (merged["x"], merged["l"]) == (2, [1, 2])


def test_a_default_reaches_aliases_prefixes_and_nested_maps():
    task = {"type": "new.Block", "tasks": [{"type": "old.A", "runner": {"type": "new.R"}}]}
    merged = laid(
        task,
        {"type": "old.A", "values": {"x": 1}},
        {"type": "new.R", "values": {"y": 2}},
        {"type": "new", "values": {"z": 3}},
    )
    inner = merged["tasks"][0]
    assert (inner["x"], inner["runner"]["y"], inner["z"], merged["z"]) == (1, 2, 3, 3)


def test_the_flows_own_defaults_win_over_those_for_all_flows():
    everywhere = ({"type": "new.A", "values": {"x": "all", "y": "all"}},)
    assert laid({"type": "new.A"}, {"type": "new.A", "values": {"x": "own"}}, everywhere=everywhere) == {
        "type": "new.A",
        "x": "own",
        "y": "all",
    }
