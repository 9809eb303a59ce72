"""What the benchmark prints says what was measured."""

import json

from tests.benchmarks.figures import Figure, as_json, percentile, table, timed


def test_the_percentile_is_one_of_the_values():
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0, 4.0], 0.95) == 4.0
    assert percentile([7.0], 0.5) == 7.0


def test_a_figure_is_judged_by_its_aim():
    assert timed("one", [0.010, 0.011, 0.030], aim=12).verdict == "met"
    assert timed("one", [0.013], aim=12).verdict == "MISSED"
    assert Figure("many", 150, "/s", 200, more_is_better=True).verdict == "MISSED"
    assert Figure("floor", 1, "ms").verdict == ""


def test_the_table_and_the_json_hold_the_figure():
    figure = timed("one step", [0.010, 0.020], aim=12)
    assert "one step" in table("Latency", [figure])
    assert json.loads(as_json({"one": [figure]}))["one"][0]["p95"] == 20.0
