"""What is counted: how late dates fired, what models cost, and names that a flow makes up do not pile up."""

import json

import pytest

from builder import counters


def value(name: str, **labels: str) -> float:
    return counters.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_date_that_fired_late_counts_as_both() -> None:
    fired, late = (value("millstream_slots_total", outcome=outcome) for outcome in ("fired", "late"))
    counters.count_slot("FIRED", 70.0, is_late=True)
    counters.count_slot("FIRED", 0.2, is_late=False)
    assert value("millstream_slots_total", outcome="fired") == fired + 2
    assert value("millstream_slots_total", outcome="late") == late + 1


def test_a_date_that_was_missed_is_not_late() -> None:
    late = value("millstream_slots_total", outcome="late")
    counters.count_slot("MISSED", None, is_late=False)
    assert value("millstream_slots_total", outcome="missed") >= 1
    assert value("millstream_slots_total", outcome="late") == late


@pytest.mark.parametrize(
    ("name", "counted", "labels"),
    [
        ("usage.prompt.tokens", "millstream_model_tokens_total", {"direction": "input"}),
        ("output.token.count", "millstream_model_tokens_total", {"direction": "output"}),
        ("cost", "millstream_model_cost_usd_total", {}),
        ("cost.unknown", "millstream_model_calls_unpriced_total", {}),
    ],
)
def test_what_tasks_measure_of_models_is_counted(name: str, counted: str, labels: dict[str, str]) -> None:
    before = value(counted, model="small", **labels)
    counters.count_metric(name, 3, {"model": "small"})
    assert value(counted, model="small", **labels) == before + 3


def test_what_is_no_measure_of_a_model_is_not_counted() -> None:
    before = counters.told()
    counters.count_metric("response.length", 3, {"model": "small"})
    assert counters.told() == before


def test_names_that_a_flow_makes_up_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "_MODELS", 0)
    monkeypatch.setattr(counters, "_models", set())
    counters.count_metric("cost", 1, {"model": "made up just now"})
    assert value("millstream_model_calls_total", model="made up just now") == 0
    assert value("millstream_model_calls_total", model="other") >= 1


def test_what_is_told_can_be_sent_and_names_its_families() -> None:
    counters.count_end("SUCCESS", 2.0)
    told = json.loads(json.dumps(counters.told()))
    assert set(told) <= set(counters.families())
    assert ["_total", {"state": "SUCCESS"}, value("millstream_executions_ended_total", state="SUCCESS")] in told[
        "millstream_executions_ended"
    ]


def test_a_route_adds_little_to_a_sign_of_life() -> None:
    before = len(json.dumps(counters.told()))
    for number in range(100):
        counters.count_request("GET", f"/made/up/{number:03}", 200, 0.02)
    assert len(json.dumps(counters.told())) - before < 100 * 250
