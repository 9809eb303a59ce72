"""A checked flow's data as values: the last step of a check, taken only when nothing is wrong."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from builder.flows.dialects.compat import NEWEST, Compat, compat_of
from builder.flows.durations import parse_duration
from builder.flows.inputs.kinds import FORM, kind_name, own_properties
from builder.flows.model import (
    AT_LIMIT,
    CHECK_BEHAVIORS,
    WHEN_FULL,
    Check,
    Concurrency,
    Flow,
    Input,
    InputForm,
    Listener,
    Output,
    Quota,
    Sla,
)


def read_flow(flow: Mapping[str, Any], server: Compat = NEWEST) -> Flow:
    """The flow; `flow` has passed all checks and has its plugin defaults merged in."""
    labels = read_labels(flow.get("labels"))
    return Flow(
        id=flow["id"],
        namespace=flow["namespace"],
        tasks=_maps(flow.get("tasks")),
        description=flow.get("description") or "",
        labels=labels,
        inputs=read_inputs(flow.get("inputs")),
        outputs=tuple(_output(item) for item in flow.get("outputs") or ()),
        variables=flow.get("variables") or {},
        errors=_maps(flow.get("errors")),
        finally_=_maps(flow.get("finally")),
        after_execution=_maps(flow.get("afterExecution")),
        listeners=read_listeners(flow.get("listeners")),
        triggers=_maps(flow.get("triggers")),
        retry=_retry(flow.get("retry")),
        concurrency=_concurrency(flow.get("concurrency")),
        quotas=tuple(_quota(item) for item in _listed(flow.get("quotas"))),
        sla=read_slas(flow.get("sla")),
        checks=tuple(_check(item) for item in _listed(flow.get("checks"))),
        disabled=flow.get("disabled") or False,
        compat=compat_of(labels, server),
    )


def read_labels(labels: Any) -> tuple[tuple[str, str], ...]:
    """Labels from a map or a list of key and value, in order, as texts."""
    if isinstance(labels, Mapping):
        return tuple((key, label_text(value)) for key, value in labels.items())
    return tuple((item["key"], label_text(item["value"])) for item in labels or ())


def label_text(value: Any) -> str:
    """A label's value as text; truths as YAML writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_inputs(declared: Any) -> tuple[Input, ...]:
    """Input declarations (of a flow, or of a Pause) that have passed their checks."""
    found: list[Input] = []
    for item in declared or ():
        found += _of_form(item) if item["type"] == FORM else [_input(item)]
    return tuple(found)


def _of_form(item: Mapping[str, Any]) -> list[Input]:
    name = item.get("id") or item["name"]
    form = InputForm(name, item.get("description") or "", item.get("displayName") or "", *_depends(item))
    inside = [_input(child) for child in item.get("inputs") or ()]
    return [replace(child, id=f"{name}.{child.id}", form=form) for child in inside]


def _depends(item: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    depends = item.get("dependsOn") or {}
    return tuple(depends.get("inputs") or ()), depends.get("condition") or ""


def _input(item: Mapping[str, Any]) -> Input:
    needed, condition = _depends(item)
    return Input(
        id=item.get("id") or item["name"],
        type=kind_name(item["type"]),
        description=item.get("description") or "",
        display_name=item.get("displayName") or "",
        required=item.get("required", True) is not False,
        defaults=item.get("defaults"),
        has_defaults=item.get("defaults") is not None,
        depends_on=needed,
        depends_on_condition=condition,
        properties=own_properties(item["type"], item),
    )


def _output(item: Mapping[str, Any]) -> Output:
    return Output(
        item["id"],
        kind_name(item["type"]),
        item["value"],
        item.get("description") or "",
        item.get("displayName") or "",
        item.get("required", True) is not False,
        item.get("itemType") or "",
    )


def _retry(written: Any) -> Mapping[str, Any] | None:
    if not written:
        return None
    retry = dict(written)
    if "maxAttempt" in retry:
        attempts = retry.pop("maxAttempt")
        retry.setdefault("maxAttempts", attempts)
    return retry


def _concurrency(written: Any) -> Concurrency | None:
    if not written:
        return None
    return Concurrency(
        written["limit"],
        written.get("behavior") or AT_LIMIT[0],
        str(written.get("key") or ""),
        written.get("queueLimit"),
        written.get("whenFull") or WHEN_FULL[0],
    )


def read_listeners(written: Any) -> tuple[Listener, ...]:
    """Listeners that have passed their checks."""
    return tuple(Listener(_maps(item["tasks"]), _maps(item.get("conditions"))) for item in written or ())


def read_slas(written: Any) -> tuple[Sla, ...]:
    """SLAs that have passed their checks."""
    keys = Counter[str]()
    found = []
    for item in _listed(written):
        keys[item["id"]] += 1
        again = keys[item["id"]]
        found.append(_sla(item, item["id"] if again == 1 else f"{item['id']} ({again})"))
    return tuple(found)


def _quota(item: Mapping[str, Any]) -> Quota:
    return Quota(parse_duration(item["duration"]), item["limit"], item["behavior"])


def _check(item: Mapping[str, Any]) -> Check:
    return Check(
        when=label_text(item["condition"] if item.get("when") is None else item["when"]),
        message=item["message"],
        style=item.get("style") or "INFO",
        behavior=item.get("behavior") or CHECK_BEHAVIORS[0],
    )


def _listed(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [written] if written else []


def _sla(item: Mapping[str, Any], key: str) -> Sla:
    lasting = item["type"] == "MAX_DURATION"
    return Sla(
        key=key,
        behavior=item["behavior"],
        duration=parse_duration(str(item["duration"])) if lasting else None,
        assertion="" if lasting else label_text(item["assert"]),
        labels=read_labels(item.get("labels")),
    )


def _maps(value: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(value or ())
