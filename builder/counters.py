"""What happened in this process, counted as it happens; Prometheus' own client does the counting.

Workers and schedulers answer no requests: they hand `told()` on with their signs of life, and the web process shows
everybody's under /metrics.
"""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]

Told = dict[str, list[tuple[str, dict[str, str], float]]]
"""Each counter's name with its samples: what follows the name, labels, value."""

_LENGTHS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)
_ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MODELS = 200
"""So many names of models are told apart; a flow may make them up."""

REGISTRY = CollectorRegistry()
EXECUTIONS = Counter("millstream_executions_ended", "Executions that ended.", ["state"], registry=REGISTRY)
EXECUTION_SECONDS = Histogram(
    "millstream_execution_seconds", "From the creation of an execution to its end.", ["state"], buckets=_LENGTHS,
    registry=REGISTRY,
)  # fmt: skip
LEASES_LOST = Counter("millstream_leases_lost", "Executions that another process took over.", registry=REGISTRY)
ATTEMPTS_LOST = Counter(
    "millstream_attempts_lost", "Attempts of tasks whose process vanished; they ran again.", registry=REGISTRY
)
SLOTS = Counter("millstream_slots", "Dates of schedules by what became of them.", ["outcome"], registry=REGISTRY)
SLOT_DELAY = Histogram(
    "millstream_slot_delay_seconds", "How late the dates of schedules fired.", buckets=_LENGTHS, registry=REGISTRY
)
MODEL_CALLS = Counter("millstream_model_calls", "Answers of models.", ["model"], registry=REGISTRY)
MODEL_TOKENS = Counter("millstream_model_tokens", "Tokens of models.", ["model", "direction"], registry=REGISTRY)
MODEL_COST = Counter("millstream_model_cost_usd", "What answers of models cost.", ["model"], registry=REGISTRY)
MODEL_UNPRICED = Counter(
    "millstream_model_calls_unpriced", "Answers whose cost nobody knows.", ["model"], registry=REGISTRY
)
HTTP = Counter(
    "millstream_http_requests", "Requests that were answered.", ["method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS = Histogram("millstream_http_seconds", "How long answers took.", buckets=_ANSWERS, registry=REGISTRY)
ROUTE_SECONDS = Counter(
    "millstream_http_route_seconds", "How long the answers of a route took, all together.", ["route"],
    registry=REGISTRY,
)  # fmt: skip
"""No histogram by route: all that is counted is written with each sign of life."""

TOKENS = {
    "usage.prompt.tokens": "input",
    "input.token.count": "input",
    "usage.completion.tokens": "output",
    "output.token.count": "output",
}
"""The direction of what tasks measure by these names, which differ by vocabulary."""
_models: set[str] = set()


def count_end(state: str, seconds: float) -> None:
    """An execution ended."""
    EXECUTIONS.labels(state).inc()
    EXECUTION_SECONDS.labels(state).observe(max(0.0, seconds))


def count_slot(outcome: str, delay_seconds: float | None, *, is_late: bool) -> None:
    """A date of a schedule was taken; `delay_seconds` when it fired."""
    SLOTS.labels(outcome.lower()).inc()
    if delay_seconds is not None:
        SLOT_DELAY.observe(max(0.0, delay_seconds))
    if is_late:
        SLOTS.labels("late").inc()


def count_metric(name: str, value: float, tags: Mapping[str, str]) -> None:
    """What a task measured, as far as it is of a model: its tokens and its cost (`builder.tasks.api` names them)."""
    if name in TOKENS:
        MODEL_TOKENS.labels(_model(tags), TOKENS[name]).inc(max(0.0, value))
    elif name == "cost":
        MODEL_CALLS.labels(_model(tags)).inc()
        MODEL_COST.labels(_model(tags)).inc(max(0.0, value))
    elif name == "cost.unknown":
        MODEL_CALLS.labels(_model(tags)).inc(max(0.0, value))
        MODEL_UNPRICED.labels(_model(tags)).inc(max(0.0, value))


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered."""
    HTTP.labels(method, route, str(status)).inc()
    HTTP_SECONDS.observe(seconds)
    ROUTE_SECONDS.labels(route).inc(seconds)


def told() -> Told:
    """Everything counted so far, to be sent as JSON."""
    return {
        family.name: [
            (sample.name.removeprefix(family.name), dict(sample.labels), sample.value) for sample in family.samples
        ]
        for family in REGISTRY.collect()
        if family.samples
    }


def families() -> dict[str, tuple[str, str]]:
    """The kind and the meaning of each counter, by its name."""
    return {family.name: (family.type, family.documentation) for family in REGISTRY.collect()}


def _model(tags: Mapping[str, Any]) -> str:
    name = str(tags.get("model") or "unknown")[:100]
    if name not in _models and len(_models) >= _MODELS:
        return "other"
    _models.add(name)
    return name
